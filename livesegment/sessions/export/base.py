"""What is exported: the frames of a session, read one by one, and what is wanted of them."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livesegment.rle import decode_crop, run_ends
from livesegment.sessions.lines import RecordedFrame, RecordedInstance


@dataclass(frozen=True, slots=True)
class Selection:
    """The part of a session that is wanted."""

    start: float = 0.0
    """Seconds on the session's clock."""
    end: float | None = None
    """Seconds on the session's clock, exclusive; None: to the last frame."""
    score: float = 0.0
    """Instances below it are left out."""
    class_ids: frozenset[int] | None = None
    """None: all classes."""


@dataclass(slots=True)
class Export:
    """What came out."""

    frames: int = 0
    instances: int = 0
    without_pixels: int = 0
    """Instances left out because their mask is empty, or none."""
    without_picture: int = 0
    """Frames left out because the video has no picture of them."""
    files: list[Path] = field(default_factory=list)
    """Where it is, at last."""
    remarks: list[str] = field(default_factory=list)
    """What the user should know, a line each."""


def frames(every: Iterable[RecordedFrame], selection: Selection) -> Iterator[RecordedFrame]:
    """The frames that are wanted, in order, one at a time.

    Args:
        every: all frames of a session.
        selection: which are wanted.

    Raises:
        SourceError: they cannot be read.
    """
    last = offset = -1
    wanted = selection.class_ids
    for frame in every:
        # A source that starts anew counts from 0 again: numbers go on from there.
        offset = 0 if last < 0 else offset
        if frame.index + offset <= last:
            offset = last + 1 - frame.index
        last = frame.index + offset
        if frame.clock < selection.start:
            continue
        if selection.end is not None and frame.clock >= selection.end:
            continue
        found = tuple(
            one
            for one in frame.instances
            if one.score >= selection.score and (wanted is None or one.class_id in wanted)
        )
        yield replace(frame, number=last, instances=found)


def mask_of(
    instance: RecordedInstance, size: tuple[int, int]
) -> tuple[NDArray[np.bool_], tuple[int, int]]:
    """The crop of an object's mask that has pixels, and its place; empty for what is no mask.

    Args:
        instance: the object.
        size: (width, height) of its frame.
    """
    try:
        return decode_crop(instance.counts, size)
    except ValueError:
        return np.zeros((0, 0), np.bool_), (0, 0)


def is_mask(instance: RecordedInstance, size: tuple[int, int]) -> bool:
    """Whether an object's mask is one of its frame; quicker than to decode it."""
    with suppress(ValueError):
        run_ends(instance.counts, size)
        return True
    return False
