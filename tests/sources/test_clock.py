"""A stream's clock starts at 0 and only grows, whatever the container says."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.sources.clock import StreamClock

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
