"""Tests of livesegment.sources.probes."""
