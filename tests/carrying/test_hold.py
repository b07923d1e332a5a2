"""Masks held where they were last inferred."""

import numpy as np

from livesegment.carrying.hold import HoldCarrier
from livesegment.frame import Frame
from livesegment.instances import Instances, Segmentation


def frame(index: int, size: tuple[int, int] = (8, 6)) -> Frame:
    return Frame(np.zeros((size[1], size[0], 3), np.uint8), index, index / 30, index / 30)


def result(index: int, size: tuple[int, int] = (8, 6)) -> Segmentation:
    found = Instances.from_rows([[1, 1, 3, 2]], [0.9], [index], [np.ones((1, 2), np.bool_)])
    return Segmentation(found, index, index / 30, size)


def test_before_the_first_result_there_is_nothing() -> None:
    carrier = HoldCarrier()
    assert len(carrier.advance(frame(0))) == 0
    assert carrier.key is None


def test_the_newest_result_is_shown_as_it_is() -> None:
    carrier = HoldCarrier()
    first, second = result(0), result(4)
    carrier.correct(first)
    assert carrier.advance(frame(3)) is first.instances
    assert carrier.advance(frame(4)) is first.instances
    carrier.expect(5)
    carrier.correct(second)
    assert carrier.advance(frame(5)) is second.instances
    assert carrier.key is second


def test_masks_of_a_picture_of_another_size_are_not_shown() -> None:
    carrier = HoldCarrier()
    carrier.correct(result(0, (16, 12)))
    assert len(carrier.advance(frame(1))) == 0
    assert carrier.key is None


def test_the_next_result_of_the_new_size_is_shown() -> None:
    carrier = HoldCarrier()
    carrier.correct(result(0, (16, 12)))
    carrier.advance(frame(1))
    carrier.correct(result(2))
    assert len(carrier.advance(frame(3))) == 1
