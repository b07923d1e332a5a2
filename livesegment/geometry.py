"""Boxes, resampling and the letterbox with its exact inverse; pure functions over numpy.

Coordinates are continuous: pixel i covers [i, i + 1), its centre is at i + 0.5. Every resize here
maps continuous coordinates by one factor, as OpenCV's and PyTorch's bilinear resize do.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


def pixel_regions(boxes: NDArray[np.floating]) -> NDArray[np.int32]:
    """The pixels that each box touches.

    Args:
        boxes: (n, 4) x1, y1, x2, y2 in pixels.

    Returns:
        (n, 4) whole x1, y1, x2, y2, the last two exclusive.
    """
    low, high = np.floor(boxes[:, :2]), np.ceil(boxes[:, 2:])
    return np.concatenate((low, high), axis=1).astype(np.int32)


def clip_boxes(boxes: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Boxes cut to a frame of `size` (width, height); (n, 4) x1, y1, x2, y2."""
    limit = np.array([*size, *size], np.float32)
    return np.clip(boxes, 0, limit)


def has_area(boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of the (n, 4) boxes have any area at all; (n,)."""
    area: NDArray[np.bool_] = np.all(boxes[:, 2:] > boxes[:, :2], axis=1)
    return area


def iou(box: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intersection over union of one box (4,) with others (n, 4); (n,) in 0..1."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1, dtype=np.float64)
    area = np.prod(box[2:] - box[:2], dtype=np.float64)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1, dtype=np.float64)
    overlap: NDArray[np.float64] = shared / np.maximum(area + areas - shared, 1e-12)
    return overlap


def non_maximum_suppression(
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    class_ids: NDArray[np.integer],
    threshold: float,
    *,
    limit: int,
) -> NDArray[np.intp]:
    """Greedy, class-aware non-maximum suppression.

    A box falls to a better one of the same class that it overlaps by more than `threshold`.

    Args:
        boxes: (n, 4) x1, y1, x2, y2.
        scores: (n,).
        class_ids: (n,).
        threshold: intersection over union, 0..1.
        limit: at most so many survive.

    Returns:
        Rows that survive, best score first.
    """
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while order.size and len(kept) < limit:
        best, rest = int(order[0]), order[1:]
        kept.append(best)
        rival = class_ids[rest] == class_ids[best]
        rival[rival] = iou(boxes[best], boxes[rest[rival]]) > threshold
        order = rest[~rival]
    return np.array(kept, np.intp)


def interpolation_matrix(positions: NDArray[np.float64], count: int) -> NDArray[np.float32]:
    """Weights that read `count` samples at `positions`, linear between them, flat beyond the ends.

    Args:
        positions: (m,) continuous coordinates in units of samples (sample j's centre is j + 0.5).
        count: number of samples.

    Returns:
        (m, count) float32, rows sum to 1.
    """
    index = np.clip(positions - 0.5, 0, count - 1)
    low = np.minimum(index.astype(np.intp), max(count - 2, 0))
    weight = (index - low).astype(np.float32)
    matrix = np.zeros((len(positions), count), np.float32)
    rows = np.arange(len(positions))
    matrix[rows, low] = 1 - weight
    if count > 1:
        matrix[rows, low + 1] = weight
    return matrix


def resample(
    values: NDArray[np.float32], ys: NDArray[np.float64], xs: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Bilinear values of a grid at rows `ys` and columns `xs`, exact at any scale and offset.

    OpenCV's remap and warpAffine round positions to 1/32 of a cell: at a 15-pixel mask pasted over
    a thousand pixels that is a 2-pixel stair. Two matrix products are exact, and fast because
    masks are small.

    Args:
        values: (h, w) grid.
        ys: (m,) continuous coordinates in units of the grid's rows.
        xs: (n,) likewise for columns.

    Returns:
        (m, n) float32.
    """
    height, width = values.shape
    down, across = interpolation_matrix(ys, height), interpolation_matrix(xs, width)
    return np.asarray(down @ values @ across.T, np.float32)


def pixel_centres(first: int, last: int) -> NDArray[np.float64]:
    """Centres of the pixels first..last-1."""
    return np.arange(first, last, dtype=np.float64) + 0.5


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a frame was resized, keeping its aspect, and padded into a network's input."""

    frame_size: tuple[int, int]
    """(width, height) of the frame."""
    input_size: tuple[int, int]
    """(width, height) of the network's input."""
    resized: tuple[int, int]
    """(width, height) of the picture inside the input."""
    left: int
    """Columns of padding left of the picture."""
    top: int
    """Rows of padding above the picture."""

    @classmethod
    def fit(cls, frame_size: tuple[int, int], input_size: tuple[int, int]) -> Self:
        """The largest picture that fits, centred; an odd rest goes right and below."""
        ratio = min(input_size[0] / frame_size[0], input_size[1] / frame_size[1])
        width = min(input_size[0], max(1, round(frame_size[0] * ratio)))
        height = min(input_size[1], max(1, round(frame_size[1] * ratio)))
        return cls(
            frame_size=frame_size,
            input_size=input_size,
            resized=(width, height),
            left=(input_size[0] - width) // 2,
            top=(input_size[1] - height) // 2,
        )

    @property
    def scale(self) -> tuple[float, float]:
        """Input pixels a frame pixel, (x, y); they differ a little where the size was rounded."""
        return self.resized[0] / self.frame_size[0], self.resized[1] / self.frame_size[1]

    def to_frame(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes (n, 4) from input pixels to frame pixels, not clipped."""
        offset = np.array([self.left, self.top] * 2, np.float32)
        scale = np.array([*self.scale, *self.scale], np.float32)
        return ((boxes - offset) / scale).astype(np.float32)

    def to_input_x(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Frame columns to input columns."""
        return x * self.scale[0] + self.left

    def to_input_y(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Frame rows to input rows."""
        return y * self.scale[1] + self.top
