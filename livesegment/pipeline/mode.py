"""What a run is: which masks its frames get, and where it ends."""

from dataclasses import dataclass
from enum import StrEnum

from livesegment.frame import Frame


class Masks(StrEnum):
    """Which masks a shown frame gets."""

    CARRIED = "carried"
    """The newest result, moved along with what it shows."""
    HELD = "held"
    """The newest result, left where it was: of an earlier frame as a rule."""
    EXACT = "exact"
    """Its own: each frame waits for its result."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a run ends by itself."""

    frames: int | None = None
    """After so many frames of the source."""
    seconds: float | None = None
    """After so much of the source's time."""

    def passed(self, frame: Frame) -> bool:
        """Whether a frame lies beyond; times start at 0."""
        return self.seconds is not None and frame.pts >= self.seconds

    def reached(self, frame: Frame) -> bool:
        """Whether a frame is the last one; indices start at 0."""
        return self.frames is not None and frame.index + 1 >= self.frames
