"""Tests of how networks are fed and read."""
