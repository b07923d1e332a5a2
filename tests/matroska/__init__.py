"""Tests of livesegment.matroska."""
