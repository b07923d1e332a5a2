"""Where every point went: one backward flow a frame, and what follows from it for a key frame.

Sizes are (width, height). Positions are OpenCV's: x, y in cells of the flow grid, where whole
numbers are the centres of cells; cell i of a grid `s` times coarser than another has its centre at
(i + 0.5) s - 0.5 there.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.frame import Image

Size: TypeAlias = tuple[int, int]
Grey: TypeAlias = NDArray[np.uint8]
"""A picture in grey: (h, w)."""
Field: TypeAlias = NDArray[np.float32]
"""Vectors on a grid: (h, w, 2), x and y."""

RASTER = 640
"""Longest side of the raster that masks are kept and drawn on, in pixels."""
SMALLEST = 16
"""The flow needs a few patches of 8 pixels in each direction."""
POINT_STEP = 2
"""Every second cell of a key frame in x and y is a point that is followed."""
PATCH_STEP = 6
"""Cells from patch to patch of the flow; 4 is its default, and takes twice the time."""


def fitted(frame: Size, longest: int) -> Size:
    """The size of a picture made smaller until no side is longer than `longest`."""
    ratio = min(1.0, longest / max(frame))
    return max(SMALLEST, round(frame[0] * ratio)), max(SMALLEST, round(frame[1] * ratio))


@lru_cache(maxsize=16)
def lattice(size: Size, step: int = 1) -> Field:
    """The positions of every `step`-th cell of a grid: (ceil(h / step), ceil(w / step), 2)."""
    x, y = (np.arange(0, side, step, dtype=np.float32) for side in size)
    positions = np.stack(np.meshgrid(x, y), axis=-1)
    positions.flags.writeable = False
    return positions


def look_up(values: NDArray[np.generic], positions: Field) -> NDArray[np.generic]:
    """Values (h, w[, c]) read between cells at `positions`; beyond the border the nearest one."""
    return cv2.remap(
        values, positions, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


class Picture:
    """One frame in grey, no larger than the raster, and smaller as asked for."""

    def __init__(self, image: Image, raster: Size) -> None:
        # In colour to raster size first: from 720p straight to the flow grid takes ten times as
        # long, and linear here with area below measured as good as area throughout.
        if raster != (image.shape[1], image.shape[0]):
            image = np.asarray(cv2.resize(image, raster, interpolation=cv2.INTER_LINEAR), np.uint8)
        self._greys: dict[Size, Grey] = {
            raster: np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
        }
        self._raster = raster

    def at(self, size: Size) -> Grey:
        """The picture at a size, kept for the next time."""
        if size not in self._greys:
            whole = self._greys[self._raster]
            small = cv2.resize(whole, size, interpolation=cv2.INTER_AREA)
            self._greys[size] = np.asarray(small, np.uint8)
        return self._greys[size]


class BackwardFlow:
    """Dense flow from each frame to the one before (DIS: Kroeger et al., ECCV 2016)."""

    def __init__(self) -> None:
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._dis.setFinestScale(0)
        self._dis.setPatchStride(PATCH_STEP)

    def __call__(self, newer: Grey, older: Grey) -> Field:
        """What is at x in `newer` was at x + flow(x) in `older`; (h, w, 2)."""
        # Without None a field passed in would be taken for a first guess and be overwritten.
        return np.asarray(self._dis.calc(newer, older, None), np.float32)  # type: ignore[call-overload]


def rescaled(flow: Field, size: Size) -> Field:
    """The same flow on a grid of another size."""
    height, width = flow.shape[:2]
    if (width, height) == size:
        return flow
    ratio = np.array([size[0] / width, size[1] / height], np.float32)
    return np.asarray(cv2.resize(flow, size, interpolation=cv2.INTER_LINEAR) * ratio, np.float32)


@dataclass(slots=True, eq=False)
class Trail:
    """What became of a key frame since: kept up with every frame, whoever is in the picture.

    It needs no masks, so it starts when the segmenter takes the frame; when the result arrives
    there is nothing to catch up with.
    """

    key: Grey
    """The key frame at flow size."""
    frame_index: int
    captured_at: float
    """Of the key frame: `time.monotonic()` seconds."""
    forward: Field = field(init=False)
    """Where the points of the key frame are now, one every `POINT_STEP` cells."""
    backward: Field | None = None
    """From each cell of the newest frame the way to the key frame; None: it is the key frame."""

    def __post_init__(self) -> None:
        self.forward = lattice(self.size, POINT_STEP)

    @property
    def size(self) -> Size:
        """Of the flow grid."""
        return self.key.shape[1], self.key.shape[0]

    def follow(self, flow: Field) -> None:
        """Go on to the next frame.

        Args:
            flow: from that frame back to the last one, at any size.
        """
        flow = rescaled(flow, self.size)
        # A point p went to the n for which n + flow(n) = p: a fixed point, found in three steps.
        now = self.forward
        for _ in range(3):
            now = self.forward - look_up(flow, now)
        self.forward = np.asarray(now, np.float32)
        if self.backward is None:
            self.backward = flow
        else:
            last = lattice(self.size) + flow
            self.backward = np.asarray(flow + look_up(self.backward, last), np.float32)
