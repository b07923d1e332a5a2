"""What a recorded session is on disk."""
