"""How long a picture of a film usually lasts."""

import heapq
from collections import Counter

REORDERED = 16
"""Pictures that a codec may store out of order; H.264 allows as many."""
MOST_MS = 10_000
"""Longer steps are counted as this one, so that their kinds stay few."""


class Steps:
    """Counts the times between pictures, however many come."""

    def __init__(self) -> None:
        self._waiting: list[int] = []
        self._previous: int | None = None
        self._counts: Counter[int] = Counter()

    def add(self, ms: int) -> None:
        """Note a picture's time; they may come in the order of decoding."""
        if len(self._waiting) < REORDERED:
            heapq.heappush(self._waiting, ms)
        else:
            self._count(heapq.heappushpop(self._waiting, ms))

    def usual(self) -> int | None:
        """The median step in milliseconds; None with fewer than two pictures."""
        while self._waiting:
            self._count(heapq.heappop(self._waiting))
        half = (self._counts.total() + 1) // 2
        for step in sorted(self._counts):
            half -= self._counts[step]
            if half <= 0:
                return step
        return None

    def _count(self, ms: int) -> None:
        if self._previous is not None:
            self._counts[min(ms - self._previous, MOST_MS)] += 1
        self._previous = ms
