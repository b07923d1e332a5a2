"""Tests of livesegment.sources.streams."""
