"""Tests of livesegment.sinks."""
