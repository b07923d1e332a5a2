"""The synthetic scene: its truth is what can be seen in its picture, at any time."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livesegment.instances import Instances
from livesegment.sources.synthetic import SHAPES, Scene, SyntheticSource

SCENE = Scene()
times = st.floats(0, 1e5)


def _everywhere(truth: Instances, row: int) -> np.ndarray:
    """A mask in the whole picture."""
    mask = np.zeros((SCENE.size[1], SCENE.size[0]), bool)
    x1, y1, x2, y2 = truth.regions[row]
    mask[y1:y2, x1:x2] = truth.masks[row]
    return mask


@settings(max_examples=40)
@given(times)
def test_each_pixel_of_a_mask_has_the_colour_of_its_shape(seconds: float) -> None:
    picture, truth = SCENE.picture(seconds), SCENE.truth(seconds)
    assert truth.track_ids is not None
    for row, number in enumerate(truth.track_ids.tolist()):
        colour = SHAPES[number - 1].colour
        assert (picture[_everywhere(truth, row)] == colour).all()


@settings(max_examples=40)
@given(times)
def test_each_pixel_of_a_shape_belongs_to_a_mask(seconds: float) -> None:
    picture, truth = SCENE.picture(seconds), SCENE.truth(seconds)
    masks = [_everywhere(truth, row) for row in range(len(truth))]
    background = Scene(shapes=()).picture(0)
    assert np.array_equal((picture != background).any(2) & ~np.any(masks, axis=0), _none())


def _none() -> np.ndarray:
    return np.zeros((SCENE.size[1], SCENE.size[0]), bool)


@settings(max_examples=40)
@given(times)
def test_masks_do_not_overlap_and_fill_their_boxes(seconds: float) -> None:
    truth = SCENE.truth(seconds)
    masks = [_everywhere(truth, row) for row in range(len(truth))]
    assert np.sum(masks, axis=0).max() <= 1
    for mask in truth.masks:
        assert mask[0].any()
        assert mask[-1].any()
        assert mask[:, 0].any()
        assert mask[:, -1].any()


@given(times)
def test_the_scene_is_the_same_at_the_same_time(seconds: float) -> None:
    other = Scene()
    assert np.array_equal(SCENE.picture(seconds), other.picture(seconds))
    assert np.array_equal(SCENE.truth(seconds).boxes, other.truth(seconds).boxes)


def test_the_scene_moves() -> None:
    assert not np.array_equal(SCENE.picture(0), SCENE.picture(0.1))


def test_all_classes_are_there_at_the_start() -> None:
    assert set(SCENE.truth(0).class_ids.tolist()) == {0, 1, 2}


@pytest.mark.parametrize("size", [(1, 1), (63, 47), (1920, 1080)])
def test_a_scene_has_any_size(size: tuple[int, int]) -> None:
    scene = Scene(size)
    assert scene.picture(1.0).shape == (size[1], size[0], 3)
    assert len(scene.truth(1.0)) <= len(SHAPES)


def test_frames_are_the_scene_at_the_rate_asked_for() -> None:
    source = SyntheticSource(fps=10)
    assert source.open().fps == 10
    frames = list(itertools.islice(iter(source.read, None), 3))
    assert [frame.pts for frame in frames] == [0, 0.1, 0.2]
    assert all(np.array_equal(frame.image, SCENE.picture(frame.pts)) for frame in frames)
