"""Masks as polygons that become the same masks again.

Two readers, two kinds of polygon. The COCO API fills what lies inside of a line, so there the line
runs along the edges of pixels. OpenCV's `fillPoly`, by which YOLO data sets are read, fills every
pixel that the line touches as well, so there it stays inside of the outermost pixels.
A hole is cut in by a line from the border and back on the same way: both readers count crossings,
and that line is crossed twice.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Polygon: TypeAlias = NDArray[np.float64]
"""(n, 2) x, y in pixels, pixel i from i to i + 1; closed from the last point to the first."""

INSIDE = 0.05
"""Pixels from the edge for what must not touch the next pixel, after rounding to six digits."""


def edges(mask: NDArray[np.bool_], origin: tuple[int, int]) -> list[Polygon]:
    """Polygons along the edges of the mask's pixels: one for each part, holes cut in.

    Args:
        mask: (h, w) bool crop.
        origin: (x, y) of its first pixel in the frame.

    Returns:
        Parts, the largest first; their corners are whole numbers.
    """
    return [
        _rounded(_joined([(line + 1) // 2 for line in part]) + np.array(origin, np.float64))
        for part in _parts(mask)
    ]


def outline(mask: NDArray[np.bool_], origin: tuple[int, int]) -> Polygon:
    """One polygon for a mask with all its parts and holes, just inside of its pixels' edges.

    Parts are joined by lines, as a data set of one polygon an object needs it.

    Args:
        mask: (h, w) bool crop with at least one pixel.
        origin: (x, y) of its first pixel in the frame.
    """
    lines = [line for part in _parts(mask) for line in part]
    inner = [line // 2 + np.where(line % 2, 1 - INSIDE, INSIDE) for line in lines]
    joined: Polygon = _joined(inner) + np.array(origin, np.float64)
    return joined


def _parts(mask: NDArray[np.bool_]) -> list[list[NDArray[np.int64]]]:
    """The border of each part, and those of its holes, at twice the size.

    At twice the size a pixel is 2 by 2, so that a point on a border says on which side of its
    pixel it lies: an even coordinate is the pixel's beginning, an odd one its end.

    Returns:
        Parts, the longest border first; each a list of (n, 2) x, y, its outer border first.
    """
    if mask.size == 0:
        return []
    twice: Any = np.repeat(np.repeat(mask.astype(np.uint8), 2, axis=0), 2, axis=1)
    lines, tree = cv2.findContours(twice, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if tree is None:  # there is no pixel
        return []
    points = [line.reshape(-1, 2).astype(np.int64) for line in lines]
    parts = {i: [points[i]] for i, (*_, parent) in enumerate(tree[0].tolist()) if parent < 0}
    for i, (*_, parent) in enumerate(tree[0].tolist()):
        if parent >= 0:
            parts[parent].append(points[i])
    return sorted(parts.values(), key=lambda part: -len(part[0]))


def _joined(lines: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """Closed lines made one, each joined to the others where it is nearest to them.

    The shortest lines that join all are found as by Prim: in turn the line next to what is joined
    already.
    """
    points = np.concatenate(lines).astype(np.float64)
    if len(lines) == 1:
        return points
    starts = np.cumsum([0, *(len(line) for line in lines)]).tolist()
    follow = np.arange(1, len(points) + 1).tolist()
    for start, end in pairwise(starts):
        follow[end - 1] = start
    place = list(range(len(points)))
    best = dict.fromkeys(range(1, len(lines)), (np.inf, 0, 0))
    newest = 0
    while best:
        for i, known in best.items():
            best[i] = min(known, _nearest(points, starts, newest, i))
        newest = min(best, key=lambda i: best[i][0])
        _, there, here = best.pop(newest)
        # there -> here, around, -> here again -> there again -> on as before
        before = starts[newest] + (here - starts[newest] - 1) % len(lines[newest])
        here_again, there_again = len(follow), len(follow) + 1
        place += [here, there]
        follow += [there_again, follow[there]]
        follow[there], follow[before] = here, here_again
    order = [0]
    while (following := follow[order[-1]]) != 0:
        order.append(following)
    return points[[place[i] for i in order]]


def _nearest(
    points: NDArray[np.float64], starts: Sequence[int], one: int, other: int
) -> tuple[float, int, int]:
    """The squared distance of two lines, and the points of each that are so near."""
    first = points[starts[one] : starts[one + 1]]
    second = points[starts[other] : starts[other + 1]]
    apart = first[:, None] - second[None]
    distances = np.einsum("ijk,ijk->ij", apart, apart)
    i, j = divmod(int(distances.argmin()), len(second))
    return float(distances[i, j]), starts[one] + i, starts[other] + j


def _rounded(polygon: Polygon) -> Polygon:
    """Without points that repeat the one before."""
    repeated = np.all(polygon == np.roll(polygon, 1, axis=0), axis=1)
    distinct: Polygon = polygon[~repeated]
    return distinct
