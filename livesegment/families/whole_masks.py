"""Masks that a network gives over its whole input, a grid for each instance."""

import math

import numpy as np
from numpy.typing import NDArray

from livesegment.geometry import Letterbox, pixel_centres, pixel_regions
from livesegment.instances import Mask


def cut_mask(
    values: NDArray[np.float32], box: NDArray[np.float32], letterbox: Letterbox, limit: float
) -> Mask:
    """One instance's part of its grid, at the frame's own resolution.

    Args:
        values: (h, w) over the whole network input, at any resolution.
        box: (4,) x1, y1, x2, y2 in frame pixels, clipped to the frame.
        letterbox: how the frame lies in the input.
        limit: a pixel belongs to the mask when its value is more.

    Returns:
        A mask of the pixels that `box` touches.
    """
    height, width = values.shape
    x1, y1, x2, y2 = pixel_regions(box[None])[0].tolist()
    across, down = width / letterbox.input_size[0], height / letterbox.input_size[1]
    xs = letterbox.to_input_x(pixel_centres(x1, x2)) * across
    ys = letterbox.to_input_y(pixel_centres(y1, y2)) * down
    # What the network saw in the padding must not leak into the picture's last pixels.
    left, right = _cells(xs, letterbox.left * across, letterbox.resized[0] * across, width)
    top, bottom = _cells(ys, letterbox.top * down, letterbox.resized[1] * down, height)
    rows = _bilinear(values[top:bottom, left:right], ys - top)
    sampled = _bilinear(rows.T, xs - left).T
    return sampled > limit


def logit(probability: float) -> float:
    """What a probability, 0..1, is before the sigmoid."""
    if probability <= 0:
        return -math.inf
    return math.log(probability / (1 - probability)) if probability < 1 else math.inf


def _cells(
    positions: NDArray[np.float64], start: float, length: float, count: int
) -> tuple[int, int]:
    """First and past-last cell, of `count`, that are read at `positions` and are of the picture.

    Args:
        positions: (m,) rising, in cells.
        start: where the picture begins, in cells.
        length: of the picture.
        count: cells there are.
    """
    # A hair is taken off, or rounding would count a cell that the picture ends at.
    last = max(1, min(count, math.ceil(start + length - 1e-6)))
    first = min(last - 1, math.floor(start + 1e-6))
    low = min(last - 1, max(first, math.floor(positions[0] - 0.5)))
    return low, max(low + 1, min(last, math.floor(positions[-1] - 0.5) + 2))


def _bilinear(values: NDArray[np.float32], rows: NDArray[np.float64]) -> NDArray[np.float32]:
    """Values of a grid between its rows, flat beyond the ends.

    `geometry.resample` multiplies matrices, which is fast for masks of 28 cells; grids as large as
    the network's input are faster read row by row. The numbers are the same.
    """
    place = np.clip(rows - 0.5, 0, len(values) - 1)
    low = place.astype(np.intp)
    weight = (place - low).astype(np.float32)[:, None]
    above, below = values[low], values[np.minimum(low + 1, len(values) - 1)]
    return np.asarray(above + (below - above) * weight, np.float32)
