"""What the carrier keeps of each object, and of each frame that is being segmented."""

from collections.abc import Sequence
from dataclasses import dataclass

from livesegment.carrying.identity import Seen, Track
from livesegment.carrying.motion import Trail
from livesegment.carrying.patch import Patch, shared_area
from livesegment.carrying.shape import Shape

COVERED = 0.5
"""Share of a missed object that lies in new ones from which on it has become one of them."""
WHOLE = 0.5
"""Share of its area that must be left of it: a last rim goes with what it belongs to."""


@dataclass(slots=True, eq=False)
class Entry:
    """An object under way from its key frame."""

    track: Track
    shape: Shape
    trail: Trail
    score: float
    until: float
    """Capture time of the last frame that it may be shown in."""
    missed: bool = False
    """Whether a later result does not show it."""
    patch: Patch | None = None
    """Where it is in the newest frame; None where it is lost."""
    travel: float = 0.0
    """How far it went from its key frame on, in raster pixels."""


@dataclass(slots=True, eq=False)
class Awaited:
    """A frame that is being segmented."""

    trail: Trail | None = None
    """None as long as the frame was not shown."""
    known: list[Seen] | None = None
    """The objects known by now, as they lie in that frame; None if they must be looked up."""


def may_coast(entry: Entry, patch: Patch, found: Sequence[Entry]) -> bool:
    """Whether an object that a result does not show is likely to be there nevertheless.

    Args:
        entry: the object.
        patch: where it should be.
        found: what the result shows.
    """
    area = patch.area
    covered = sum(shared_area(patch, other.shape.patch) for other in found)
    return area >= WHOLE * entry.track.area and covered <= COVERED * area
