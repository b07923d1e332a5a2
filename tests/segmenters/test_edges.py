"""Masks drawn to the edges of a picture whose objects are known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livesegment.families.base import Thresholds
from livesegment.frame import Frame, Image
from livesegment.geometry import pixel_regions
from livesegment.instances import Instances, Mask, Segmentation
from livesegment.segmenters.edges import Edges, RefiningSegmenter, refine
from tests.fakes import FakeSegmenter, frame

SIZE = (320, 240)
BOTH = pytest.mark.parametrize("quality", list(Edges))


def star(size: tuple[int, int] = SIZE, reach: float = 0.4) -> Mask:
    """A star in the middle of a picture; a full frame."""
    width, height = size
    angles = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    radii = np.where(np.arange(10) % 2, 0.5, 1.0) * reach * min(size)
    xs, ys = width / 2 + radii * np.cos(angles), height / 2 + radii * np.sin(angles)
    canvas = np.zeros((height, width), np.uint8)
    cv2.fillPoly(canvas, [np.round(np.stack((xs, ys), 1)).astype(np.int32)], 1)
    return canvas > 0


def picture(truth: Mask) -> Image:
    """An orange object before a blue wall, both with some grain."""
    colours = np.where(truth[..., None], (40, 120, 220), (160, 90, 60))
    grain = np.random.default_rng(3).normal(0, 4, truth.shape)[..., None]
    return np.clip(colours + grain, 0, 255).astype(np.uint8)


def coarse(truth: Mask, cell: int = 8) -> Mask:
    """What a network with cells of so many pixels would make of it."""
    height, width = truth.shape
    grid = cv2.resize(
        truth.astype(np.float32), (width // cell, height // cell), interpolation=cv2.INTER_AREA
    )
    return np.asarray(cv2.resize(grid, (width, height))) > 0.5


def boxed(*masks: Mask) -> Instances:
    """Full-frame masks as instances, each in a box that just holds it."""
    boxes, crops = [], []
    for mask in masks:
        columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
        x1, x2, y1, y2 = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
        boxes.append((x1, y1, x2, y2))
        crops.append(mask[y1:y2, x1:x2])
    n = len(masks)
    return Instances.from_rows(boxes, np.linspace(0.9, 0.5, n), range(n), crops)


def whole(instances: Instances, row: int, size: tuple[int, int] = SIZE) -> Mask:
    """One mask in a full frame; fails where it lies outside."""
    canvas = np.zeros((size[1], size[0]), np.bool_)
    x1, y1, x2, y2 = instances.regions[row].tolist()
    assert 0 <= x1 <= x2 <= size[0]
    assert 0 <= y1 <= y2 <= size[1]
    canvas[y1:y2, x1:x2] = instances.masks[row]
    return canvas


def likeness(one: Mask, other: Mask) -> float:
    """Intersection over union."""
    return float((one & other).sum() / (one | other).sum())


@BOTH
def test_a_coarse_mask_comes_close_to_the_object(quality: Edges) -> None:
    """Three of four wrong pixels are put right."""
    truth = star()
    before = coarse(truth)
    after = whole(refine(picture(truth), boxed(before), quality=quality), 0)
    assert (after ^ truth).sum() < 0.25 * (before ^ truth).sum()


@BOTH
def test_a_large_object_too(quality: Edges) -> None:
    """Filtered on a raster smaller than itself."""
    size = (1280, 960)
    truth = star(size)
    before = coarse(truth, 32)
    after = whole(refine(picture(truth), boxed(before), quality=quality), 0, size)
    assert (after ^ truth).sum() < 0.5 * (before ^ truth).sum()


@BOTH
def test_the_box_grows_with_the_mask(quality: Edges) -> None:
    """A network's box often cuts off the last pixels."""
    truth = star()
    tight = boxed(truth)
    x1, y1, x2, y2 = tight.regions[0].tolist()
    inner = Instances.from_rows(
        [(x1 + 3.5, y1 + 3.5, x2 - 3.5, y2 - 3.5)],
        [0.9],
        [0],
        [tight.masks[0][3:-3, 3:-3]],
    )
    after = refine(picture(truth), inner, quality=quality)
    assert likeness(whole(after, 0), truth) > likeness(whole(inner, 0), truth)
    assert np.all(after.boxes[0, :2] <= inner.boxes[0, :2])
    assert np.all(after.boxes[0, 2:] >= inner.boxes[0, 2:])
    assert not np.array_equal(after.boxes, inner.boxes)


def test_a_box_that_holds_its_mask_stays() -> None:
    """Fractions and all."""
    truth = star()
    tight = boxed(truth)
    x1, y1, x2, y2 = tight.boxes[0].tolist()
    wide = Instances.from_rows(
        [(x1 - 9.75, y1 - 9.75, x2 + 9.25, y2 + 9.25)],
        [0.9],
        [0],
        [np.pad(tight.masks[0], 10)],
    )
    after = refine(picture(truth), wide, quality=Edges.FAST)
    np.testing.assert_array_equal(after.boxes, wide.boxes)


@BOTH
def test_nothing_found(quality: Edges) -> None:
    """No instance, no work."""
    assert len(refine(picture(star()), Instances.empty(), quality=quality)) == 0


