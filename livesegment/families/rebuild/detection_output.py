"""Priors, box decoding and the choice among boxes, as OpenCV's layers compute them.

PriorBox and DetectionOutput of OpenCV's DNN module, in float32 and in their order of operations,
so that a box that is the one's is the other's too. Only what Mask R-CNN's graphs ask of them.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from livesegment.families.rebuild.operation import Operation

Floats = NDArray[np.float32]

CHUNK = 128
"""Boxes that are compared with each other at once."""
FEW = 1024
"""Boxes that are mostly enough to choose from: the others are only decoded where they are not."""
COLUMNS = 7
"""Of a row: picture, class, score, x1, y1, x2, y2."""


@dataclass(frozen=True, slots=True)
class Priors:
    """The boxes that a region proposal network starts from, the same at every cell."""

    widths: tuple[float, ...]
    """Pixels."""
    heights: tuple[float, ...]
    step: float
    """Pixels from cell to cell; 0: the picture's size divided by the cells."""
    offset: float
    """Of the first cell's centre, in steps."""
    variances: tuple[float, ...]
    """What the network's x, y, width, height are multiplied by."""
    clip: bool

    @classmethod
    def read(cls, operation: Operation) -> Self:
        """The parameters of a PriorBox node.

        Raises:
            ValueError: it is of another form.
        """
        numbers = {
            name: tuple(np.asarray(operation.attributes.get(name, ()), np.float32).ravel().tolist())
            for name in ("width", "height", "variance")
        }
        widths, heights, variances = numbers.values()
        if not widths or len(widths) != len(heights) or len(variances) != 4:
            raise ValueError("it does not list widths, heights and four variances")
        return cls(
            widths=widths,
            heights=heights,
            step=float(operation.number("step", 0)),
            offset=float(operation.number("offset", 0.5)),
            variances=variances,
            clip=operation.flag("clip", default=True),
        )

    def boxes(self, cells: tuple[int, int], picture: tuple[int, int]) -> Floats:
        """Corners x1, y1, x2, y2 in shares of the picture, (cells * boxes a cell, 4).

        Args:
            cells: (height, width) of the network's output.
            picture: (height, width) in pixels.
        """
        return _boxes(self, cells, picture)


@lru_cache(maxsize=4)
def _boxes(priors: Priors, cells: tuple[int, int], picture: tuple[int, int]) -> Floats:
    corners = np.empty((*cells, len(priors.widths), 4), np.float32)
    for axis, sides in ((0, priors.widths), (1, priors.heights)):
        count, length = cells[1 - axis], np.float32(picture[1 - axis])
        step = np.float32(priors.step) if priors.step else length / np.float32(count)
        middles = (np.arange(count, dtype=np.float32) + np.float32(priors.offset)) * step
        along = middles[None, :, None] if axis == 0 else middles[:, None, None]
        halves = np.array(sides, np.float32) * np.float32(0.5)
        corners[..., axis] = (along - halves) / length
        corners[..., 2 + axis] = (along + halves) / length
    if priors.clip:
        np.clip(corners, 0, 1, out=corners)
    boxes = corners.reshape(-1, 4)
    boxes.flags.writeable = False
    return boxes


@dataclass(frozen=True, slots=True)
class DetectionOutput:
    """How boxes and scores become rows of detections."""

    classes: int
    background: int
    """A class that is none; one beyond the last where there is no such class."""
    shared: bool
    """Whether all classes have one box."""
    encoded: bool
    """Whether the encodings were multiplied by the variances already."""
    least_score: float
    overlap: float
    """Intersection over union beyond which the worse of two boxes of a class goes."""
    candidates: int
    """Boxes of a class that are looked at, best first; -1: all."""
    rows: int
    """Rows that come out, empty ones behind the last."""
    clip: bool

    @classmethod
    def read(cls, operation: Operation) -> Self:
        """The parameters of a DetectionOutput node.

        Raises:
            ValueError: it is of another form.
        """
        code = operation.word("code_type", "CORNER").upper()
        if code != "CENTER_SIZE":
            raise ValueError(f"its boxes are written as {code}")
        if not operation.flag("normalized_bbox", default=True):
            raise ValueError("its boxes are in pixels")
        if operation.flag("loc_pred_transposed"):
            raise ValueError("its boxes are written y first")
        rows = operation.whole("keep_top_k", -1)
        if not 1 <= rows <= 1 << 16:
            raise ValueError(f"it keeps {rows} boxes")
        return cls(
            classes=operation.whole("num_classes", 0),
            background=operation.whole("background_label_id", 0),
            shared=operation.flag("share_location", default=True),
            encoded=operation.flag("variance_encoded_in_target"),
            least_score=float(np.float32(operation.number("confidence_threshold", 0))),
            overlap=float(np.float32(operation.number("nms_threshold", 0))),
            candidates=operation.whole("top_k", -1),
            rows=rows,
            clip=operation.flag("clip"),
        )

    def keeping(self, rows: int) -> Self:
        """The same with fewer rows."""
        return replace(self, rows=min(rows, self.rows))

    def detections(
        self,
        encodings: Floats,
        scores: Floats,
        boxes: Floats,
        variances: tuple[float, ...] = (1, 1, 1, 1),
    ) -> Floats:
        """The best boxes of all classes as rows.

        Args:
            encodings: (boxes * coded classes * 4) x, y, log width, log height, relative to boxes.
            scores: (boxes * classes).
            boxes: (boxes, 4) corners in shares of the picture.
            variances: of x, y, width, height, where they are not in the encodings.

        Returns:
            (1, 1, rows, 7), best first.

        Raises:
            ValueError: the tensors do not go together.
        """
        codes = 1 if self.shared else self.classes
        if encodings.size != len(boxes) * codes * 4 or scores.size != len(boxes) * self.classes:
            raise ValueError(
                f"{encodings.size} encodings and {scores.size} scores for {len(boxes)} boxes"
            )
        encodings, scores = encodings.reshape(-1, codes, 4), scores.reshape(-1, self.classes)
        factors = None if self.encoded else np.array(variances, np.float32)
        wanted = [label for label in range(self.classes) if label != self.background]
        limit = self.rows if len(wanted) == 1 else None
        found: list[Floats] = []
        for label in wanted:
            column = scores[:, label]
            order = best(column, self.least_score, self.candidates)
            if not len(order):
                continue
            codes_of = encodings[:, 0 if self.shared else label]
            kept, decoded = self._chosen(codes_of, boxes, order[:FEW], limit, factors)
            if len(order) > FEW and (limit is None or len(kept) < limit):
                kept, decoded = self._chosen(codes_of, boxes, order, limit, factors)
            rows = np.zeros((len(kept), COLUMNS), np.float32)
            rows[:, 1], rows[:, 2], rows[:, 3:] = label, column[order[kept]], decoded[kept]
            found.append(rows)
        result = np.zeros((1, 1, self.rows, COLUMNS), np.float32)
        if found:
            rows = np.concatenate(found)
            rows = rows[np.argsort(-rows[:, 2], kind="stable")[: self.rows]]
            result[0, 0, : len(rows)] = rows
        return result

    def _chosen(
        self,
        encodings: Floats,
        boxes: Floats,
        order: NDArray[np.intp],
        limit: int | None,
        factors: Floats | None,
    ) -> tuple[NDArray[np.intp], Floats]:
        """Which of the boxes in `order` stay, as places in it; and all of them, decoded."""
        codes = encodings[order]
        decoded = decode(codes if factors is None else codes * factors, boxes[order])
        if self.clip:
            np.clip(decoded, 0, 1, out=decoded)
        return suppress(decoded, self.overlap, limit), decoded


