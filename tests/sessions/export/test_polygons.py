"""Polygons become the masks they were made of, by the rules of those who read them."""

from typing import Any, TypeAlias

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from livesegment.sessions.export.polygons import edges, outline

coco_masks: Any = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"  # of pycocotools' own
)
Mask: TypeAlias = NDArray[np.bool_]
masks = st.tuples(st.integers(1, 14), st.integers(1, 14)).flatmap(
    lambda shape: hnp.arrays(np.bool_, shape)
)


def by_coco(mask: Mask) -> Mask:
    """As the COCO API fills the polygons of a mask."""
    height, width = mask.shape
    lines = [polygon.ravel().tolist() for polygon in edges(mask, (0, 0))]
    whole = coco_masks.merge(coco_masks.frPyObjects(lines, height, width))
    filled: Mask = coco_masks.decode(whole).astype(bool)
    return filled


def by_fill_poly(mask: Mask) -> Mask:
    """As YOLO data sets are read: shares in six digits, cut to whole pixels, filled by OpenCV."""
    height, width = mask.shape
    shares = np.round(outline(mask, (0, 0)) / (width, height), 6).astype(np.float32)
    points = (shares * np.array((width, height), np.float32)).astype(np.int32)
    filled: Any = np.zeros(mask.shape, np.uint8)
    cv2.fillPoly(filled, [points], 1)
    return np.asarray(filled, np.bool_)


def overlap(one: Mask, other: Mask) -> float:
    return float(np.count_nonzero(one & other) / np.count_nonzero(one | other))


def disc(size: int, x: float, y: float, radius: float) -> Mask:
    rows, columns = np.mgrid[:size, :size]
    return np.asarray((columns - x) ** 2 + (rows - y) ** 2 <= radius**2)


@given(masks)
def test_along_the_edges_every_mask_comes_back_from_the_coco_api(mask: Mask) -> None:
    if mask.any():
        assert np.array_equal(by_coco(mask), mask)
    else:
        assert edges(mask, (0, 0)) == []


@given(masks)
def test_an_outline_of_one_part_comes_back_from_opencv(mask: Mask) -> None:
    count, parts = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    for part in range(1, count):
        one = np.asarray(parts == part)
        holes = cv2.connectedComponents((~np.pad(one, 1)).astype(np.uint8), connectivity=4)[0] - 2
        if holes == 0:
            assert np.array_equal(by_fill_poly(one), one)


@given(masks)
def test_an_outline_loses_no_pixel_and_adds_but_joining_lines(mask: Mask) -> None:
    if mask.any():
        assert by_fill_poly(mask)[mask].mean() > 0.5
        points = outline(mask, (0, 0))
        assert points.min() > 0
        assert np.all(points < mask.shape[::-1])


def test_a_hole_is_cut_in() -> None:
    ring = disc(200, 100, 100, 80) & ~disc(200, 110, 90, 20)
    assert len(edges(ring, (0, 0))) == 1
    assert np.array_equal(by_coco(ring), ring)
    assert overlap(by_fill_poly(ring), ring) > 0.999


def test_an_island_in_a_hole_is_a_part_of_its_own() -> None:
    mask = (disc(200, 100, 100, 80) & ~disc(200, 110, 90, 40)) | disc(200, 105, 95, 12)
    assert len(edges(mask, (0, 0))) == 2
    assert np.array_equal(by_coco(mask), mask)
    assert overlap(by_fill_poly(mask), mask) > 0.99


def test_parts_are_one_outline_joined_by_lines() -> None:
    mask = disc(200, 50, 50, 40) | disc(200, 150, 60, 30) | disc(200, 90, 160, 25)
    assert len(edges(mask, (0, 0))) == 3
    assert overlap(by_fill_poly(mask), mask) > 0.98


def test_the_largest_part_is_the_first() -> None:
    first, second = edges(disc(100, 80, 80, 5) | disc(100, 40, 40, 30), (0, 0))
    assert len(first) > len(second)
    assert first.min() == 10


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1)])
def test_a_line_one_pixel_wide_has_an_area(shape: tuple[int, int]) -> None:
    polygon = outline(np.ones(shape, bool), (3, 5))
    assert len(polygon) == 4
    assert np.allclose(polygon.max(0) - polygon.min(0), (shape[1] - 0.1, shape[0] - 0.1))
    assert np.allclose(polygon.min(0), (3.05, 5.05))


def test_corners_along_the_edges_are_whole_and_none_comes_twice_in_a_row() -> None:
    for polygon in edges(disc(60, 30, 30, 21.5) & ~disc(60, 33, 30, 4), (100, 200)):
        assert np.array_equal(polygon, np.round(polygon))
        assert np.any(polygon != np.roll(polygon, 1, axis=0), axis=1).all()
        assert polygon.min(0).tolist() == [109, 209]


def test_a_mask_of_many_specks_is_one_outline() -> None:
    mask = np.zeros((120, 120), bool)
    mask[::4, ::4] = True
    assert by_fill_poly(mask)[mask].all()
    assert np.array_equal(by_coco(mask), mask)
