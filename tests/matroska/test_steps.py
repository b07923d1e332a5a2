"""How long a picture usually lasts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from livesegment.matroska.steps import MOST_MS, REORDERED, Steps


def _usual(times: list[int]) -> int | None:
    steps = Steps()
    for time in times:
        steps.add(time)
    return steps.usual()


def test_it_is_the_median_and_not_the_mean() -> None:
    assert _usual([0, 40, 80, 120, 5000]) == 40


def test_one_picture_tells_nothing() -> None:
    assert _usual([40]) is None
    assert _usual([]) is None


@given(st.lists(st.integers(0, MOST_MS), min_size=1, max_size=60))
def test_half_of_the_steps_are_no_longer(steps: list[int]) -> None:
    times = [0]
    for step in steps:
        times.append(times[-1] + step)
    assert _usual(times) == sorted(steps)[(len(steps) - 1) // 2]


def test_pictures_in_the_order_of_decoding_make_no_difference() -> None:
    times = [40 * index for index in range(200)]
    mixed, rng = [*times], np.random.default_rng(3)
    for start in range(0, 200, REORDERED):
        group = mixed[start : start + REORDERED]
        mixed[start : start + REORDERED] = rng.permutation(group).tolist()
    assert _usual(mixed) == 40


def test_its_memory_does_not_grow_with_the_film() -> None:
    steps = Steps()
    time = 0
    for index in range(30_000):
        time += 2 * MOST_MS if index % 3 else 33 + index % 7
        steps.add(time)
    assert len(steps._counts) == 8
    assert len(steps._waiting) == REORDERED