def best(scores: Floats, least: float, most: int) -> NDArray[np.intp]:
    """The places of scores above `least`, best first, the earlier first among equals.

    Args:
        scores: (n,).
        least: they must be more than this.
        most: at most so many; -1 for all.
    """
    places = np.flatnonzero(scores > np.float32(least))
    values = scores[places]
    if 0 < most < len(places):
        # Sorting is slow, finding the last one that stays is not.
        last = np.partition(values, len(values) - most)[len(values) - most]
        places = places[values >= last]
        values = scores[places]
    order: NDArray[np.intp] = places[np.argsort(-values, kind="stable")]
    return order[:most] if most > 0 else order


def decode(encodings: Floats, boxes: Floats) -> Floats:
    """Boxes moved and stretched: corners (n, 4) from encodings (n, 4) and corners (n, 4)."""
    sizes = boxes[:, 2:] - boxes[:, :2]
    half = np.float32(0.5)
    middles = encodings[:, :2] * sizes + (boxes[:, :2] + sizes * half)
    # What no network means would become infinite, and then no number.
    halves = np.exp(np.minimum(encodings[:, 2:], np.float32(80))) * sizes * half
    return np.concatenate((middles - halves, middles + halves), axis=1)


def suppress(boxes: Floats, threshold: float, limit: int | None) -> NDArray[np.intp]:
    """Greedy non-maximum suppression: which of the boxes stay.

    A chunk at a time: first against all that stay so far, then among what that leaves.

    Args:
        boxes: (n, 4) corners, best first.
        threshold: intersection over union, 0..1.
        limit: at most so many stay; None for all.
    """
    limit = len(boxes) if limit is None else limit
    kept = np.empty(0, np.intp)
    for start in range(0, len(boxes), CHUNK):
        rest = np.arange(start, min(start + CHUNK, len(boxes)))
        if len(kept):
            rest = rest[~_overlapping(boxes[rest], boxes[kept], threshold).any(axis=1)]
        rivals = _overlapping(boxes[rest], boxes[rest], threshold)
        stays = np.ones(len(rest), np.bool_)
        for i in range(len(rest)):
            if stays[i]:
                stays[i + 1 :] &= ~rivals[i, i + 1 :]
        kept = np.concatenate((kept, rest[stays]))
        if len(kept) >= limit:
            return kept[:limit]
    return kept


def _overlapping(boxes: Floats, others: Floats, threshold: float) -> NDArray[np.bool_]:
    """Which of (n, 4) boxes overlap which of (m, 4) others too much; (n, m)."""
    left, top, right, bottom = np.ascontiguousarray(boxes.T)[:, :, None]
    lefts, tops, rights, bottoms = np.ascontiguousarray(others.T)
    shared = np.maximum(np.minimum(right, rights) - np.maximum(left, lefts), 0)
    shared *= np.maximum(np.minimum(bottom, bottoms) - np.maximum(top, tops), 0)
    areas = np.maximum(right - left, 0) * np.maximum(bottom - top, 0)
    union = areas + np.maximum(rights - lefts, 0) * np.maximum(bottoms - tops, 0)
    union -= shared
    # Nothing shared is no overlap, also of boxes without any area.
    union[shared <= 0] = 1
    shared /= union
    return np.asarray(shared > np.float32(threshold))
