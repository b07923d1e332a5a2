"""Rates and delays are right, and kept in memory that does not grow."""

import math
import random
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.pipeline.meter import Distribution, Meter, Rate


@pytest.mark.parametrize("fps", [1.0, 10.0, 29.97, 240.0])
def test_even_ticks_read_their_rate_exactly(fps: float) -> None:
    rate = Rate()
    for tick in range(1000):
        rate.tick(100 + tick / fps)
    assert rate.value(100 + 999 / fps) == pytest.approx(fps, rel=1e-9)


def test_ten_a_second_read_10() -> None:
    rate = Rate()
    for tick in range(100):
        rate.tick(tick / 10)
    assert round(rate.value(9.9), 6) == 10.0


def test_a_rate_falls_when_ticks_stay_out() -> None:
    rate = Rate()
    for tick in range(100):
        rate.tick(tick / 10)
    assert rate.value(9.9 + 0.1) == pytest.approx(10), "the next is not late yet"
    values = [rate.value(9.9 + late) for late in (0.1, 0.5, 1.0, 2.9)]
    assert values == sorted(set(values), reverse=True)
    assert values[-1] < 6
    assert rate.value(9.9 + 3.1) == 0


def test_a_rate_follows_a_change_within_its_window() -> None:
    rate = Rate(window=3)
    for tick in range(100):
        rate.tick(tick / 30)
    for tick in range(1, 61):
        rate.tick(99 / 30 + tick / 10)
    assert rate.value(99 / 30 + 6) == pytest.approx(10)


@pytest.mark.parametrize("ticks", [0, 1])
def test_without_an_interval_there_is_no_rate(ticks: int) -> None:
    rate = Rate()
    for _ in range(ticks):
        rate.tick(5)
    assert rate.value(5) == 0


def test_ticks_at_one_instant_are_no_division_by_zero() -> None:
    rate = Rate()
    rate.tick(5)
    rate.tick(5)
    assert rate.value(5) == 0


@given(st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=300), st.floats(0, 1))
def test_quantiles_are_right_to_a_hundredth(values: list[float], share: float) -> None:
    distribution = Distribution()
    for value in values:
        distribution.add(value)
    exact = sorted(values)[max(0, math.ceil(share * len(values) - 1e-9) - 1)]
    assert distribution.quantile(share) == pytest.approx(exact, rel=0.01)


def test_quantiles_of_many_durations() -> None:
    values = np.random.default_rng(3).lognormal(-3, 1, 20_000)
    distribution = Distribution()
    for value in values.tolist():
        distribution.add(value)
    for share in (0.5, 0.95, 0.99):
        assert distribution.quantile(share) == pytest.approx(np.quantile(values, share), rel=0.01)


def test_nothing_has_no_quantile() -> None:
    assert Distribution().quantile(0.5) == 0


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_no_time_at_all_is_a_time(seconds: float) -> None:
    distribution = Distribution()
    distribution.add(seconds)
    assert 0 < distribution.quantile(0.5) < 1e-6


def test_memory_does_not_grow_with_the_run() -> None:
    chance = random.Random(1)  # noqa: S311 -- no secret
    rate, distribution = Rate(), Distribution()
    for tick in range(100_000):
        rate.tick(tick / 1000)
        distribution.add(chance.uniform(0, 10) ** 8)
    assert len(rate._times) <= 2000
    assert len(distribution._bins) < 4000
    assert sys.getsizeof(distribution._bins) < 300_000


def test_a_meter_counts_what_passes() -> None:
    meter = Meter()
    for tick in range(5):
        meter.tick("capture", tick / 10)
    meter.tick("shown", 0.4)
    assert (meter.count("capture"), meter.count("segment"), meter.count("shown")) == (5, 0, 1)
    assert meter.fps("capture", 0.4) == pytest.approx(10)


def test_a_meter_tells_the_stages_in_the_order_they_came() -> None:
    meter = Meter()
    for stage in ("capture", "infer", "capture"):
        meter.spent(stage, 0.01)
    assert [(stage, count) for stage, count, *_ in meter.table()] == [("capture", 2), ("infer", 1)]
    for _, _, p50, p95, p99 in meter.table():
        assert (p50, p95, p99) == pytest.approx((0.01, 0.01, 0.01), rel=0.01)


def test_staleness_is_what_it_was_lately() -> None:
    meter = Meter()
    for seconds in [0.5] * 100 + [0.02] * 100:
        meter.spent("staleness", seconds)
    assert meter.staleness == pytest.approx(0.02, rel=0.01)
