"""Tests of livesegment.sources.addresses."""
