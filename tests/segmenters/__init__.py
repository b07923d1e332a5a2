"""Tests of frame in, instances out."""
