"""Threads that stop, and hand-overs that can be closed."""