@BOTH
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (1, 40), (200, 1), (3, 3), (5, 5)])
def test_a_tiny_mask_survives(quality: Edges, shape: tuple[int, int]) -> None:
    """Specks and lines have no inside to filter; they must not dissolve."""
    truth = np.zeros((SIZE[1], SIZE[0]), np.bool_)
    truth[20 : 20 + shape[0], 30 : 30 + shape[1]] = True
    after = whole(refine(picture(truth), boxed(truth), quality=quality), 0)
    assert likeness(after, truth) >= 0.5


def test_an_empty_mask_stays_empty() -> None:
    """A box without a pixel, and one of no area."""
    nothing = Instances.from_rows(
        [(4, 4, 12, 10), (5, 5, 5, 9)],
        [0.9, 0.8],
        [0, 1],
        [np.zeros((6, 8), np.bool_), np.zeros((4, 0), np.bool_)],
    )
    after = refine(picture(star()), nothing, quality=Edges.FAST)
    np.testing.assert_array_equal(after.boxes, nothing.boxes)
    assert not any(mask.any() for mask in after.masks)


@BOTH
def test_on_a_flat_picture_the_mask_stays_about_where_it_was(quality: Edges) -> None:
    """Where the picture has no edge, the network knows best."""
    truth = star()
    flat = np.full((*truth.shape, 3), 128, np.uint8)
    assert likeness(whole(refine(flat, boxed(truth), quality=quality), 0), truth) > 0.9


def test_the_whole_frame_as_one_object() -> None:
    """There is no room for a margin."""
    everything = np.ones((SIZE[1], SIZE[0]), np.bool_)
    after = refine(picture(star()), boxed(everything), quality=Edges.FAST)
    assert whole(after, 0).mean() > 0.9


def test_other_columns_and_what_came_in_are_left_alone() -> None:
    """Order, scores, classes and identities; the masks handed in are not written to."""
    truth = star()
    before = replace(
        boxed(coarse(truth), coarse(star(reach=0.2))), track_ids=np.array([7, 3], np.int32)
    )
    kept = [mask.copy() for mask in before.masks]
    boxes = before.boxes.copy()
    after = refine(picture(truth), before, quality=Edges.FAST)
    for column in ("scores", "class_ids", "track_ids"):
        np.testing.assert_array_equal(getattr(after, column), getattr(before, column))
    np.testing.assert_array_equal(before.boxes, boxes)
    for mask, copy in zip(before.masks, kept, strict=True):
        np.testing.assert_array_equal(mask, copy)


@BOTH
def test_the_same_each_time(quality: Edges) -> None:
    """No chance, no memory."""
    truth = star()
    one, other = (refine(picture(truth), boxed(coarse(truth)), quality=quality) for _ in range(2))
    np.testing.assert_array_equal(one.boxes, other.boxes)
    np.testing.assert_array_equal(one.masks[0], other.masks[0])


def noise(size: tuple[int, int], seed: int) -> NDArray[np.uint8]:
    """A picture without anything in it; `size` is (width, height)."""
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (size[1], size[0], 3), np.uint8)


@given(
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    corners=st.tuples(*[st.floats(0, 1, width=32)] * 4),
    seed=st.integers(0, 99),
    quality=st.sampled_from(Edges),
)
def test_masks_never_leave_the_frame(
    size: tuple[int, int],
    corners: tuple[float, float, float, float],
    seed: int,
    quality: Edges,
) -> None:
    """Any box in any picture, filled at random."""
    xs, ys = sorted((corners[0], corners[2])), sorted((corners[1], corners[3]))
    shares = np.array([[xs[0], ys[0], xs[1], ys[1]]], np.float32)
    box = shares * np.array([*size, *size], np.float32)
    x1, y1, x2, y2 = pixel_regions(box)[0].tolist()
    mask = np.random.default_rng(seed).random((y2 - y1, x2 - x1)) > 0.45
    if mask.size:
        mask = cv2.blur(mask.astype(np.float32), (5, 5)) > 0.45
    before = Instances.from_rows(box, [0.9], [0], [mask])
    after = refine(noise(size, seed), before, quality=quality)
    whole(after, 0, size)


class FindsTheStar(FakeSegmenter):
    """Finds it coarsely."""

    def segment(self, frame: Frame) -> Segmentation:
        return replace(super().segment(frame), instances=boxed(coarse(star())))


def test_the_segmenter_refines_what_another_finds() -> None:
    """And says what it cost."""
    inner = FindsTheStar()
    outer = RefiningSegmenter(inner, Edges.FAST)
    shown = Frame(picture(star()), 5, 1.5, 0.2)
    found = outer.segment(shown)
    assert (found.frame_index, found.captured_at, found.size) == (5, 1.5, SIZE)
    assert list(found.timings) == ["infer", "edges"]
    assert likeness(whole(found.instances, 0), star()) > likeness(coarse(star()), star())


def test_the_segmenter_passes_everything_else_on() -> None:
    """Thresholds are set on the one inside, from any thread."""
    inner = FakeSegmenter()
    outer = RefiningSegmenter(inner, Edges.FINE)
    outer.warm_up()
    outer.thresholds = Thresholds(score=0.75)
    assert inner.thresholds.score == outer.thresholds.score == 0.75
    assert outer.labels == inner.labels
    assert outer.describe() == "fake on cpu"
    assert outer.segment(frame(3)).frame_index == 3
