"""Mask edges moved onto the edges of the picture.

A network's mask is a coarse grid enlarged: its outline runs a few pixels beside the object's. A
guided filter (He, Sun and Tang, "Guided image filtering", PAMI 2013, in OpenCV's ximgproc) makes
the mask a locally linear function of the picture's colours, so that its outline falls where the
colours change.

Each object is filtered on a raster of its own with a bounded number of pixels. A large one costs
no more at 1080p than at 480p, and loses nothing: its outline is wrong by more pixels too. A
thresholded mask serves as the input just as well as the network's probabilities; measured, even
better, as a wide soft slope is what the filter would have to undo.
"""

import math
import time
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.families.base import Thresholds
from livesegment.frame import Frame, Image
from livesegment.instances import Instances, Mask, Segmentation
from livesegment.segmenters.base import Segmenter

EPSILON = 3e-4 * 255**2
"""Variance of colours (of 0..255) below which an area counts as flat, and is left smooth."""
SPAN = 8
"""A filter's radius is at most this fraction of an object's size: small ones would dissolve."""
LEAST_LIKENESS = 0.5
"""IoU with the mask that came in; where a filter changed more, it lost the object."""

Region: TypeAlias = tuple[int, int, int, int]
"""x1, y1, x2, y2 in whole pixels, the last two exclusive."""


class Edges(StrEnum):
    """How much work goes into the edges of masks."""

    FAST = "fast"
    """One or two milliseconds for a large object."""
    FINE = "fine"
    """About six, for a little more."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One strength of the guided filter."""

    side: int
    """An object's box gets at most this many pixels, squared."""
    radius: int
    """Of the filter's window, in pixels of that raster; outlines move by no more."""


FILTERS = {Edges.FAST: Filter(side=128, radius=6), Edges.FINE: Filter(side=240, radius=12)}


class RefiningSegmenter:
    """A segmenter whose masks keep to the edges of the picture; see `Segmenter`."""

    def __init__(self, segmenter: Segmenter, quality: Edges) -> None:
        self._segmenter = segmenter
        self._quality = quality

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
        """Find the objects in `frame`; see `Segmenter.segment`."""
        found = self._segmenter.segment(frame)
        started = time.perf_counter()
        refined = refine(frame.image, found.instances, quality=self._quality)
        timings = {**found.timings, "edges": time.perf_counter() - started}
        return replace(found, instances=refined, timings=timings)

    def describe(self) -> str:
        """What really runs and on which device."""
        return self._segmenter.describe()


def refine(image: Image, instances: Instances, *, quality: Edges) -> Instances:
    """The same instances with masks whose outlines keep to the edges of the picture.

    Args:
        image: (h, w, 3) BGR, the frame that the instances were found in.
        instances: a box grows where its mask does, and stays as it is elsewhere.
        quality: how much work it is worth.

    Returns:
        As many, in the same order.
    """
    boxes, masks = instances.boxes.copy(), list(instances.masks)
    for i, (region, mask) in enumerate(zip(instances.regions.tolist(), masks, strict=True)):
        around = _refined(image, region, mask, FILTERS[quality])
        if around is not None:
            (x1, y1, x2, y2), masks[i] = _cropped(around, region)
            # The network's own box is kept, fractions and all, where it reaches far enough.
            low, high = boxes[i, :2], boxes[i, 2:]
            boxes[i, :2] = np.where((x1, y1) < np.floor(low), (x1, y1), low)
            boxes[i, 2:] = np.where((x2, y2) > np.ceil(high), (x2, y2), high)
    return replace(instances, boxes=boxes, masks=masks)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A mask with some room around it."""

    region: Region
    mask: Mask


def _refined(image: Image, region: Region, mask: Mask, wanted: Filter) -> _Cut | None:
    """One mask after the filter, or None where it is best left alone.

    Args:
        image: (h, w, 3).
        region: the pixels that `mask` covers.
        mask: (y2 - y1, x2 - x1).
        wanted: how to filter.
    """
    area = np.count_nonzero(mask)
    scale = min(1.0, wanted.side / math.sqrt(max(1, mask.size)))
    radius = min(wanted.radius, round(scale * math.sqrt(area) / SPAN))
    if radius < 1:
        return None
    wide = _grown(region, math.ceil(radius / scale), image)
    guide = image[wide[1] : wide[3], wide[0] : wide[2]]
    before = _moved(mask, region, wide)
    height, width = before.shape
    size = max(1, round(scale * width)), max(1, round(scale * height))
    small = np.asarray(cv2.resize(before, size, interpolation=cv2.INTER_AREA), np.uint8)
    if size != (width, height):
        guide = np.asarray(cv2.resize(guide, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    soft = cv2.ximgproc.guidedFilter(guide, small, radius, EPSILON, dDepth=-1)
    after = np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)) > 127
    both = np.count_nonzero(after & (before > 0))
    if both < LEAST_LIKENESS * (area + np.count_nonzero(after) - both):
        return None
    return _Cut(wide, after)


def _grown(region: Region, margin: int, image: Image) -> Region:
    """A region with a margin on each side, as far as the picture goes."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = region
    return (
        max(0, x1 - margin),
        max(0, y1 - margin),
        min(width, x2 + margin),
        min(height, y2 + margin),
    )


def _moved(mask: Mask, region: Region, wide: Region) -> NDArray[np.uint8]:
    """A mask of one region in a wider one: 255 inside, 0 outside."""
    canvas = np.zeros((wide[3] - wide[1], wide[2] - wide[0]), np.uint8)
    left, top = region[0] - wide[0], region[1] - wide[1]
    height, width = mask.shape
    np.multiply(mask, 255, out=canvas[top : top + height, left : left + width], casting="unsafe")
    return canvas


def _cropped(cut: _Cut, region: Region) -> tuple[Region, Mask]:
    """A mask cut down to `region`, or to what reaches beyond it, with the region it then covers."""
    columns, rows = np.flatnonzero(cut.mask.any(0)), np.flatnonzero(cut.mask.any(1))
    left, top = cut.region[:2]
    x1 = min(region[0], left + int(columns[0]))
    y1 = min(region[1], top + int(rows[0]))
    x2 = max(region[2], left + int(columns[-1]) + 1)
    y2 = max(region[3], top + int(rows[-1]) + 1)
    return (x1, y1, x2, y2), cut.mask[y1 - top : y2 - top, x1 - left : x2 - left].copy()
