"""How well a mask fits the truth: J and F of the DAVIS benchmark.

Perazzi et al., "A benchmark dataset and evaluation methodology for video object segmentation",
CVPR 2016. J is intersection over union; F weighs how much of each outline lies near the other.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.instances import Instances, Mask

TOLERANCE = 0.008
"""How far apart outlines may lie, as a share of the picture's diagonal."""

_Bits: TypeAlias = NDArray[np.uint8]
"""A full frame of zeros and ones."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How well one mask fits; both 0..1, 1 is best."""

    j: float
    """Intersection over union."""
    f: float
    """Harmonic mean of the outlines' precision and recall."""


class Truth:
    """What the object really covers in one frame, ready to be compared with many masks."""

    def __init__(self, mask: Mask) -> None:
        """Prepare.

        Args:
            mask: (h, w), the whole frame.
        """
        self.mask = mask
        self._edge = outline(mask)
        self._near = _widened(self._edge)

    def fit(self, mask: Mask) -> Fit:
        """Compare a mask of the same size."""
        return Fit(overlap(mask, self.mask), self._outline_fit(mask))

    def _outline_fit(self, mask: Mask) -> float:
        edge = outline(mask)
        drawn, true = cv2.countNonZero(edge), cv2.countNonZero(self._edge)
        if not drawn or not true:
            return float(drawn == true)
        precision = cv2.countNonZero(edge & self._near) / drawn
        recall = cv2.countNonZero(self._edge & _widened(edge)) / true
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union of two masks of one shape; 1 where both are empty."""
    union = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / union if union else 1.0


def outline(mask: Mask) -> _Bits:
    """The outermost pixels of a mask; where it leaves the picture it has no outline."""
    bits = mask.astype(np.uint8)
    return bits - np.asarray(cv2.erode(bits, np.ones((3, 3), np.uint8), borderValue=1), np.uint8)


def painted(instances: Instances, size: tuple[int, int]) -> Mask:
    """Every pixel that belongs to any of the instances; `size` is (width, height)."""
    canvas = np.zeros((size[1], size[0]), np.bool_)
    for (x1, y1, x2, y2), mask in zip(instances.regions.tolist(), instances.masks, strict=True):
        canvas[y1:y2, x1:x2] |= mask
    return canvas


def mostly_inside(instances: Instances, truth: Mask) -> NDArray[np.bool_]:
    """Which instances have more than half of their pixels in the truth; (n,)."""
    inside = np.zeros(len(instances), np.bool_)
    rows = zip(instances.regions.tolist(), instances.masks, strict=True)
    for i, ((x1, y1, x2, y2), mask) in enumerate(rows):
        shared = np.count_nonzero(mask & truth[y1:y2, x1:x2])
        inside[i] = 2 * shared > np.count_nonzero(mask)
    return inside


def _widened(edge: _Bits) -> _Bits:
    """An outline as wide as the tolerance allows on either side."""
    reach = max(1, round(TOLERANCE * math.hypot(*edge.shape)))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(edge, disk), np.uint8)
