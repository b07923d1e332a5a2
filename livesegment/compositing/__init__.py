"""Pictures made of a frame and what was found in it; pure functions."""
