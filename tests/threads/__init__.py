"""Tests of livesegment.threads."""
