"""Exact masks stay as they are, and their objects keep their numbers."""

from dataclasses import replace

import numpy as np

from livesegment.carrying.exact import ExactCarrier
from livesegment.frame import Frame
from livesegment.instances import Instances, Segmentation
from livesegment.sources.synthetic import FPS, Scene


def shown(carrier: ExactCarrier, index: int, found: Instances, scene: Scene) -> Instances:
    """What the carrier makes of a frame and its own result, which names nobody."""
    found = replace(found, track_ids=None)
    frame = Frame(scene.picture(index / FPS), index, 1000 + 5.0 * index, index / FPS)
    carrier.correct(Segmentation(found, index, frame.captured_at, frame.size))
    return carrier.advance(frame)


def test_masks_are_the_results_own() -> None:
    scene, carrier = Scene(), ExactCarrier()
    found = scene.truth(1.0)
    instances = shown(carrier, 30, found, scene)
    assert instances.boxes is found.boxes
    assert instances.masks is found.masks


def test_a_number_comes_with_the_second_result_and_stays() -> None:
    """Five shapes that hide each other now and then, seen by a perfect segmenter."""
    scene, carrier = Scene(), ExactCarrier()
    numbers: dict[int, set[int]] = {}
    for index in range(300):
        truth = scene.truth(index / FPS)
        instances = shown(carrier, index, truth, scene)
        assert instances.track_ids is not None
        if index == 0:
            assert not instances.track_ids.any()
            continue
        assert truth.track_ids is not None
        for real, number in zip(truth.track_ids.tolist(), instances.track_ids, strict=True):
            numbers.setdefault(real, set()).add(int(number))
    assert all(len(given - {0}) == 1 for given in numbers.values())
    assert len(set.union(*numbers.values()) - {0}) == 5


def test_an_object_that_one_result_misses_keeps_its_number() -> None:
    scene, carrier = Scene(), ExactCarrier()
    for index in range(3):
        before = shown(carrier, index, scene.truth(index / FPS), scene)
    for index in range(3, 6):
        shown(carrier, index, Instances.empty(), scene)
    after = shown(carrier, 6, scene.truth(6 / FPS), scene)
    assert before.track_ids is not None
    assert after.track_ids is not None
    np.testing.assert_array_equal(before.track_ids, after.track_ids)


def test_a_frame_without_its_result_shows_nothing() -> None:
    carrier = ExactCarrier()
    assert len(carrier.advance(Frame(Scene().picture(0.0), 0, 0.0, 0.0))) == 0


def test_a_frame_that_differs_in_nothing_shows_the_result_before_it() -> None:
    """And one result is one sight of an object, in however many frames it is shown."""
    scene, carrier = Scene(), ExactCarrier()
    first = shown(carrier, 0, scene.truth(0.0), scene)
    for index in range(1, 5):
        assert carrier.advance(Frame(scene.picture(0.0), index, 0.0, index / FPS)) is first
    assert carrier.key is not None
    assert carrier.key.frame_index == 0
    assert first.track_ids is not None
    assert not first.track_ids.any()


def test_a_frame_of_another_size_shows_nothing_of_the_result_before_it() -> None:
    carrier = ExactCarrier()
    shown(carrier, 0, Scene().truth(0.0), Scene())
    assert len(carrier.advance(Frame(Scene((320, 180)).picture(0.0), 1, 0.0, 1 / FPS))) == 0


def test_who_comes_with_an_identity_keeps_it() -> None:
    """A recording knows already who is who."""
    scene, carrier = Scene(), ExactCarrier()
    for index in range(3):
        truth = scene.truth(index / FPS)
        known = replace(truth, track_ids=np.arange(len(truth), dtype=np.int32) * 11)
        frame = Frame(scene.picture(index / FPS), index, 1000.0 + index, index / FPS)
        carrier.correct(Segmentation(known, index, frame.captured_at, frame.size))
        assert carrier.advance(frame) is known
