"""Where streams are, and who may see them."""
