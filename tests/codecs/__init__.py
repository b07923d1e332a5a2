"""Tests of livesegment.codecs."""
