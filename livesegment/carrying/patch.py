"""Soft masks on the raster: from a frame's masks, back to them, and compared with each other."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.carrying.motion import Field, Size
from livesegment.instances import Mask

INSIDE = 127
"""More than this is inside the mask."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A soft mask that covers a part of the raster; it is 0 elsewhere."""

    x: int
    """Left column, in raster pixels."""
    y: int
    """Top row, in raster pixels."""
    soft: NDArray[np.uint8]
    """(h, w): share of each pixel that belongs to the object, 0..255."""

    @property
    def right(self) -> int:
        """One past the last column."""
        return self.x + self.soft.shape[1]

    @property
    def bottom(self) -> int:
        """One past the last row."""
        return self.y + self.soft.shape[0]

    @property
    def area(self) -> int:
        """Pixels inside."""
        return int(np.count_nonzero(self.soft > INSIDE))

    def cut(self, x1: int, y1: int, x2: int, y2: int) -> NDArray[np.uint8]:
        """The part within a rectangle that lies in the patch."""
        return self.soft[y1 - self.y : y2 - self.y, x1 - self.x : x2 - self.x]

    def trimmed(self) -> "Patch | None":
        """Without the empty rim; None where nothing is left."""
        x, y, width, height = cv2.boundingRect(self.soft)
        if not width:
            return None
        return Patch(self.x + x, self.y + y, self.soft[y : y + height, x : x + width])


def affine(scale: tuple[float, float], shift: tuple[float, float]) -> NDArray[np.float64]:
    """The (2, 3) matrix of u -> scale u + shift, in x and y."""
    return np.array([[scale[0], 0, shift[0]], [0, scale[1], shift[1]]], np.float64)


def resampled(
    values: NDArray[np.generic], to_values: NDArray[np.float64], size: Size, *, replicate: bool
) -> NDArray[np.generic]:
    """Values (h, w[, c]) on another grid, whose positions `to_values` turns into theirs."""
    return cv2.warpAffine(
        values,
        to_values,
        size,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE if replicate else cv2.BORDER_CONSTANT,
    )


def to_raster(mask: Mask, corner: tuple[int, int], frame: Size, raster: Size) -> Patch:
    """A frame's mask on the raster.

    Args:
        mask: (h, w) crop of the frame.
        corner: x, y of its first pixel.
        frame: size of the frame.
        raster: size of the raster, no larger unless the frame is tiny.
    """
    step_x, step_y = frame[0] / raster[0], frame[1] / raster[1]
    (height, width), (left, top) = mask.shape, corner
    x, y = max(0, int(left / step_x) - 1), max(0, int(top / step_y) - 1)
    right = min(raster[0], int((left + width) / step_x) + 2)
    bottom = min(raster[1], int((top + height) / step_y) + 2)
    soft = mask.view(np.uint8) * np.uint8(255)
    # Every pixel of the frame is to count: a reading between two of them sees no more than those.
    reach = (max(1, round(step_x)), max(1, round(step_y)))
    if reach > (2, 2):
        soft = cv2.blur(soft, reach, borderType=cv2.BORDER_CONSTANT)
    back = affine(
        (step_x, step_y),
        ((x + 0.5) * step_x - 0.5 - left, (y + 0.5) * step_y - 0.5 - top),
    )
    size = max(1, right - x), max(1, bottom - y)
    return Patch(x, y, np.asarray(resampled(soft, back, size, replicate=False), np.uint8))


def to_frame(patch: Patch, frame: Size, raster: Size) -> tuple[tuple[int, int, int, int], Mask] | None:
    """A patch as a mask of the frame.

    Returns:
        x1, y1, x2, y2 of the pixels it covers, as tight as can be, and the mask; None if empty.
    """
    step_x, step_y = frame[0] / raster[0], frame[1] / raster[1]
    left, top = max(0, int((patch.x - 1) * step_x)), max(0, int((patch.y - 1) * step_y))
    right = min(frame[0], int((patch.right + 1) * step_x) + 1)
    bottom = min(frame[1], int((patch.bottom + 1) * step_y) + 1)
    if right <= left or bottom <= top:
        return None
    back = affine(
        (1 / step_x, 1 / step_y),
        ((left + 0.5) / step_x - 0.5 - patch.x, (top + 0.5) / step_y - 0.5 - patch.y),
    )
    large = resampled(patch.soft, back, (right - left, bottom - top), replicate=False)
    _, inside = cv2.threshold(large, INSIDE, 1, cv2.THRESH_BINARY)
    x, y, width, height = cv2.boundingRect(inside)
    if not width:
        return None
    mask = np.asarray(inside, np.uint8)[y : y + height, x : x + width].view(np.bool_)
    return (left + x, top + y, left + x + width, top + y + height), mask


def shared_area(one: Patch, other: Patch) -> int:
    """Pixels inside both."""
    x1, y1 = max(one.x, other.x), max(one.y, other.y)
    x2, y2 = min(one.right, other.right), min(one.bottom, other.bottom)
    if x2 <= x1 or y2 <= y1:
        return 0
    lesser = np.minimum(one.cut(x1, y1, x2, y2), other.cut(x1, y1, x2, y2))
    return int(np.count_nonzero(lesser > INSIDE))


def seen_from(patch: Patch, forward: Field, step: int, grid: Size, raster: Size) -> Patch | None:
    """A patch of the newest frame as it lies in a key frame.

    Args:
        patch: on the raster, of the newest frame.
        forward: where the points of the key frame are now, in cells of the grid.
        step: cells from point to point.
        grid: size of the grid.
        raster: size of the raster.
    """
    scale = np.array([raster[0] / grid[0], raster[1] / grid[1]], np.float32)
    now = (forward + np.float32(0.5)) * scale - np.float32(0.5)
    # Where its points came from bounds the patch in the key frame.
    x, y = now[..., 0], now[..., 1]
    margin = 2 * step * scale
    inside = (
        (x > patch.x - margin[0])
        & (x < patch.right + margin[0])
        & (y > patch.y - margin[1])
        & (y < patch.bottom + margin[1])
    )
    columns, rows = np.flatnonzero(inside.any(0)), np.flatnonzero(inside.any(1))
    if not columns.size:
        return None
    pitch = scale * step
    left, top = int(columns[0] * pitch[0]), int(rows[0] * pitch[1])
    right = min(raster[0], int((columns[-1] + 1) * pitch[0]) + 1)
    bottom = min(raster[1], int((rows[-1] + 1) * pitch[1]) + 1)
    back = affine(
        (1 / pitch[0], 1 / pitch[1]),
        (
            ((left + 0.5) / scale[0] - 0.5) / step,
            ((top + 0.5) / scale[1] - 0.5) / step,
        ),
    )
    size = max(1, right - left), max(1, bottom - top)
    dense = np.asarray(resampled(now, back, size, replicate=True), np.float32)
    dense -= np.array([patch.x, patch.y], np.float32)
    soft = cv2.remap(patch.soft, dense, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return Patch(left, top, np.asarray(soft, np.uint8)).trimmed()
