"""Two views of one object made one, so that its outline does not tremble from result to result."""

import cv2
import numpy as np

from livesegment.carrying.patch import Patch, shared_area

NEW = 0.4
"""What the new mask counts for near its edge, where the two agree on the whole."""
BAND = 7
"""Width of the blur whose grey part is "near the edge", in raster pixels."""
STILL = 3.0
"""Raster pixels: of what was carried this far, the old mask counts half."""
SAME = 0.8
"""From this overlap on the two masks are of one shape."""
DIFFERENT = 0.6
"""Up to this overlap the new mask counts alone."""


def steadied(new: Patch, old: Patch, travel: float) -> Patch:
    """The new mask, moved near its edge towards the old one.

    Args:
        new: from a result.
        old: the same object as known before, carried to the same frame.
        travel: how far it was carried, in raster pixels: what moves neither shows trembling nor
            keeps its outline.
    """
    shared = shared_area(new, old)
    overlap = shared / max(1, new.area + old.area - shared)
    trust = min(1.0, max(0.0, (overlap - DIFFERENT) / (SAME - DIFFERENT))) * (1 - NEW)
    trust /= 1 + (travel / STILL) ** 2
    if trust < 0.05:
        return new
    margin = BAND // 2 + 1
    x, y = max(0, new.x - margin), max(0, new.y - margin)
    # The part beyond the raster is cut off again where the mask is written to the frame.
    width, height = new.right + margin - x, new.bottom + margin - y
    fresh, known = (_framed(patch, x, y, width, height) for patch in (new, old))
    soft = cv2.blur(fresh, (BAND, BAND)).astype(np.float32) * np.float32(1 / 255)
    share = np.minimum(4 * soft * (1 - soft) * 2, 1) * np.float32(trust)
    mixed = cv2.blendLinear(known, fresh, share, 1 - share)
    return Patch(x, y, np.asarray(mixed, np.uint8)).trimmed() or new


def _framed(patch: Patch, x: int, y: int, width: int, height: int) -> np.ndarray:
    """The patch on a rectangle of the raster."""
    whole = np.zeros((height, width), np.uint8)
    x1, y1 = max(x, patch.x), max(y, patch.y)
    x2, y2 = min(x + width, patch.right), min(y + height, patch.bottom)
    if x2 > x1 and y2 > y1:
        whole[y1 - y : y2 - y, x1 - x : x2 - x] = patch.cut(x1, y1, x2, y2)
    return whole
