"""Tests of livesegment.sources."""
