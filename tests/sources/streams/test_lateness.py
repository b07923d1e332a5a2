"""Lateness is told from arrivals and stamps alone, and is right whatever the network does."""

import itertools
import math
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.sources.streams.lateness import DRIFT, SETTLED, Lateness

FPS = 25.0
LONG_AGO = 1e5
"""When the streams here begin."""


def _arrivals(taken: Iterable[float], delays: Iterable[float]) -> list[float]:
    """When frames arrive that cannot overtake each other."""
    return list(itertools.accumulate(map(sum, zip(taken, delays, strict=True)), max))


def _late(arrivals: list[float], stamps: list[float]) -> list[float]:
    lateness = Lateness()
    pairs = zip(arrivals, stamps, strict=True)
    return [arrival - lateness.captured(arrival, stamp) for arrival, stamp in pairs]


def _taken(count: int, fps: float = FPS) -> list[float]:
    return [LONG_AGO + i / fps for i in range(count)]


def _stalled(taken: list[float], begin: float, seconds: float) -> list[float]:
    """Delays of a network that holds everything back for a while."""
    resumed = LONG_AGO + begin + seconds
    return [max(0.0, resumed - at) if at >= LONG_AGO + begin else 0.0 for at in taken]


def test_frames_that_come_steadily_are_on_time() -> None:
    taken = _taken(100)
    assert _late([at + 0.2 for at in taken], taken) == pytest.approx([0] * 100, abs=1e-6)


def test_after_a_stall_each_frame_is_as_late_as_it_was_held_back() -> None:
    taken = _taken(250)
    delays = _stalled(taken, 2, 2)
    late = _late(_arrivals(taken, delays), [at - 77 for at in taken])
    assert max(late) == pytest.approx(2, abs=0.02)
    assert late == pytest.approx(delays, abs=0.02)


def test_a_delay_that_grows_is_told() -> None:
    taken = _taken(1000)
    sizes = [4 if i % 25 == 0 else 1 for i in range(1000)]  # whole pictures, and changes
    arrivals = [LONG_AGO + at for at in itertools.accumulate(0.043 * size for size in sizes)]
    delays = [arrival - at - 4 * 0.043 for arrival, at in zip(arrivals, taken, strict=True)]
    assert delays[-1] > 4
    assert _late(arrivals, taken)[-1] == pytest.approx(delays[-1], rel=0.05)


@pytest.mark.parametrize("rate", [0.1, 0.6, 0.97])
def test_stamps_that_count_frames_at_a_rate_that_is_not_theirs_are_not_believed_for_long(
    rate: float,
) -> None:
    taken = _taken(5000)
    late = _late(taken, [rate * at for at in taken])
    assert max(late) < 2.1
    assert max(late[-1000:]) < 1e-3


def test_stamps_that_count_frames_too_fast_make_nothing_late() -> None:
    taken = _taken(1000)
    assert max(_late(taken, [1.7 * at for at in taken])) < 0.01


@pytest.mark.parametrize("rate", [1 - 100e-6, 1 + 100e-6, 1 - 1e-3, 1 + 1e-3])
def test_a_clock_that_runs_wrong_for_an_hour_makes_nothing_late(rate: float) -> None:
    taken = _taken(3600, fps=1)
    assert max(_late(taken, [rate * at for at in taken])) < 0.005


def test_a_camera_that_paused_with_its_clock_is_late_for_a_moment_only() -> None:
    stamps = _taken(200)
    arrivals = [at if i < 100 else at + 5 for i, at in enumerate(stamps)]
    late = _late(arrivals, stamps)
    assert late[100] == pytest.approx(5, abs=0.02)
    after = 100 + math.ceil(FPS * (SETTLED + 0.2))
    assert max(late[after:]) < 0.02


def test_what_was_late_already_stays_so_over_a_pause_of_the_camera() -> None:
    stamps = _taken(400)
    delays = [0.3 if i >= 100 else 0.0 for i in range(400)]
    arrivals = [
        at + late + (5 if i >= 200 else 0)
        for i, (at, late) in enumerate(zip(stamps, delays, strict=True))
    ]
    assert _late(arrivals, stamps)[-1] == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize(
    "jump", [pytest.param(s, id=f"{s:+g} s") for s in (-1e6, -47721.85, -0.5, 3.0, 95443.7, 1e9)]
)
def test_a_jump_of_the_stamps_changes_no_lateness(jump: float) -> None:
    taken = _taken(300)
    delays = _stalled(taken, 4, 1.5)
    stamps = [at + (jump if i >= 110 else 0) for i, at in enumerate(taken)]
    late = _late(_arrivals(taken, delays), stamps)
    assert late == pytest.approx(delays, abs=0.06)


@pytest.mark.parametrize("nonsense", [math.nan, math.inf, -9.2e15, 0.0, 5e5])
def test_one_stamp_of_nonsense_changes_nothing_of_the_others(nonsense: float) -> None:
    taken = _taken(200)
    stamps = [nonsense if i == 100 else at for i, at in enumerate(taken)]
    assert max(_late(taken, stamps)) < 0.06


def test_without_stamps_nothing_is_late() -> None:
    arrivals = _arrivals(_taken(50), [0.3 * (i % 3) for i in range(50)])
    assert max(_late(arrivals, [math.nan] * 50)) == pytest.approx(0, abs=1e-4)


def test_stamps_out_of_order_at_the_start_make_nothing_late() -> None:
    taken = _taken(50)
    stamps = [0.0, -0.04, 0.0, *(at - LONG_AGO for at in taken[3:])]
    assert max(_late(taken, stamps)) < 0.13


jitters = st.lists(st.floats(0, 0.06), min_size=50, max_size=200)


@given(jitters, st.floats(-1e6, 1e6), st.floats(-3e-4, 3e-4))
def test_under_jitter_the_time_of_capture_is_steadier_than_that_of_arrival(
    delays: list[float], offset: float, drift: float
) -> None:
    taken = _taken(len(delays))
    arrivals = _arrivals(taken, delays)
    late = _late(arrivals, [(1 + drift) * at + offset for at in taken])
    held_back = [arrival - at for arrival, at in zip(arrivals, taken, strict=True)]
    slack = 0.001 + (DRIFT + abs(drift)) * len(delays) / FPS
    for i, told in enumerate(late):
        quickest = min(held_back[: i + 1])
        assert told == pytest.approx(held_back[i] - quickest, abs=slack)


@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats()), min_size=2, max_size=50),
)
def test_the_time_of_capture_grows_and_is_no_later_than_the_arrival(
    frames: list[tuple[float, float]],
) -> None:
    lateness = Lateness()
    arrivals = list(itertools.accumulate((gap for gap, _ in frames), initial=LONG_AGO))[1:]
    captured = [
        lateness.captured(arrival, stamp)
        for arrival, (_, stamp) in zip(arrivals, frames, strict=True)
    ]
    assert all(math.isfinite(at) for at in captured)
    assert all(before < after for before, after in itertools.pairwise(captured))
    least = 1e-4  # where frames arrive at the very same time
    assert all(told < at + least for told, at in zip(captured, arrivals, strict=True))


@given(st.floats(0.6, 4), st.floats(1, 60), st.integers(0, 20))
def test_whatever_the_stall_and_the_rate_frames_get_their_true_times(
    seconds: float, fps: float, quiet: int
) -> None:
    count = math.ceil(fps * (6 + seconds + quiet))
    taken = _taken(count, fps)
    delays = _stalled(taken, 2, seconds)
    late = _late(_arrivals(taken, delays), taken)
    assert late == pytest.approx(delays, abs=0.06)
