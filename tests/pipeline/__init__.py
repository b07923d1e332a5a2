"""Tests of livesegment.pipeline."""
