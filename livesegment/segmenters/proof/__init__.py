"""Whether a rebuilt model is the one that it was made from."""
