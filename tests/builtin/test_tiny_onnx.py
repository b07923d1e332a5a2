"""The network that engines are tried with."""

import numpy as np

from livesegment.builtin import tiny_onnx
from livesegment.families.onnx_header import OnnxHeader


def test_its_header_says_what_goes_in_and_comes_out() -> None:
    header = OnnxHeader.parse(tiny_onnx.build())
    assert header.inputs == {tiny_onnx.INPUT: (1, 3, 64, 64)}
    assert header.outputs == {tiny_onnx.OUTPUT: (1, 4, 64, 64)}


def test_it_is_the_same_at_each_call() -> None:
    assert tiny_onnx.build() == tiny_onnx.build()


def test_its_answer_depends_on_every_part_of_the_picture() -> None:
    picture = tiny_onnx.picture()
    before = tiny_onnx.answer(picture)
    for channel, y, x in ((0, 0, 0), (1, 30, 40), (2, 63, 63)):
        changed = picture.copy()
        changed[0, channel, y, x] += 1
        assert np.abs(tiny_onnx.answer(changed) - before).max() > 1e-3


def test_its_answers_are_neither_all_alike_nor_saturated() -> None:
    answer = tiny_onnx.answer(tiny_onnx.picture())
    assert answer.shape == (1, 4, 64, 64)
    assert answer.std() > 0.01
    assert 0.01 < answer.min() < answer.max() < 0.99
