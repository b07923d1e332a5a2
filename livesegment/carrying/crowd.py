"""Sources whose masks are carried side by side."""

from collections.abc import Callable
from dataclasses import dataclass, field

from livesegment.threads.fair import FairTurn


@dataclass(frozen=True, slots=True)
class Crowd:
    """The sources whose masks are carried side by side; by default one alone.

    One carries at a time. Side by side they would wait for Python's lock at every step, and all
    of them together would get less done.
    """

    size: Callable[[], int] = lambda: 1
    """How many they are now."""
    turns: FairTurn = field(default_factory=FairTurn)
    """Who carries next."""
