"""Motion: a square that slides over a still picture, and nothing else."""

import numpy as np
import pytest
from numpy.typing import NDArray

from livesegment.families.base import Thresholds
from livesegment.frame import Frame, Image
from livesegment.geometry import pixel_regions
from livesegment.instances import Instances
from livesegment.segmenters.motion import LEARNING_FRAMES, MotionSegmenter, moving_parts

pytestmark = pytest.mark.wheel

SIZE = (320, 240)
LEARNT = 60
"""Frames after which the background forgets slowly enough not to take in what moves."""
SQUARE = 50


def background(size: tuple[int, int] = SIZE) -> Image:
    """A still picture with a little grain."""
    grain = np.random.default_rng(3).normal(120, 6, (size[1], size[0], 3))
    return grain.clip(0, 255).astype(np.uint8)


def frame(index: int, square_at: tuple[int, int] | None, size: tuple[int, int] = SIZE) -> Frame:
    image = background(size)
    if square_at is not None:
        x, y = square_at
        image[y : y + SQUARE, x : x + SQUARE] = (20, 30, 240)
    return Frame(image, index, index / 30, index / 30)


def learnt(size: tuple[int, int] = SIZE) -> MotionSegmenter:
    """A segmenter that has seen the still picture long enough."""
    segmenter = MotionSegmenter(Thresholds())
    for index in range(LEARNT):
        segmenter.segment(frame(index, None, size))
    return segmenter


def foreground(*boxes: tuple[int, int, int, int], value: int = 255) -> NDArray[np.uint8]:
    """As MOG2 gives it, for a picture of 120x90 pixels."""
    picture = np.zeros((90, 120), np.uint8)
    for x1, y1, x2, y2 in boxes:
        picture[y1:y2, x1:x2] = value
    return picture


def frame_mask(found: Instances, i: int, size: tuple[int, int]) -> NDArray[np.bool_]:
    mask = np.zeros((size[1], size[0]), np.bool_)
    x1, y1, x2, y2 = found.regions[i].tolist()
    mask[y1:y2, x1:x2] = found.masks[i]
    return mask


@pytest.mark.parametrize("size", [SIZE, (960, 540), (161, 333)])
def test_what_moves_is_found_where_it_is(size: tuple[int, int]) -> None:
    """Frames smaller and larger than what they are compared at."""
    segmenter = learnt(size)
    for step in range(5):
        x, y = 40 + 9 * step, 60 + 5 * step
        found = segmenter.segment(frame(LEARNT + step, (x, y), size)).instances
        truth = np.zeros((size[1], size[0]), np.bool_)
        truth[y : y + SQUARE, x : x + SQUARE] = True
        assert len(found) == 1
        mask = frame_mask(found, 0, size)
        assert np.count_nonzero(mask & truth) / np.count_nonzero(mask | truth) > 0.85
        assert found.scores[0] > 0.9
        assert found.class_ids.tolist() == [0]


def test_in_a_still_picture_nothing_is_found() -> None:
    segmenter = learnt()
    counts = [len(segmenter.segment(frame(LEARNT + i, None)).instances) for i in range(5)]
    assert counts == [0] * 5


def test_before_the_background_is_known_nothing_is_found() -> None:
    segmenter = MotionSegmenter(Thresholds())
    for index in range(LEARNING_FRAMES):
        assert len(segmenter.segment(frame(index, (10 * index, 60))).instances) == 0


def test_after_another_size_the_background_is_learnt_again() -> None:
    segmenter = learnt()
    larger = (400, 240)
    for index in range(LEARNING_FRAMES):
        assert len(segmenter.segment(frame(index, (10 * index, 60), larger)).instances) == 0
    for index in range(30):
        segmenter.segment(frame(50 + index, None, larger))
    assert len(segmenter.segment(frame(90, (200, 100), larger)).instances) == 1


