"""Tests of what `livesegment doctor` looks at."""
