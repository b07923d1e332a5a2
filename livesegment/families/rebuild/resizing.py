"""Bilinear resizing of pictures of a known size, as products with matrices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Resizing:
    """A resize of a tensor: down @ source @ across.T in each channel."""

    source: str
    """The tensor's name."""
    source_size: tuple[int, int]
    """(height, width)."""
    down: Matrix
    """(height after, height before)."""
    across: Matrix
    """(width after, width before)."""


def interpolation(
    before: int, after: int, *, align_corners: bool, half_pixel_centers: bool
) -> Matrix:
    """The weights of each old sample in each new one, (after, before), as TensorFlow places them.

    Args:
        before: samples there are.
        after: samples wanted.
        align_corners: the outermost samples stay where they are.
        half_pixel_centers: the edges of the picture stay; else the first sample does.
    """
    index = np.arange(after, dtype=np.float64)
    if align_corners and after > 1:
        positions = index * (before - 1) / (after - 1)
    elif half_pixel_centers:
        positions = np.maximum((index + 0.5) * before / after - 0.5, 0)
    else:
        positions = index * before / after
    low = np.minimum(positions.astype(np.intp), before - 1)
    high = np.minimum(low + 1, before - 1)
    matrix = np.zeros((after, before))
    np.add.at(matrix, (np.arange(after), low), 1 - (positions - low))
    np.add.at(matrix, (np.arange(after), high), positions - low)
    return matrix


def merge(matrix: Matrix, taps: int) -> Matrix:
    """A resize followed by a convolution with zero padding, along one axis.

    Args:
        matrix: (after, before) the resize.
        taps: of the kernel; the odd one of its padding goes behind.

    Returns:
        (after, taps * before): what is left to do when each tap has been applied to the old
        samples, their results one behind the other.
    """
    after, before = matrix.shape
    merged = np.zeros((after, taps, before))
    for tap in range(taps):
        shift = tap - (taps - 1) // 2
        first, last = max(0, -shift), min(after, after - shift)
        merged[first:last, tap] = matrix[first + shift : last + shift]
    return merged.reshape(after, taps * before)
