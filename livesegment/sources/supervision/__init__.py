"""Keeping watch over live sources."""
