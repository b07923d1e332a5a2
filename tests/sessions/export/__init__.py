"""Tests of livesegment.sessions.export."""
