"""Asking a server why it refuses."""
