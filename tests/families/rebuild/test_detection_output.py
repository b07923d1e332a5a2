"""The choice among boxes, against slow and plain ways of making it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livesegment.families.rebuild.detection_output import (
    CHUNK,
    DetectionOutput,
    Priors,
    best,
    decode,
    suppress,
)
from livesegment.geometry import non_maximum_suppression

Floats = NDArray[np.float32]
CHOICE = DetectionOutput(
    classes=3,
    background=0,
    shared=False,
    encoded=True,
    least_score=0.3,
    overlap=0.5,
    candidates=-1,
    rows=4,
    clip=True,
)


def boxes(count: int, seed: int) -> Floats:
    random = np.random.default_rng(seed)
    low = random.random((count, 2))
    return np.concatenate((low, low + random.random((count, 2)) * 0.4), axis=1).astype(np.float32)


@given(st.integers(0, 3 * CHUNK), st.integers(0, 9999), st.integers(1, 60) | st.none())
def test_suppression_is_the_greedy_one(count: int, seed: int, limit: int | None) -> None:
    found = boxes(count, seed)
    scores = np.arange(count, 0, -1, dtype=np.float32)
    wanted = non_maximum_suppression(
        found, scores, np.zeros(count, np.intp), 0.5, limit=limit or count
    )
    assert suppress(found, 0.5, limit).tolist() == wanted.tolist()


@given(
    st.lists(st.sampled_from([0.1, 0.3, 0.5, 0.5, 0.9, 1.0]), max_size=40),
    st.integers(1, 12) | st.just(-1),
)
def test_the_best_come_first_and_equals_in_their_order(values: list[float], most: int) -> None:
    scores = np.array(values, np.float32)
    passing = [i for i in range(len(values)) if scores[i] > np.float32(0.3)]
    wanted = sorted(passing, key=lambda i: -scores[i])[: most if most > 0 else None]
    assert best(scores, 0.3, most).tolist() == wanted


def test_a_box_that_is_told_nothing_stays() -> None:
    found = boxes(5, 0)
    np.testing.assert_allclose(decode(np.zeros((5, 4), np.float32), found), found, atol=1e-6)


def test_a_box_moves_in_its_own_widths_and_grows_by_a_power() -> None:
    box = np.array([[0.2, 0.4, 0.4, 0.8]], np.float32)
    encodings = np.array([[0.5, -0.25, np.log(2), np.log(0.5)]], np.float32)
    np.testing.assert_allclose(decode(encodings, box), [[0.2, 0.4, 0.6, 0.6]], atol=1e-6)


def test_an_encoding_that_is_out_of_all_bounds_gives_no_infinity() -> None:
    found = decode(np.full((1, 4), 1e4, np.float32), boxes(1, 0))
    assert np.isfinite(found).all()


def test_detections_are_the_best_of_all_classes_with_empty_rows_behind() -> None:
    places = np.array([[0.1, 0.1, 0.4, 0.4], [0.6, 0.6, 0.9, 0.9]], np.float32)
    scores = np.array([[0.9, 0.05, 0.8], [0.0, 0.6, 0.2]], np.float32)
    rows = CHOICE.detections(np.zeros(24, np.float32), scores.ravel(), places)[0, 0]
    np.testing.assert_allclose(
        rows[:2], [[0, 2, 0.8, *places[0]], [0, 1, 0.6, *places[1]]], atol=1e-6
    )
    assert not rows[2:].any()


def test_boxes_of_different_classes_do_not_suppress_each_other() -> None:
    places = np.array([[0.1, 0.1, 0.4, 0.4]] * 2, np.float32)
    scores = np.array([[0, 0.9, 0.7], [0, 0.8, 0.6]], np.float32)
    rows = CHOICE.detections(np.zeros(24, np.float32), scores.ravel(), places)[0, 0]
    assert rows[:3, 1].tolist() == [1, 2, 0]


def test_no_more_rows_than_wanted() -> None:
    places = boxes(50, 1)
    scores = np.random.default_rng(0).random((50, 3)).astype(np.float32)
    every = CHOICE.detections(np.zeros(600, np.float32), scores.ravel(), places)
    few = CHOICE.keeping(2).detections(np.zeros(600, np.float32), scores.ravel(), places)
    assert every.shape == (1, 1, 4, 7)
    np.testing.assert_array_equal(few, every[:, :, :2])
    assert CHOICE.keeping(99) == CHOICE


def test_boxes_end_with_the_picture() -> None:
    encodings = np.tile(np.array([0, 0, 5, 5], np.float32), 3)
    place = np.array([[0.4, 0.4, 0.6, 0.6]], np.float32)
    rows = CHOICE.detections(encodings, np.array([0, 0.9, 0], np.float32), place)
    assert rows[0, 0, 0, 3:].tolist() == [0, 0, 1, 1]


def test_tensors_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(ValueError, match="20 encodings and 6 scores for 2 boxes"):
        CHOICE.detections(np.zeros(20, np.float32), np.zeros(6, np.float32), boxes(2, 0))


def test_priors_lie_at_every_cell() -> None:
    priors = Priors((20.0, 10.0), (10.0, 40.0), 16.0, 0.5, (1, 1, 1, 1), clip=False)
    found = priors.boxes((2, 3), (32, 50)).reshape(2, 3, 2, 4)
    np.testing.assert_allclose(
        found[1, 2, 0], np.array([30, 19, 50, 29]) / [50, 32, 50, 32], atol=1e-6
    )
    np.testing.assert_allclose(
        found[0, 0, 1], np.array([3, -12, 13, 28]) / [50, 32, 50, 32], atol=1e-6
    )


def test_priors_without_a_step_share_the_picture() -> None:
    priors = Priors((10.0,), (10.0,), 0.0, 0.0, (1, 1, 1, 1), clip=True)
    found = priors.boxes((2, 4), (100, 100)).reshape(2, 4, 4)
    np.testing.assert_allclose(found[1, 1], [0.2, 0.45, 0.3, 0.55], atol=1e-6)
    np.testing.assert_allclose(found[0, 0], [0, 0, 0.05, 0.05], atol=1e-6)
