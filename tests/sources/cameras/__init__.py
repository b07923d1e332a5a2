"""Tests of livesegment.sources.cameras."""
