"""How long to wait between tries."""

import random
from collections.abc import Sequence

JITTER = 0.2
"""Share by which a pause is longer or shorter, so that many cameras do not come back as one."""


class Pauses:
    """Waits that grow from try to try, the last one again and again."""

    def __init__(self, seconds: Sequence[float], slow: float, rng: random.Random) -> None:
        """Begin with the shortest.

        Args:
            seconds: the pauses one after the other, before chance changes them.
            slow: the pause where another try right away cannot help.
            rng: the chance.
        """
        if not seconds:
            raise ValueError("there must be a pause between tries")
        self._seconds = tuple(seconds)
        self._slow = slow
        self._rng = rng
        self._taken = 0

    def next(self) -> float:
        """The pause before the next try, in seconds."""
        pause = self._seconds[min(self._taken, len(self._seconds) - 1)]
        self._taken += 1
        return self._varied(pause)

    def slow(self) -> float:
        """The pause where the cause does not mend by itself, in seconds."""
        return self._varied(self._slow)

    def reset(self) -> None:
        """Begin with the shortest again."""
        self._taken = 0

    def _varied(self, pause: float) -> float:
        return pause * self._rng.uniform(1 - JITTER, 1 + JITTER)
