"""Benchmarks: run by hand, both sides in one run; results in docs/benchmarks.md."""
