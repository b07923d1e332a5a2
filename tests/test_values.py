"""Frames and instances: checked once, when they are made."""

from typing import Any

import numpy as np
import pytest

from livesegment.frame import Frame
from livesegment.instances import Instances, Segmentation


def three(*, tracked: bool = False) -> Instances:
    return Instances.from_rows(
        np.array([[0, 0, 2, 3], [1.5, 1.5, 4.5, 2.5], [7, 8, 8, 9]]),
        [0.9, 0.8, 0.7],
        [5, 1, 5],
        [np.ones((3, 2), np.bool_), np.zeros((2, 4), np.bool_), np.ones((1, 1), np.bool_)],
        [11, 12, 13] if tracked else None,
    )


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((4, 6), np.uint8),
        ((4, 6, 1), np.uint8),
        ((4, 6, 4), np.uint8),
        ((1, 4, 6, 3), np.uint8),
        ((4, 6, 3), np.float32),
        ((4, 6, 3), np.int8),
        ((0, 6, 3), np.uint8),
        ((4, 0, 3), np.uint8),
    ],
)
def test_a_frame_refuses_what_is_no_colour_picture(shape: tuple[int, ...], dtype: Any) -> None:
    """The message gives the shape that came."""
    with pytest.raises(ValueError, match=r"must be \(h, w, 3\) uint8") as caught:
        Frame(np.zeros(shape, dtype), 0, 0.0, 0.0)
    assert str(shape) in str(caught.value)


def test_a_frame_cannot_be_drawn_on() -> None:
    frame = Frame(np.zeros((4, 6, 3), np.uint8), 0, 0.0, 0.0)
    with pytest.raises(ValueError, match="read-only"):
        frame.image[0, 0] = 1


def test_a_frame_says_width_before_height() -> None:
    frame = Frame(np.zeros((4, 6, 3), np.uint8), 7, 0.0, 1.5)
    assert frame.size == (6, 4)
    assert repr(frame) == "Frame(index=7, size=6x4, pts=1.500)"


def test_instances_count_their_rows() -> None:
    assert len(three()) == 3
    assert len(Instances.empty()) == 0


def test_columns_have_the_types_that_are_promised() -> None:
    found = three(tracked=True)
    assert found.boxes.dtype == np.float32
    assert found.scores.dtype == np.float32
    assert found.class_ids.dtype == np.int32
    assert found.track_ids is not None
    assert found.track_ids.dtype == np.int32


def test_regions_are_all_pixels_that_a_box_touches() -> None:
    assert three().regions.tolist() == [[0, 0, 2, 3], [1, 1, 5, 3], [7, 8, 8, 9]]


def test_no_instances_have_regions_too() -> None:
    assert Instances.empty().regions.shape == (0, 4)


@pytest.mark.parametrize("column", ["scores", "class_ids", "masks", "track_ids"])
def test_a_column_of_another_length_is_refused(column: str) -> None:
    rows: dict[str, Any] = {
        "boxes": [[0, 0, 1, 1], [0, 0, 1, 1]],
        "scores": [1, 1],
        "class_ids": [0, 0],
        "masks": [np.ones((1, 1), np.bool_)] * 2,
        "track_ids": [1, 2],
    }
    rows[column] = rows[column][:1]
    with pytest.raises(ValueError, match=column):
        Instances.from_rows(**rows)


@pytest.mark.parametrize("column", ["scores", "class_ids", "track_ids"])
def test_a_column_with_two_sides_is_refused(column: str) -> None:
    """A network's (n, 1) output would otherwise come out as a list of lists much later."""
    rows: dict[str, Any] = {
        "boxes": [[0, 0, 1, 1]],
        "scores": [1],
        "class_ids": [0],
        "masks": [np.ones((1, 1), np.bool_)],
        "track_ids": [1],
    }
    rows[column] = [rows[column]]
    with pytest.raises(ValueError, match=rf"{column} must be \(n,\), got \(1, 1\)"):
        Instances.from_rows(**rows)


def test_boxes_of_two_numbers_are_refused() -> None:
    """Two halves do not make a whole box."""
    with pytest.raises(ValueError, match=r"boxes must be \(n, 4\), got \(2, 2\)"):
        Instances.from_rows([[0, 0], [1, 1]], [1], [0], [np.ones((1, 1), np.bool_)])


@pytest.mark.parametrize(
    "mask",
    [
        np.ones((3, 2), np.uint8),
        np.ones((2, 3), np.bool_),
        np.ones((3, 3), np.bool_),
        np.ones((10, 10), np.bool_),
        np.ones((3, 2, 1), np.bool_),
    ],
)
def test_a_mask_that_does_not_cover_its_box_is_refused(mask: Any) -> None:
    with pytest.raises(ValueError, match=r"must be bool and cover box \(0, 0, 2, 3\)"):
        Instances.from_rows([[0, 0, 2, 3]], [1], [0], [mask])


@pytest.mark.parametrize(
    "rows", [np.array([True, False, True]), np.array([0, 2])], ids=["mask", "index"]
)
def test_take_keeps_each_row_together(rows: Any) -> None:
    taken = three(tracked=True).take(rows)
    assert taken.boxes.tolist() == [[0, 0, 2, 3], [7, 8, 8, 9]]
    np.testing.assert_allclose(taken.scores, [0.9, 0.7])
    assert taken.class_ids.tolist() == [5, 5]
    assert [mask.shape for mask in taken.masks] == [(3, 2), (1, 1)]
    assert taken.track_ids is not None
    assert taken.track_ids.tolist() == [11, 13]


def test_take_gives_rows_in_the_order_asked_for() -> None:
    taken = three().take(np.array([2, 0]))
    np.testing.assert_allclose(taken.scores, [0.7, 0.9])
    assert [mask.shape for mask in taken.masks] == [(1, 1), (3, 2)]


def test_take_of_nothing_is_empty() -> None:
    assert len(three().take(np.zeros(3, np.bool_))) == 0


def test_untracked_stays_untracked() -> None:
    assert three().take(np.array([0])).track_ids is None


def test_a_segmentation_starts_without_timings() -> None:
    assert Segmentation(Instances.empty(), 3, 1.0, (6, 4)).timings == {}
