"""Only a part of the picture for the network: less to look at, or more pixels for what matters."""

import re
from dataclasses import dataclass, replace
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from livesegment.errors import UsageError
from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.instances import Instances, Segmentation
from livesegment.segmenters.base import Segmenter

Box: TypeAlias = tuple[int, int, int, int]
"""x1, y1, x2, y2 in whole pixels, the last two exclusive."""

LENGTH = re.compile(r"(\d{1,6})|(\d{1,3}(?:\.\d*)?)\s*%", re.ASCII)
"""Pixels or per cent."""
HINT = "X,Y,W,H in pixels, such as 320,0,640,360, or in per cent: 25%,0%,50%,50%"


@dataclass(frozen=True, slots=True)
class Length:
    """A distance across a picture."""

    value: float
    """Pixels, or a share of the picture's side."""
    is_share: bool

    @classmethod
    def read(cls, found: re.Match[str]) -> Self:
        """What `LENGTH` found."""
        pixels, per_cent = found.groups()
        if pixels:
            return cls(float(pixels), is_share=False)
        return cls(float(per_cent) / 100, is_share=True)

    def pixels(self, side: int) -> float:
        """How many pixels it is in a picture with such a side."""
        return self.value * side if self.is_share else self.value


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of the picture, as it was asked for."""

    text: str
    """As typed."""
    left: Length
    top: Length
    width: Length
    height: Length

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `X,Y,W,H`, each in pixels or per cent.

        Raises:
            UsageError: it is not that, or covers nothing.
        """
        parts = [LENGTH.fullmatch(part.strip()) for part in text.split(",")]
        lengths = [Length.read(part) for part in parts if part]
        if len(lengths) != 4 or len(parts) != 4:
            raise UsageError(f"--roi {text!r} is no part of a picture", hint=HINT)
        left, top, width, height = lengths
        if width.value <= 0 or height.value <= 0:
            raise UsageError(f"--roi {text!r} covers nothing", hint=HINT)
        for start, extent in ((left, width), (top, height)):
            shares = sum(length.value for length in (start, extent) if length.is_share)
            if shares > 1 + 1e-9:
                raise UsageError(f"--roi {text!r} reaches beyond 100 % of the picture", hint=HINT)
        return cls(text, left, top, width, height)

    def __str__(self) -> str:
        return self.text

    def box(self, size: tuple[int, int]) -> Box:
        """The pixels it covers.

        Args:
            size: (width, height) of the frame.

        Raises:
            UsageError: it is not wholly inside.
        """
        width, height = size
        left, top = self.left.pixels(width), self.top.pixels(height)
        x1, x2 = round(left), round(left + self.width.pixels(width))
        y1, y2 = round(top), round(top + self.height.pixels(height))
        if x1 < x2 <= width and y1 < y2 <= height:
            return x1, y1, x2, y2
        raise UsageError(
            f"--roi {self.text} does not lie in the picture, which is {width}x{height}",
            hint="in per cent it fits every picture, such as --roi 25%,0%,50%,50%",
        )

    def cut(self, frame: Frame) -> Frame:
        """This part of a frame; shares the frame's memory.

        Raises:
            UsageError: it is not wholly inside.
        """
        x1, y1, x2, y2 = self.box(frame.size)
        return replace(frame, image=frame.image[y1:y2, x1:x2])


class RegionSegmenter:
    """A segmenter that sees only a part of each frame; see `Segmenter`."""

    def __init__(self, segmenter: Segmenter, region: Region) -> None:
        self._segmenter = segmenter
        self._region = region

    @property
    def thresholds(self) -> Thresholds:
        """What is kept; see `Segmenter.thresholds`."""
        return self._segmenter.thresholds

    @thresholds.setter
    def thresholds(self, thresholds: Thresholds) -> None:
        self._segmenter.thresholds = thresholds

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names in the order of class ids."""
        return self._segmenter.labels

    def warm_up(self) -> None:
        """Only the network has something to warm; see `Segmenter.warm_up`."""
        self._segmenter.warm_up()

    def segment(self, frame: Frame) -> Segmentation:
        """Find the objects in the region, as instances of the whole frame.

        Raises:
            EngineError: see `Segmenter.segment`.
            UsageError: the region lies outside the frame.
        """
        x1, y1, _, _ = self._region.box(frame.size)
        found = self._segmenter.segment(self._region.cut(frame))
        return replace(found, instances=moved(found.instances, (x1, y1)), size=frame.size)

    def describe(self) -> str:
        """What really runs and on which device."""
        return self._segmenter.describe()


def moved(instances: Instances, by: tuple[int, int]) -> Instances:
    """The same instances so many pixels to the right and down; masks are shared."""
    regions = instances.regions + np.array([*by, *by], np.int32)
    boxes = instances.boxes + np.array([*by, *by], np.float32)
    # Far from the origin floats are coarser: a corner must not be rounded out of its own pixel.
    inner: NDArray[np.float32] = regions.astype(np.float32)
    low = np.minimum(boxes[:, :2], np.nextafter(inner[:, :2] + 1, np.float32(0)))
    high = np.maximum(boxes[:, 2:], np.nextafter(inner[:, 2:] - 1, np.float32(np.inf)))
    return replace(instances, boxes=np.concatenate((low, high), axis=1))
