"""A second of life is a second of film, however the frames come."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.codecs.constant_rate import ConstantRate

film_rates = st.sampled_from([25.0, 30.0])


@st.composite
def arrivals(draw: st.DrawFn) -> list[float]:
    """Times of a camera's frames: a rate, jitter around it, a few stalls of 5 seconds."""
    rate = draw(st.sampled_from([3, 15, 30, 60]))
    count = draw(st.integers(1, 400))
    jitter = draw(st.floats(0, 0.45)) / rate
    stalls = draw(st.sets(st.integers(1, 400), max_size=3))
    chance = random.Random(draw(st.integers(0, 2**32)))  # noqa: S311 -- no secret
    start = draw(st.floats(0, 1e6))
    late = itertools.accumulate(5.0 * (i in stalls) for i in range(count))
    return sorted(
        start + i / rate + pause + chance.uniform(-jitter, jitter)
        for i, pause in zip(range(count), late, strict=True)
    )


@given(arrivals(), film_rates, st.floats(1 / 25, 3))
def test_a_film_is_as_long_as_life(times: list[float], fps: float, rest: float) -> None:
    rate = ConstantRate(fps)
    pictures = sum(rate.advance(time) for time in times)
    pictures += rate.finish(times[-1] + rest)
    life = times[-1] + rest - times[0]
    assert abs(pictures / fps - life) <= 1 / fps + 1e-6


@given(arrivals(), film_rates)
def test_every_picture_stands_within_a_slot_of_its_time(times: list[float], fps: float) -> None:
    rate = ConstantRate(fps)
    place = 0
    for time in times:
        place += rate.advance(time)
        assert abs(place / fps - (time - times[0])) <= 1 / fps + 1e-6


@given(st.lists(st.floats(-1e4, 1e4), max_size=50), film_rates)
def test_no_picture_is_wanted_less_than_never(times: list[float], fps: float) -> None:
    rate = ConstantRate(fps)
    assert all(rate.advance(time) >= 0 for time in times)
    assert rate.finish() >= (1 if times else 0)


@given(
    st.sampled_from([1.0, 12.5, 23.976, 24.0, 25.0, 29.97, 30.0, 59.94, 60.0, 240.0]),
    st.floats(-1e3, 1e3),
)
def test_a_film_at_its_own_rate_is_copied_picture_for_picture(fps: float, start: float) -> None:
    rate = ConstantRate(fps)
    assert rate.advance(start) == 0
    assert {rate.advance(start + i / fps) for i in range(1, 2000)} == {1}
    assert rate.finish() == 1


@given(st.integers(0, 2**32))
def test_jitter_neither_repeats_nor_drops(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 -- no secret
    times = [i / 30 + chance.uniform(-0.4, 0.4) / 30 for i in range(1000)]
    rate = ConstantRate(30)
    assert [rate.advance(time) for time in times] == [0] + [1] * 999


def test_a_film_of_nothing_is_empty() -> None:
    assert ConstantRate(25).finish() == 0
    assert ConstantRate(25).finish(100) == 0


def test_the_last_picture_stands_for_a_slot_at_least() -> None:
    rate = ConstantRate(25)
    rate.advance(10)
    rate.advance(10.02)
    assert rate.finish(10.02) == 1


def test_a_film_of_one_picture_lasts_until_it_ends() -> None:
    rate = ConstantRate(25)
    rate.advance(10)
    assert rate.finish(12) == 50


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf")])
def test_a_rate_is_a_number_above_0(fps: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        ConstantRate(fps)
