"""An object in its key frame, and the key frame against the newest one."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.carrying.motion import (
    LIT,
    POINT_STEP,
    Field,
    Grey,
    Size,
    Trail,
    lattice,
    lighter,
    look_up,
)
from livesegment.carrying.patch import INSIDE, Patch, resampled
from livesegment.carrying.similarity import Points

PHOTO = 25
"""Grey levels by which a point may change before it counts as lost."""
NOISE = 4.0
"""Grey levels; more than this, after averaging, is not taken for a camera's noise."""
EDGE = 3 / 320
"""From so far inside its edge on, as a share of the longest side, a point counts in full."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """An object in its key frame."""

    patch: Patch
    rows: NDArray[np.intp]
    """(n,) of its points among those that are followed."""
    columns: NDArray[np.intp]
    """(n,) likewise."""
    points: Points
    """(n,) where they are in the key frame, in cells."""
    weights: NDArray[np.float32]
    """(n,) 0..1, less at the edge, where mask and motion are least sure."""

    @classmethod
    def of(cls, patch: Patch, grid: Size, raster: Size) -> Self:
        """Find the points inside a mask; at least one, however small the mask is."""
        ratio = raster[0] / grid[0]
        pitch = ratio * POINT_STEP
        count = lattice(grid, POINT_STEP).shape
        column, row = int(patch.x // pitch), int(patch.y // pitch)
        width = max(1, min(count[1], int(np.ceil(patch.right / pitch))) - column)
        height = max(1, min(count[0], int(np.ceil(patch.bottom / pitch))) - row)
        # A point lies in the middle of the first cell of its step.
        start = (
            column * pitch + 0.5 * ratio - 0.5 - patch.x,
            row * pitch + 0.5 * ratio - 0.5 - patch.y,
        )
        soft = resampled(patch.soft, (pitch, pitch), start, (width, height))
        # Thin things fill no cell by half; their best cells then stand for them.
        inside = soft > min(float(INSIDE), 0.5 * float(soft.max()))
        if not inside.any():
            inside[height // 2, width // 2] = True
        framed = np.pad(inside, 1).view(np.uint8)
        depth = cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1] * POINT_STEP
        rows, columns = np.nonzero(inside)
        weights = np.minimum(depth[inside] / (EDGE * max(grid)), 1).astype(np.float32)
        rows = np.minimum(rows + row, count[0] - 1)
        columns = np.minimum(columns + column, count[1] - 1)
        points = ((columns + 1j * rows) * POINT_STEP).astype(np.complex64)
        return cls(patch, rows, columns, points, weights)


@dataclass(frozen=True, eq=False)
class Sight:
    """A key frame's motion set against the newest frame; shared by all its objects."""

    trail: Trail
    picture: Grey
    """The newest frame at the trail's size."""
    raster: Size

    @cached_property
    def light(self) -> float:
        """Grey levels by which all points became lighter: a camera adjusts its exposure."""
        return float(np.median(self.change[::4, ::4]))

    @cached_property
    def change(self) -> NDArray[np.int16]:
        """By how many grey levels each point is lighter than in the key frame: (h, w)."""
        start = self.trail.key[::POINT_STEP, ::POINT_STEP].astype(np.int16)
        return np.asarray(look_up(self.picture, self.trail.forward), np.int16) - start

    @cached_property
    def adjusted(self) -> Grey:
        """The newest frame in the light of the key frame."""
        return self.picture if abs(self.light) < LIT else lighter(self.picture, -self.light)

    @cached_property
    def positions(self) -> Points:
        """Where the points are now: (h, w)."""
        return self.trail.forward.view(np.complex64)[..., 0]

    @cached_property
    def valid(self) -> NDArray[np.bool_]:
        """Which points still look as in the key frame and are in the picture: (h, w)."""
        x, y = self.trail.forward[..., 0], self.trail.forward[..., 1]
        width, height = self.trail.size
        inside = (x > -1) & (y > -1) & (x < width) & (y < height)
        near: NDArray[np.bool_] = np.abs(self.change - np.int16(round(self.light))) < PHOTO
        return near & inside

    @cached_property
    def still_error(self) -> NDArray[np.uint8]:
        """How unlike the key frame each cell is, if nothing moved: (h, w) grey levels."""
        return np.asarray(cv2.blur(cv2.absdiff(self.trail.key, self.adjusted), (5, 5)), np.uint8)

    @cached_property
    def noise(self) -> float:
        """Grey levels by which cells differ from the key frame without having moved."""
        return min(float(np.median(self.still_error[::4, ::4])), NOISE)

    @cached_property
    def backward(self) -> Field:
        """The backward guess: where each cell came from, (h, w, 2)."""
        came = self.trail.backward
        here = lattice(self.trail.size)
        return here if came is None else here + came

    @cached_property
    def backward_error(self) -> NDArray[np.uint8]:
        """How unlike the key frame each cell is by the backward guess: (h, w) grey levels."""
        return self.error(self.backward, (0, 0))

    def error(self, guess: Field, corner: tuple[int, int]) -> NDArray[np.uint8]:
        """How unlike the key frame a part of the newest frame is, if it came from `guess`.

        Args:
            guess: (h, w, 2) positions in the key frame.
            corner: x, y of the part's first cell.
        """
        height, width = guess.shape[:2]
        x, y = corner
        now = self.adjusted[y : y + height, x : x + width]
        then = np.asarray(look_up(self.trail.key, guess), np.uint8)
        return np.asarray(cv2.blur(cv2.absdiff(then, now), (5, 5)), np.uint8)
