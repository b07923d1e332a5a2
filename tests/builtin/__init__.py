"""Tests of `livesegment.builtin`."""
