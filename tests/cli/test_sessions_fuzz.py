"""A sample of what `tests.benchmarks.fuzz_sessions` does by the thousand."""

from tests.benchmarks.fuzz_sessions import fuzz

MOST = 500
"""Megabytes."""


def test_damaged_sessions_are_read_or_refused_in_a_line() -> None:
    figures = fuzz(150, seed=3, jobs=2)
    assert (figures["cases"], figures["failed"], figures["hangs"]) == (150, 0, 0)
    assert 0 < figures["peak MB"] < MOST  # type: ignore[operator]
