"""Resizing as a product with matrices, and together with a convolution."""

import numpy as np
import pytest

from livesegment.families.rebuild.resizing import interpolation, merge


@pytest.mark.parametrize("after", [2, 4, 7, 15])
def test_with_corners_aligned_the_outermost_samples_stay(after: int) -> None:
    values = np.array([3.0, 1.0, 4.0, 1.5])
    matrix = interpolation(4, after, align_corners=True, half_pixel_centers=False)
    places = np.linspace(0, 3, after)
    np.testing.assert_allclose(matrix @ values, np.interp(places, np.arange(4), values))


def test_with_half_pixels_the_edges_stay() -> None:
    matrix = interpolation(2, 4, align_corners=False, half_pixel_centers=True)
    np.testing.assert_allclose(matrix @ [0.0, 1.0], [0, 0.25, 0.75, 1])


def test_else_the_first_sample_stays() -> None:
    matrix = interpolation(2, 4, align_corners=False, half_pixel_centers=False)
    np.testing.assert_allclose(matrix @ [0.0, 1.0], [0, 0.5, 1, 1])


@pytest.mark.parametrize("taps", [1, 2, 3, 5])
def test_a_convolution_can_be_done_before_the_resize(taps: int) -> None:
    random = np.random.default_rng(taps)
    values, kernel = random.random(4), random.random(taps)
    matrix = interpolation(4, 15, align_corners=True, half_pixel_centers=False)
    before = (taps - 1) // 2
    padded = np.pad(matrix @ values, (before, taps - 1 - before))
    wanted = np.convolve(padded, kernel[::-1], "valid")
    np.testing.assert_allclose(merge(matrix, taps) @ np.outer(kernel, values).ravel(), wanted)
