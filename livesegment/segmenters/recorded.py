"""What a network once found, read from the session that it was recorded in."""

import time
from typing import Any

import numpy as np

from livesegment.errors import SourceError
from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.geometry import clip_boxes, pixel_regions
from livesegment.instances import UNKNOWN, Instances, Mask, Segmentation
from livesegment.rle import decode_crop
from livesegment.sessions.lines import RecordedFrame, RecordedInstance
from livesegment.sessions.session import Session

MOST_MASKS = 1 << 29
"""Pixels of all masks of one frame: sixty objects that each fill a picture of 4K."""


class RecordedSegmenter:
    """Gives back what the lines of a session say of its frames; see `Segmenter`.

    Frames are asked for in the order of the session, each with the session's clock as its time.
    Score and classes choose among what was written; the other thresholds had their say when it
    was found.
    """

    thresholds: Thresholds
    recorded: Thresholds
    """Those that held when it was recorded."""

    def __init__(self, session: Session) -> None:
        self.thresholds = self.recorded = _thresholds(session.manifest.get("thresholds") or {})
        self.labels = session.labels()
        self._what = (
            f"recorded by {session.facts.model or 'an unknown model'} on "
            f"{session.facts.runs_on or 'an unknown device'}"
        )
        self._frames = session.lines()
        self._rest = iter(self._frames)
        self._next: RecordedFrame | None = None

    @property
    def remark(self) -> str:
        """What the user should know of what could not be read; empty where all could be."""
        return self._frames.remark

    def warm_up(self) -> None:
        """Nothing to warm up."""

    def segment(self, frame: Frame) -> Segmentation:
        """What was found in `frame`; nothing where no line tells of it, or none that can be read.

        Raises:
            SourceError: the lines cannot be read at all.
        """
        started = time.perf_counter()
        known = self._known_at(frame.pts)
        found, key, age = Instances.empty(), UNKNOWN, 0.0
        if known is not None:
            try:
                found = self._wanted(instances(known, frame.size))
                key = UNKNOWN if known.key_frame is None else known.key_frame
            except ValueError as error:
                self._frames.leave_out(f"the objects of frame {known.index}", str(error))
            age = known.mask_age
        timings = {"decode": time.perf_counter() - started}
        return Segmentation(found, key, frame.captured_at - age, frame.size, timings)

    def describe(self) -> str:
        """Which model found the objects, and what it ran on."""
        return self._what

    def _known_at(self, clock: float) -> RecordedFrame | None:
        """What is known of a time, which is the one that the source read from the same line."""
        while self._next is None or self._next.clock < clock:
            self._next = next(self._rest, None)
            if self._next is None:
                return None
        return self._next if self._next.clock == clock else None

    def _wanted(self, found: Instances) -> Instances:
        thresholds = self.thresholds
        rows = thresholds.wanted(found.class_ids)
        # The score may have been changed by keys while it was recorded: as long as none is asked
        # for, all that was written is shown.
        if thresholds.score != self.recorded.score:
            rows &= found.scores > thresholds.score
        return found if rows.all() else found.take(rows)


def instances(known: RecordedFrame, size: tuple[int, int]) -> Instances:
    """The objects of a recorded frame, to the pixel.

    Args:
        known: the frame.
        size: (width, height) of its picture.

    Raises:
        ValueError: they cannot be read, are of a picture of another size, or their masks take
            more memory than is to be had.
    """
    if known.size != size:
        raise ValueError(f"they are of a picture of {known.size}, not {size}")
    boxes, masks, room = [], [], MOST_MASKS
    for instance in known.instances:
        box, mask = _object(instance, size)
        room -= mask.size
        if room < 0:
            raise ValueError(f"their masks have more than {MOST_MASKS} pixels")
        boxes.append(box)
        masks.append(mask)
    return Instances.from_rows(
        boxes,
        [one.score for one in known.instances],
        [one.class_id for one in known.instances],
        masks,
        [one.track_id or 0 for one in known.instances],
    )


def _object(instance: RecordedInstance, size: tuple[int, int]) -> tuple[list[float], Mask]:
    """Box and mask of an object.

    Boxes are written to the hundredth of a pixel. Should one be a little too small for its mask,
    it grows.
    """
    crop, (left, top) = decode_crop(instance.counts, size)
    x, y, width, height = instance.box
    corners = [x, y, round(x + width, 2), round(y + height, 2)]
    box = clip_boxes(np.array([corners], np.float32), size)
    right, bottom = left + crop.shape[1], top + crop.shape[0]
    if crop.size:
        covered = np.array([left, top, right, bottom])
        short = (pixel_regions(box)[0] - covered) * (1, 1, -1, -1) > 0
        box[0, short] = covered[short]
    x1, y1, x2, y2 = pixel_regions(box)[0].tolist()
    mask = np.zeros((y2 - y1, x2 - x1), np.bool_)
    if crop.size:
        mask[top - y1 : bottom - y1, left - x1 : right - x1] = crop
    return box[0].tolist(), mask


def _thresholds(known: Any) -> Thresholds:
    """What was kept when it was recorded, as far as the manifest says; of all classes."""
    usual = Thresholds()
    try:
        return Thresholds(
            score=float(known.get("score", usual.score)),
            mask=float(known.get("mask", usual.mask)),
            nms=float(known.get("nms", usual.nms)),
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise SourceError(f"the manifest's thresholds cannot be read: {error}") from error
