"""Soft masks on the raster: from a frame's masks, back to them, and compared with each other."""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.carrying.motion import POINT_STEP, Numbers, Size, Trail, look_up
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
        return self.x + int(self.soft.shape[1])

    @property
    def bottom(self) -> int:
        """One past the last row."""
        return self.y + int(self.soft.shape[0])

    @property
    def area(self) -> int:
        """Pixels inside."""
        return int(np.count_nonzero(self.soft > INSIDE))

    def touches_edge(self, raster: Size) -> bool:
        """Whether it reaches the edge of the raster, so that the picture may cut it off."""
        near = self.x <= 1 or self.y <= 1
        return near or self.right >= raster[0] - 1 or self.bottom >= raster[1] - 1

    def cut(self, x1: int, y1: int, x2: int, y2: int) -> NDArray[np.uint8]:
        """The part within a rectangle that lies in the patch."""
        return self.soft[y1 - self.y : y2 - self.y, x1 - self.x : x2 - self.x]

    def trimmed(self) -> "Patch | None":
        """Without the empty rim; None where nothing is left."""
        x, y, width, height = cv2.boundingRect(self.soft)
        if not width:
            return None
        return Patch(self.x + x, self.y + y, self.soft[y : y + height, x : x + width])


def resampled(
    values: Numbers, step: tuple[float, float], start: tuple[float, float], size: Size
) -> Numbers:
    """Values (h, w) on another grid; beyond their border they are 0.

    Args:
        values: to be read.
        step: of the new grid in x and y, in cells of the values.
        start: position of its first cell among them.
        size: of the new grid.
    """
    back = np.array([[step[0], 0, start[0]], [0, step[1], start[1]]], np.float64)
    return cv2.warpAffine(values, back, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


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
    soft: Numbers = mask.view(np.uint8) * np.uint8(255)
    # Every pixel of the frame is to count: a reading between two of them sees no more than those.
    reach = (max(1, round(step_x)), max(1, round(step_y)))
    if max(reach) > 2:
        soft = cv2.blur(soft, reach, borderType=cv2.BORDER_CONSTANT)
    start = (x + 0.5) * step_x - 0.5 - left, (y + 0.5) * step_y - 0.5 - top
    size = max(1, right - x), max(1, bottom - y)
    return Patch(x, y, np.asarray(resampled(soft, (step_x, step_y), start, size), np.uint8))


Place: TypeAlias = tuple[int, int, int, int]
"""x1, y1, x2, y2 in pixels of the frame, the last two exclusive."""


def to_frame(patch: Patch, frame: Size, raster: Size) -> tuple[Place, Mask] | None:
    """A patch as a mask of the frame and the pixels that it covers, tight; None if it is empty."""
    enlarge = _by_whole_factor if _is_multiple(frame, raster) else _by_any_factor
    large, left, top = enlarge(patch, frame, raster)
    _, inside = cv2.threshold(large, INSIDE, 1, cv2.THRESH_BINARY)
    x, y, width, height = cv2.boundingRect(inside)
    if not width:
        return None
    mask = np.asarray(inside, np.uint8)[y : y + height, x : x + width].view(np.bool_)
    return (left + x, top + y, left + x + width, top + y + height), mask


def _is_multiple(frame: Size, raster: Size) -> bool:
    return frame[0] % raster[0] == 0 and frame[1] % raster[1] == 0


def _by_whole_factor(patch: Patch, frame: Size, raster: Size) -> tuple[Numbers, int, int]:
    """A patch enlarged, with x and y of its first pixel; five times as fast as by any factor."""
    factor_x, factor_y = frame[0] // raster[0], frame[1] // raster[1]
    top, left = int(patch.y > 0), int(patch.x > 0)
    bottom, right = int(patch.bottom < raster[1]), int(patch.right < raster[0])
    border = cv2.BORDER_CONSTANT
    soft = cv2.copyMakeBorder(patch.soft, top, bottom, left, right, border, value=(0,))
    size = soft.shape[1] * factor_x, soft.shape[0] * factor_y
    large = cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR)
    return large, (patch.x - left) * factor_x, (patch.y - top) * factor_y


def _by_any_factor(patch: Patch, frame: Size, raster: Size) -> tuple[Numbers, int, int]:
    """A patch enlarged or made smaller, with x and y of its first pixel."""
    step = raster[0] / frame[0], raster[1] / frame[1]
    left, top = max(0, int((patch.x - 1) / step[0])), max(0, int((patch.y - 1) / step[1]))
    right = min(frame[0], int((patch.right + 1) / step[0]) + 1)
    bottom = min(frame[1], int((patch.bottom + 1) / step[1]) + 1)
    start = (left + 0.5) * step[0] - 0.5 - patch.x, (top + 0.5) * step[1] - 0.5 - patch.y
    size = max(1, right - left), max(1, bottom - top)
    return resampled(patch.soft, step, start, size), left, top


def shared_area(one: Patch, other: Patch) -> int:
    """Pixels inside both."""
    x1, y1 = max(one.x, other.x), max(one.y, other.y)
    x2, y2 = min(one.right, other.right), min(one.bottom, other.bottom)
    if x2 <= x1 or y2 <= y1:
        return 0
    lesser = np.minimum(one.cut(x1, y1, x2, y2), other.cut(x1, y1, x2, y2))
    return int(np.count_nonzero(lesser > INSIDE))


def seen_from(patch: Patch, trail: Trail, raster: Size) -> Patch | None:
    """A patch of the newest frame as it lies in a trail's key frame; None if nothing of it does."""
    ratio = raster[0] / trail.size[0]
    now = (trail.forward + np.float32(0.5)) * np.float32(ratio) - np.float32(0.5)
    # The points that are in the patch now say where it was.
    pitch = ratio * POINT_STEP
    x, y = now[..., 0], now[..., 1]
    inside = (x > patch.x - pitch) & (x < patch.right + pitch)
    inside &= (y > patch.y - pitch) & (y < patch.bottom + pitch)
    columns, rows = np.flatnonzero(inside.any(0)), np.flatnonzero(inside.any(1))
    if not columns.size:
        return None
    left, top = int(columns[0] * pitch), int(rows[0] * pitch)
    right = min(raster[0], int((columns[-1] + 1) * pitch) + 1)
    bottom = min(raster[1], int((rows[-1] + 1) * pitch) + 1)
    start = [((first + 0.5) / ratio - 0.5) / POINT_STEP for first in (left, top)]
    back = np.array([[1 / pitch, 0, start[0]], [0, 1 / pitch, start[1]]], np.float64)
    dense = cv2.warpAffine(
        now - np.array([patch.x, patch.y], np.float32),
        back,
        (max(1, right - left), max(1, bottom - top)),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    soft = look_up(patch.soft, np.asarray(dense, np.float32), cv2.BORDER_CONSTANT)
    return Patch(left, top, np.asarray(soft, np.uint8)).trimmed()
