"""What a network once found, read from the session that it was recorded in."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from livesegment.errors import SourceError
from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.geometry import clip_boxes, pixel_regions
from livesegment.instances import UNKNOWN, Instances, Mask, Segmentation
from livesegment.rle import decode_crop
from livesegment.sessions.session import LINES, Session


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
        self.labels = session.labels or _labels(session)
        self._what = (
            f"recorded by {session.manifest.get('model') or 'an unknown model'} on "
            f"{session.manifest.get('runs_on') or 'an unknown device'}"
        )
        self._lines = session.lines()
        self._line: dict[str, Any] | None = None

    def warm_up(self) -> None:
        """Nothing to warm up."""

    def segment(self, frame: Frame) -> Segmentation:
        """What was found in `frame`; nothing where no line tells of it.

        Raises:
            SourceError: the line cannot be read.
        """
        started = time.perf_counter()
        line = self._line_at(frame.pts)
        found, key, age = Instances.empty(), UNKNOWN, 0.0
        if line is not None:
            found = self._wanted(instances(line))
            key = UNKNOWN if line.get("key_frame") is None else int(line["key_frame"])
            age = float(line.get("mask_age") or 0.0)
        timings = {"decode": time.perf_counter() - started}
        return Segmentation(found, key, frame.captured_at - age, frame.size, timings)

    def describe(self) -> str:
        """Which model found the objects, and what it ran on."""
        return self._what

    def _line_at(self, clock: float) -> dict[str, Any] | None:
        """The line of a time, which is the one that the source read from the same line."""
        while self._line is None or _clock(self._line) < clock:
            self._line = next(self._lines, None)
            if self._line is None:
                return None
        return self._line if _clock(self._line) == clock else None

    def _wanted(self, found: Instances) -> Instances:
        thresholds = self.thresholds
        rows = thresholds.wanted(found.class_ids)
        # The score may have been changed by keys while it was recorded: as long as none is asked
        # for, all that was written is shown.
        if thresholds.score != self.recorded.score:
            rows &= found.scores > thresholds.score
        return found if rows.all() else found.take(rows)


def instances(line: Mapping[str, Any]) -> Instances:
    """The objects of a line of frames.jsonl, to the pixel.

    Raises:
        SourceError: they cannot be read.
    """
    try:
        size = int(line["width"]), int(line["height"])
        rows: list[Mapping[str, Any]] = line["instances"]
        boxes, masks = [], []
        for row in rows:
            box, mask = _object(row, size)
            boxes.append(box)
            masks.append(mask)
        return Instances.from_rows(
            boxes,
            [row["score"] for row in rows],
            [row["class_id"] for row in rows],
            masks,
            [row.get("track_id", 0) for row in rows],
        )
    except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
        raise SourceError(
            f"{LINES}: the objects of frame {line.get('frame')} cannot be read: {error}"
        ) from error


def _object(row: Mapping[str, Any], size: tuple[int, int]) -> tuple[list[float], Mask]:
    """Box and mask of an object.

    Boxes are written to the hundredth of a pixel. Should one be a little too small for its mask,
    it grows.
    """
    written = row["segmentation"]
    if list(written["size"]) != [size[1], size[0]]:
        raise ValueError(f"a mask is of a picture of {written['size']}")
    crop, (left, top) = decode_crop(written["counts"], size)
    x, y, width, height = row["bbox"]
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


def _clock(line: Mapping[str, Any]) -> float:
    """The same number as the source makes of the line, to the last bit."""
    return float(line["clock"] if "clock" in line else line["pts"])


def _thresholds(known: Mapping[str, Any]) -> Thresholds:
    """What was kept when it was recorded, as far as the manifest says; of all classes."""
    usual = Thresholds()
    try:
        return Thresholds(
            score=float(known.get("score", usual.score)),
            mask=float(known.get("mask", usual.mask)),
            nms=float(known.get("nms", usual.nms)),
        )
    except (TypeError, ValueError) as error:
        raise SourceError(f"the manifest's thresholds cannot be read: {error}") from error


def _labels(session: Session) -> tuple[str, ...]:
    """Class names from the objects themselves, of a session whose manifest has none."""
    names: dict[int, str] = {}
    for line in session.lines():
        for row in line.get("instances", ()):
            names.setdefault(int(row["class_id"]), str(row["class"]))
    return tuple(names.get(i, f"class {i}") for i in range(max(names, default=-1) + 1))
