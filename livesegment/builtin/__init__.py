"""Networks that need no download: their weights are set by hand, in code."""
