"""Tests of livesegment.events."""
