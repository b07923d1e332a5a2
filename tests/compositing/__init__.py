"""Tests of pictures made of a frame and what was found in it."""
