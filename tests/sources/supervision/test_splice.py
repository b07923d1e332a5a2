"""The frames of one connection after another, made one stream."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.frame import Frame
from livesegment.sources.supervision.splice import Splice
from tests.fakes import frame, image


def _frame(index: int, captured_at: float, pts: float) -> Frame:
    return Frame(image(), index, captured_at, pts)


def test_the_first_frame_is_number_0_at_second_0() -> None:
    placed = Splice().add(_frame(17, 100.0, 5.0))
    assert (placed.index, placed.pts, placed.captured_at, placed.epoch) == (0, 0.0, 100.0, 0)


def test_within_a_connection_it_goes_by_that_connection() -> None:
    splice = Splice()
    splice.add(_frame(3, 100.0, 5.0))
    placed = splice.add(_frame(5, 100.1, 5.08))
    assert placed.index == 2
    assert placed.pts == pytest.approx(0.08)


def test_from_one_connection_to_the_next_it_goes_by_the_time_of_arrival() -> None:
    splice = Splice()
    splice.add(_frame(0, 100.0, 0.0))
    splice.add(_frame(1, 100.04, 0.04))
    splice.connect()
    placed = splice.add(_frame(0, 107.5, 0.0))
    assert (placed.index, placed.epoch) == (2, 1)
    assert placed.pts == pytest.approx(7.5)
    assert splice.add(_frame(1, 107.54, 0.04)).pts == pytest.approx(7.54)


def test_a_connection_without_a_frame_is_no_epoch() -> None:
    splice = Splice()
    splice.connect()
    splice.add(frame(0))
    splice.connect()
    splice.connect()
    assert splice.add(frame(0)).epoch == 1


def test_what_else_a_frame_says_stays() -> None:
    given_frame = replace(frame(0, at=1.0), late=0.25)
    placed = Splice().add(given_frame)
    assert placed.late == 0.25
    assert placed.image is given_frame.image


numbers = st.integers(-5, 1000)
times = st.floats(-100, 1e5, allow_nan=False)
scripts = st.lists(st.tuples(numbers, times, times, st.booleans()), min_size=1, max_size=30)


@given(scripts)
def test_numbers_and_times_only_grow_whatever_comes(
    script: list[tuple[int, float, float, bool]],
) -> None:
    splice, placed = Splice(), []
    for index, captured_at, pts, reconnect in script:
        if reconnect:
            splice.connect()
        placed.append(splice.add(_frame(index, captured_at, pts)))
    assert (placed[0].index, placed[0].pts, placed[0].epoch) == (0, 0.0, 0)
    for before, after in itertools.pairwise(placed):
        assert before.index < after.index
        assert before.pts < after.pts
        assert before.captured_at <= after.captured_at
        assert before.epoch <= after.epoch <= before.epoch + 1
