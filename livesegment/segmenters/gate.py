"""Whether a scene is still: nothing in it differs from the frame that was segmented last.

Frames are compared as grids of cells, each the mean of a few pixels, so that a sensor's noise
averages out and the work is the same for every frame size. What the light does to the whole
picture, or row by row where a rolling shutter meets a lamp's flicker, is taken out first. A cell
has changed when it differs by more than the noise that the two grids themselves show; a few
changed cells side by side are something that moves.

A frame is compared with the one segmented last, never with the one before: however slowly
something moves, it ends up beside where its mask is.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.frame import Frame, Image
from livesegment.segmenters.region import Region

CELLS = 160 * 90
"""Of a grid, about; one is 8 pixels a side at 720p."""
FLOOR = 4.0
"""Grey levels by which a cell may always differ: rounding and the camera's own compression."""
SIGMAS = 5.0
"""Standard deviations of the noise that it may differ by besides."""
MOST_NOISE = 4.0
"""Grey levels that are believed to be noise: after averaging, a sensor at night has less."""
CORRECTED = 0.25
"""Share of the correction for light that it may be wrong by."""
MOST_GAIN = 1.5
"""What is lit more or less than so many times as before has changed."""
MOST_ROW_GAIN = 1.1
"""Likewise for one row against the others."""
SIDE_BY_SIDE = 3
"""Changed cells in a square of 3 by 3 that are no accident."""
DARK, BRIGHT = 16, 240
"""Cells outside say nothing of the light: they are black, or cut off at white."""


class StillScene:
    """Compares frames with the one segmented last. Used by the segment thread only."""

    def __init__(self, region: Region | None = None) -> None:
        """Start with nothing known.

        Args:
            region: where to look; None for the whole picture.
        """
        self._region = region
        self._kept: tuple[tuple[int, int], NDArray[np.float32]] | None = None
        self._seen: tuple[Frame, NDArray[np.float32]] | None = None

    def still(self, frame: Frame) -> bool:
        """Whether `frame` shows what the kept one shows; False where none is.

        Raises:
            UsageError: the region lies outside the frame.
        """
        cells = self._cells(frame)
        if self._kept is None or self._kept[0] != frame.size:
            return False
        return not differ(self._kept[1], cells)

    def keep(self, frame: Frame) -> None:
        """Compare with this frame from now on: it is being segmented.

        Raises:
            UsageError: the region lies outside the frame.
        """
        self._kept = frame.size, self._cells(frame)

    def forget(self) -> None:
        """Call the next frame changed, whatever it shows."""
        self._kept = None

    def _cells(self, frame: Frame) -> NDArray[np.float32]:
        """A frame's grid, made once."""
        if self._seen is None or self._seen[0] is not frame:
            part = frame if self._region is None else self._region.cut(frame)
            self._seen = frame, grid(part.image)
        return self._seen[1]


def grid(image: Image) -> NDArray[np.float32]:
    """A picture as about `CELLS` means of its pixels: (rows, columns, 3), 0..255.

    Args:
        image: (h, w, 3); one with fewer pixels than that stays as it is.
    """
    height, width = image.shape[:2]
    scale = math.sqrt(CELLS / (width * height))
    small = image
    # Reading every pixel would take ten times as long: a sample of 16 for each cell serves.
    for step, how in ((2 * scale, cv2.INTER_LINEAR), (scale, cv2.INTER_AREA)):
        if step < 1:
            size = max(1, round(step * width)), max(1, round(step * height))
            small = np.asarray(cv2.resize(small, size, interpolation=how), np.uint8)
    return small.astype(np.float32)


def differ(before: NDArray[np.float32], after: NDArray[np.float32]) -> bool:
    """Whether something moved between two grids of one size, light and noise aside."""
    expected = in_light_of(before, after)
    off = cv2.absdiff(after, expected)
    noise = 1.4826 * float(np.median(off[::2, ::2]))
    tolerance = FLOOR + SIGMAS * min(noise, MOST_NOISE)
    excess = off - CORRECTED * cv2.absdiff(expected, before)
    blue, green, red = (excess[:, :, colour] for colour in range(3))
    changed = np.maximum(np.maximum(blue, green), red) > tolerance
    if np.count_nonzero(changed) < min(SIDE_BY_SIDE, changed.size):
        return False
    together = cv2.boxFilter(
        changed.view(np.uint8), -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    return bool(np.asarray(together).max() >= min(SIDE_BY_SIDE, changed.size))


def in_light_of(before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.float32]:
    """A grid in the light of another: each colour, and then each row, brightened as most cells are.

    Args:
        before: (rows, columns, 3).
        after: likewise; what moved in it must be less than half of it, and of each row.

    Returns:
        `before` as it would look in the light of `after`.
    """
    gains = np.median(_ratios(before[::3, ::3], after[::3, ::3]).reshape(-1, 3), axis=0)
    gains[(gains > MOST_GAIN) | (gains < 1 / MOST_GAIN)] = 1
    expected = before * gains.astype(np.float32)
    row_gains = np.median(_ratios(expected[:, ::2, 1], after[:, ::2, 1]), axis=1)
    row_gains[(row_gains > MOST_ROW_GAIN) | (row_gains < 1 / MOST_ROW_GAIN)] = 1
    relit: NDArray[np.float32] = expected * row_gains.astype(np.float32)[:, None, None]
    return np.minimum(relit, 255)


def _ratios(before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.float32]:
    """How many times brighter each value is than before; 1 where it says nothing of the light."""
    darker, brighter = np.minimum(before, after), np.maximum(before, after)
    telling = (darker > DARK) & (brighter < BRIGHT)
    return np.divide(after, before, out=np.ones_like(after), where=telling)
