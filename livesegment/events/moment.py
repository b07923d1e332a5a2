"""One shown frame, as events look at it."""

from dataclasses import dataclass

from livesegment.frame import Image
from livesegment.instances import Instances

ROUNDING = 1e-6
"""Seconds that a time may miss another one and is still the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A frame with what was found in it, and its place on the session's clock."""

    clock: float
    """Seconds on the session's clock."""
    frame: int
    """The source's index of it."""
    captured_at: float
    """`time.monotonic()` seconds."""
    picture: Image
    """With the overlay: what clips show."""
    instances: Instances
    known: bool
    """Whether there was a result yet; before the first one, nothing found means nothing."""
    fps: float
    """Frames a second to expect."""
