"""Measurements against a known truth."""
