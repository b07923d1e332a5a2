"""Frame in, instances out."""
