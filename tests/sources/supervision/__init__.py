"""Tests of livesegment.sources.supervision."""
