"""Where every point went: one backward flow a frame, and what follows from it for a key frame.

Sizes are (width, height). Positions are OpenCV's: x, y in cells of the flow grid, where whole
numbers are the centres of cells; cell i of a grid `s` times coarser than another has its centre at
(i + 0.5) s - 0.5 there.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.frame import Image

Size: TypeAlias = tuple[int, int]
Grey: TypeAlias = NDArray[np.uint8]
"""A picture in grey: (h, w)."""
Field: TypeAlias = NDArray[np.float32]
"""Vectors on a grid: (h, w, 2), x and y."""
Numbers: TypeAlias = NDArray[np.integer[Any] | np.floating[Any]]

RASTER = 640
"""Longest side of the raster that masks are kept and drawn on, in pixels."""
UNIT = 20
"""Sides of the raster are whole multiples, so that it is whole cells of every flow grid."""
POINT_STEP = 2
"""Every second cell of a key frame in x and y is a point that is followed."""
LIT = 1.0
"""Grey levels by which a whole frame must have become lighter to be evened out."""


@dataclass(frozen=True, slots=True)
class Fineness:
    """How finely motion is followed."""

    ratio: float
    """Raster pixels to a cell of the flow grid; two cells must be whole pixels."""
    patch_step: int
    """Cells from patch to patch of 8."""
    descents: int
    """Steps that a patch takes to find its place at each scale."""

    def grid(self, raster: Size) -> Size:
        """Size of the flow grid."""
        return round(raster[0] / self.ratio), round(raster[1] / self.ratio)


def raster_for(frame: Size) -> Size:
    """The raster for frames of a size: of about their shape, whatever their size."""
    width, height = (
        max(2 * UNIT, round(side * RASTER / max(frame) / UNIT) * UNIT) for side in frame
    )
    return width, height


@lru_cache(maxsize=16)
def lattice(size: Size, step: int = 1) -> Field:
    """The positions of every `step`-th cell of a grid: (ceil(h / step), ceil(w / step), 2)."""
    x, y = (np.arange(0, side, step, dtype=np.float32) for side in size)
    positions = np.stack(np.meshgrid(x, y), axis=-1)
    positions.flags.writeable = False
    return positions


def look_up(values: Numbers, positions: Field, border: int = cv2.BORDER_REPLICATE) -> Numbers:
    """Values (h, w[, c]) read between cells at `positions`; beyond the border the nearest one."""
    found: Numbers = cv2.remap(  # type: ignore[call-overload,unused-ignore]
        values, positions, None, cv2.INTER_LINEAR, borderMode=border
    )
    return found


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
    """Dense flow from each frame to the one before (DIS: Kroeger et al., ECCV 2016).

    Other than in its presets, patches are compared without evening out the light in each, and
    take more steps: both together follow better than half the patch step, at a third of the cost.
    What becomes lighter as a whole is evened out for the whole frame.
    """

    def __init__(self) -> None:
        self._by_fineness: dict[Fineness, cv2.DISOpticalFlow] = {}

    def __call__(self, newer: Grey, older: Grey, fineness: Fineness) -> Field:
        """What is at x in `newer` was at x + flow(x) in `older`; (h, w, 2)."""
        dis = self._by_fineness.get(fineness)
        if dis is None:
            dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
            dis.setFinestScale(0)
            dis.setPatchStride(fineness.patch_step)
            dis.setGradientDescentIterations(fineness.descents)
            dis.setUseMeanNormalization(False)
            self._by_fineness[fineness] = dis
        light = np.median(newer[::8, ::8].astype(np.int16) - older[::8, ::8])
        if abs(light) >= LIT:
            newer = lighter(newer, -float(light))
        # Without None a field passed in would be taken for a first guess and be overwritten.
        flow = dis.calc(newer, older, None)  # type: ignore[call-overload,unused-ignore]
        return np.asarray(flow, np.float32)


def lighter(picture: Grey, by: float) -> Grey:
    """The picture made lighter by some grey levels, or darker if they are negative."""
    return np.asarray(cv2.add(picture, np.array([by])), np.uint8)


def rescaled(flow: Field, size: Size) -> Field:
    """The same flow on a grid of another size."""
    height, width = flow.shape[:2]
    if (width, height) == size:
        return flow
    ratio = np.array([size[0] / width, size[1] / height], np.float32)
    resized = np.asarray(cv2.resize(flow, size, interpolation=cv2.INTER_LINEAR), np.float32)
    return resized * ratio


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
