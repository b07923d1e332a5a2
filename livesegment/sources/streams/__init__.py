"""Streams by URL."""
