"""Boxes, resampling and the letterbox, each against something simpler."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livesegment.geometry import (
    Letterbox,
    clip_boxes,
    has_area,
    interpolation_matrix,
    iou,
    non_maximum_suppression,
    pixel_centres,
    pixel_regions,
    resample,
)

pytestmark = pytest.mark.wheel

sides = st.integers(1, 4000)
sizes = st.tuples(sides, sides) | st.tuples(st.just(1), sides) | st.tuples(sides, st.just(1))
input_sizes = st.tuples(st.integers(32, 800), st.integers(32, 800))


@st.composite
def scored_boxes(
    draw: st.DrawFn,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """Boxes on a small grid, so that they overlap, touch and coincide often; scores too."""
    place, length = st.integers(0, 12), st.integers(0, 8)
    rows = draw(st.lists(st.tuples(place, place, length, length, st.integers(0, 4)), max_size=14))
    boxes = np.array([(x, y, x + w, y + h) for x, y, w, h, _ in rows], np.float32).reshape(-1, 4)
    scores = np.array([score / 4 for *_, score in rows], np.float32)
    classes = draw(st.lists(st.integers(0, 1), min_size=len(rows), max_size=len(rows)))
    return boxes, scores, np.array(classes, np.int32)


def plain_iou(a: list[float], b: list[float]) -> float:
    shared = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
    both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / both if both else 0.0


def plain_bilinear(values: NDArray[np.float32], y: float, x: float) -> float:
    """The value at one place, from the four samples around it; flat beyond the outermost."""
    height, width = values.shape
    y, x = min(max(y - 0.5, 0), height - 1), min(max(x - 0.5, 0), width - 1)
    top, left = int(y), int(x)
    below, right = min(top + 1, height - 1), min(left + 1, width - 1)
    down, across = y - top, x - left
    upper = float(values[top, left]) * (1 - across) + float(values[top, right]) * across
    lower = float(values[below, left]) * (1 - across) + float(values[below, right]) * across
    return upper * (1 - down) + lower * down


def test_a_region_is_every_pixel_touched() -> None:
    boxes = np.array([[0.2, 1, 2.1, 3], [4, 4, 5, 5], [6.9, 7.1, 7.0, 7.2]], np.float32)
    assert pixel_regions(boxes).tolist() == [[0, 1, 3, 3], [4, 4, 5, 5], [6, 7, 7, 8]]


def test_boxes_are_cut_at_width_and_height() -> None:
    boxes = np.array([[-5, -6, 700, 500], [10, 20, 30, 40]], np.float32)
    assert clip_boxes(boxes, (640, 480)).tolist() == [[0, 0, 640, 480], [10, 20, 30, 40]]


def test_a_box_without_width_or_height_has_no_area() -> None:
    boxes = np.array([[0, 0, 1, 1], [3, 0, 3, 9], [0, 3, 9, 3], [5, 5, 4, 6]], np.float32)
    assert has_area(boxes).tolist() == [True, False, False, False]


def test_a_box_that_is_no_number_has_no_area() -> None:
    assert not has_area(np.array([[np.nan, 0, 1, 1]], np.float32)).any()


@given(scored_boxes())
def test_overlap_is_shared_area_over_area_of_both(
    rows: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]],
) -> None:
    boxes = rows[0]
    for box in boxes:
        wanted = [plain_iou(box.tolist(), other.tolist()) for other in boxes]
        np.testing.assert_allclose(iou(box, boxes), wanted, atol=1e-9)


@given(scored_boxes(), st.sampled_from([0.0, 0.2, 0.45, 0.5, 1.0]), st.integers(1, 16))
def test_a_box_survives_unless_a_better_survivor_of_its_class_covers_it(
    rows: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]],
    threshold: float,
    limit: int,
) -> None:
    boxes, scores, classes = rows
    survivors: list[int] = []
    for i in sorted(range(len(boxes)), key=lambda row: -scores[row]):
        if not any(
            classes[i] == classes[better]
            and plain_iou(boxes[i].tolist(), boxes[better].tolist()) > threshold
            for better in survivors
        ):
            survivors.append(i)
    kept = non_maximum_suppression(boxes, scores, classes, threshold, limit=limit)
    assert kept.tolist() == survivors[:limit]


@pytest.mark.parametrize("scale", [1, 2, 3, 4, 8])
def test_enlarging_by_a_whole_number_is_opencvs(scale: int) -> None:
    values = np.random.default_rng(scale).normal(size=(7, 5)).astype(np.float32)
    wanted = cv2.resize(values, (5 * scale, 7 * scale), interpolation=cv2.INTER_LINEAR)
    found = resample(
        values, pixel_centres(0, 7 * scale) / scale, pixel_centres(0, 5 * scale) / scale
    )
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@given(
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    st.lists(st.floats(-3, 9), min_size=1, max_size=5),
    st.lists(st.floats(-3, 9), min_size=1, max_size=5),
    st.integers(0, 99),
)
def test_resampling_is_bilinear_and_flat_beyond_the_edge(
    shape: tuple[int, int], ys: list[float], xs: list[float], seed: int
) -> None:
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    wanted = [[plain_bilinear(values, y, x) for x in xs] for y in ys]
    np.testing.assert_allclose(resample(values, np.array(ys), np.array(xs)), wanted, atol=1e-5)


@given(st.lists(st.floats(-5, 20), min_size=1, max_size=8), st.integers(1, 12))
def test_weights_are_shares(positions: list[float], count: int) -> None:
    matrix = interpolation_matrix(np.array(positions), count)
    assert matrix.shape == (len(positions), count)
    assert (matrix >= 0).all()
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-6)


def test_a_samples_centre_is_the_sample_alone() -> None:
    assert interpolation_matrix(np.array([0.5, 1.5, 2.5]), 3).tolist() == np.eye(3).tolist()


def test_before_the_first_and_after_the_last_centre_nothing_changes() -> None:
    matrix = interpolation_matrix(np.array([-4, 0, 0.5, 2.5, 3, 9]), 3)
    assert matrix.tolist() == [[1, 0, 0]] * 3 + [[0, 0, 1]] * 3


def test_half_way_is_half_of_both() -> None:
    assert interpolation_matrix(np.array([2.0]), 3).tolist() == [[0, 0.5, 0.5]]


def test_pixel_centres_are_halves() -> None:
    assert pixel_centres(3, 6).tolist() == [3.5, 4.5, 5.5]


def test_an_odd_rest_goes_right_and_below() -> None:
    letterbox = Letterbox.fit((100, 99), (64, 96))
    assert letterbox.resized == (64, 63)
    assert (letterbox.left, letterbox.top) == (0, 16)
    assert 96 - 63 - letterbox.top == 17


def test_a_frame_of_the_inputs_size_is_left_alone() -> None:
    assert Letterbox.fit((64, 32), (64, 32)) == Letterbox((64, 32), (64, 32), (64, 32), 0, 0)


def test_a_small_frame_is_enlarged() -> None:
    assert Letterbox.fit((4, 2), (64, 64)) == Letterbox((4, 2), (64, 64), (64, 32), 0, 16)


@given(sizes, input_sizes)
def test_the_picture_fits_touches_two_sides_and_lies_in_the_middle(
    frame_size: tuple[int, int], input_size: tuple[int, int]
) -> None:
    letterbox = Letterbox.fit(frame_size, input_size)
    rest = [whole - part for whole, part in zip(input_size, letterbox.resized, strict=True)]
    assert min(rest) == 0
    assert min(letterbox.resized) >= 1
    assert rest[0] - 2 * letterbox.left in {0, 1}
    assert rest[1] - 2 * letterbox.top in {0, 1}


@given(sizes, input_sizes)
def test_aspect_is_kept_to_the_rounding_of_a_pixel(
    frame_size: tuple[int, int], input_size: tuple[int, int]
) -> None:
    letterbox = Letterbox.fit(frame_size, input_size)
    ratio = min(input_size[0] / frame_size[0], input_size[1] / frame_size[1])
    for i in range(2):
        assert abs(letterbox.resized[i] - max(1, frame_size[i] * ratio)) <= 0.5 + 1e-6


@given(sizes, input_sizes, st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_to_the_input_and_back_is_where_it_was(
    frame_size: tuple[int, int], input_size: tuple[int, int], shares: list[float]
) -> None:
    letterbox = Letterbox.fit(frame_size, input_size)
    frame_box = np.array([shares]) * [*frame_size, *frame_size]
    there = np.empty((1, 4))
    there[:, ::2] = letterbox.to_input_x(frame_box[:, ::2])
    there[:, 1::2] = letterbox.to_input_y(frame_box[:, 1::2])
    back = letterbox.to_frame(there.astype(np.float32))
    # Input coordinates are float32: an error of 1e-4 input pixels.
    np.testing.assert_allclose(back, frame_box, atol=1e-4 * max(1, 1 / min(letterbox.scale)))


@given(sizes, input_sizes)
def test_the_frames_corners_are_the_pictures_corners(
    frame_size: tuple[int, int], input_size: tuple[int, int]
) -> None:
    letterbox = Letterbox.fit(frame_size, input_size)
    x = letterbox.to_input_x(np.array([0.0, frame_size[0]]))
    y = letterbox.to_input_y(np.array([0.0, frame_size[1]]))
    left, top = letterbox.left, letterbox.top
    np.testing.assert_allclose(x, [left, left + letterbox.resized[0]], atol=1e-9)
    np.testing.assert_allclose(y, [top, top + letterbox.resized[1]], atol=1e-9)


def test_boxes_outside_of_the_picture_are_not_cut() -> None:
    letterbox = Letterbox.fit((128, 64), (64, 64))
    boxes = letterbox.to_frame(np.array([[-2, 0, 70, 64]], np.float32))
    assert boxes.tolist() == [[-4, -32, 140, 96]]
