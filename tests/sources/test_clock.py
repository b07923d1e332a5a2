"""A stream's clock starts at 0 and only grows, whatever the container says."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.sources.clock import MOST_EARLY, Playout, StreamClock

PERIOD = 0.04


def _told(stamps: list[float]) -> list[float]:
    clock = StreamClock(PERIOD)
    return [clock.tell(stamp) for stamp in stamps]


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        pytest.param([0, 0.04, 0.08], [0, 0.04, 0.08], id="a good stream"),
        pytest.param([5, 5.04, 5.14], [0, 0.04, 0.14], id="does not begin at 0"),
        pytest.param([0, -0.04, 0, 0.04], [0, 0.04, 0.08, 0.12], id="frames out of order"),
        pytest.param([0, 0, 0.04, 0.08], [0, 0.04, 0.08, 0.12], id="stands still at first"),
        pytest.param([0, 0, 0, 0], [0, 0.04, 0.08, 0.12], id="stands still throughout"),
        pytest.param([0, 0.04, 0, 0.04], [0, 0.04, 0.08, 0.12], id="starts again"),
        pytest.param([0, 1.5, 1.54], [0, 1.5, 1.54], id="pauses"),
        pytest.param([0, 9e6, 9e6 + 0.04], [0, 0.04, 0.08], id="jumps by months"),
        pytest.param([0, math.nan, 0.08], [0, 0.04, 0.08], id="not a number once"),
        pytest.param([math.nan, math.nan, 7, 7.1], [0, 0.04, 0.08, 0.18], id="not a number first"),
        pytest.param([0, math.inf, 1.08], [0, 0.04, 1.08], id="infinite once"),
        pytest.param([-9.2e15] * 4, [0, 0.04, 0.08, 0.12], id="no stamps"),
    ],
)
def test_the_clock_tells(stamps: list[float], times: list[float]) -> None:
    assert _told(stamps) == pytest.approx(times)


@given(st.lists(st.floats(), min_size=1, max_size=30))
def test_time_starts_at_0_and_only_grows(stamps: list[float]) -> None:
    times = _told(stamps)
    assert times[0] == 0
    assert all(math.isfinite(time) for time in times)
    assert all(before < after for before, after in itertools.pairwise(times))


@given(
    st.floats(-1e5, 1e5),
    st.lists(st.floats(0.001, 100), min_size=1, max_size=30),
    st.lists(st.sampled_from([math.nan, math.inf, -math.inf]), max_size=3),
)
def test_intervals_of_good_stamps_are_kept_after_bad_ones(
    first: float, steps: list[float], bad: list[float]
) -> None:
    stamps = list(itertools.accumulate(steps, initial=first))
    times = _told([*bad, *stamps])[len(bad) :]
    spent = [after - before for before, after in itertools.pairwise(times)]
    assert spent == pytest.approx(steps, abs=1e-6)


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0.001, 1)), min_size=1, max_size=30))
def test_nothing_is_due_before_it_came_and_all_of_it_in_order(
    frames: list[tuple[float, float]],
) -> None:
    arrivals = list(itertools.accumulate(gap for gap, _ in frames))
    times = list(itertools.accumulate((step for _, step in frames[1:]), initial=0.0))
    playout = Playout()
    shown = [playout.due(*pair) for pair in zip(arrivals, times, strict=True)]
    assert all(due > at - 1e-9 for due, at in zip(shown, arrivals, strict=True))
    assert shown == sorted(shown) or times[-1] > MOST_EARLY


def test_what_came_too_late_puts_off_all_that_follows_and_is_told() -> None:
    playout = Playout()
    assert [playout.due(100, 0), playout.due(100, 1), playout.due(104, 2)] == [100, 101, 104]
    assert playout.due(104, 3) == 105
    assert playout.behind == 2


def test_a_time_far_ahead_is_not_waited_for() -> None:
    playout = Playout()
    playout.due(100, 0)
    assert playout.due(100.5, 2 * MOST_EARLY) == 100.5