def test_a_segmentation_says_which_frame_it_is_of() -> None:
    found = MotionSegmenter(Thresholds()).segment(frame(60, None))
    assert (found.frame_index, found.captured_at, found.size) == (60, 2.0, SIZE)
    assert list(found.timings) == ["infer", "decode"]


def test_it_runs_on_the_cpu_and_needs_no_warming_up() -> None:
    segmenter = MotionSegmenter(Thresholds(), ("mover",))
    segmenter.warm_up()
    assert segmenter.describe().endswith("on cpu")
    assert segmenter.labels == ("mover",)


@pytest.mark.parametrize("size", [(1, 1), (1, 200), (200, 1), (3, 2)])
def test_frames_of_a_few_pixels_are_taken(size: tuple[int, int]) -> None:
    segmenter = MotionSegmenter(Thresholds())
    for index in range(LEARNING_FRAMES + 2):
        image = np.full((size[1], size[0], 3), 255 * (index % 2), np.uint8)
        found = segmenter.segment(Frame(image, index, 0.0, 0.0)).instances
        assert (found.boxes >= 0).all()
        assert (found.boxes <= np.array([*size, *size])).all()


def test_each_connected_part_is_an_instance_largest_first() -> None:
    picture = foreground((10, 10, 20, 20), (40, 40, 80, 70), (90, 5, 110, 20))
    found = moving_parts(picture, (120, 90), Thresholds())
    assert found.boxes.tolist() == [[40, 40, 80, 70], [90, 5, 110, 20], [10, 10, 20, 20]]


def test_a_part_inside_of_anothers_box_is_not_in_its_mask() -> None:
    picture = foreground((20, 20, 30, 80), (20, 70, 90, 80), (50, 25, 70, 45))
    found = moving_parts(picture, (120, 90), Thresholds())
    assert found.boxes.tolist() == [[20, 20, 90, 80], [50, 25, 70, 45]]
    assert not found.masks[0][:40, 15:].any()
    assert found.masks[1].mean() > 0.95


def test_boxes_and_masks_are_in_frame_pixels() -> None:
    found = moving_parts(foreground((40, 30, 80, 60)), (240, 180), Thresholds())
    assert found.boxes.tolist() == [[80, 60, 160, 120]]
    assert found.masks[0].shape == (60, 80)
    assert found.masks[0].mean() > 0.98


def test_a_part_at_the_corner_stays_in_the_frame() -> None:
    found = moving_parts(foreground((100, 70, 120, 90)), (121, 89), Thresholds())
    assert found.boxes[0, 2:].tolist() == [121, 89]
    assert pixel_regions(found.boxes).max() <= 121


def test_shadows_do_not_move() -> None:
    picture = foreground((40, 40, 80, 70), value=127)
    assert len(moving_parts(picture, (120, 90), Thresholds())) == 0


def test_specks_are_noise() -> None:
    """Less than 1/1500 of the picture, 7 pixels here; of 3x3 pixels 5 are left by smoothing."""
    picture = foreground((10, 10, 11, 11), (30, 30, 32, 32), (50, 50, 53, 53))
    assert len(moving_parts(picture, (120, 90), Thresholds())) == 0


def test_no_more_than_the_limit_are_found() -> None:
    picture = foreground((10, 10, 20, 20), (40, 40, 80, 70), (90, 5, 110, 20))
    found = moving_parts(picture, (120, 90), Thresholds(max_instances=2))
    assert found.boxes[:, 0].tolist() == [40, 90]


def test_a_class_that_is_not_asked_for_is_not_found() -> None:
    found = moving_parts(
        foreground((40, 30, 80, 60)), (120, 90), Thresholds(class_ids=frozenset({1}))
    )
    assert len(found) == 0


def test_the_score_is_the_share_of_the_box_that_moves() -> None:
    picture = foreground((20, 20, 60, 40), (20, 40, 40, 60))
    found = moving_parts(picture, (120, 90), Thresholds())
    np.testing.assert_allclose(found.scores, [0.75], atol=0.03)
