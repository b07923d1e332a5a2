"""Tests of livesegment.sessions."""
