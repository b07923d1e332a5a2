"""How often: rates are kept and even, still frames cost nothing, and all is counted."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.frame import Frame
from livesegment.pipeline.economy import Account, Economy
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.pace import EARLY, Pace, Throttle
from tests.fakes import frame


class FakeGate:
    """Calls still what is on a list; remembers what it was told to keep."""

    def __init__(self, *still: int) -> None:
        self.kept: list[int] = []
        self._still = still
        self._forgotten = True

    def still(self, frame: Frame) -> bool:
        return not self._forgotten and frame.index in self._still

    def keep(self, frame: Frame) -> None:
        self.kept.append(frame.index)
        self._forgotten = False

    def forget(self) -> None:
        self._forgotten = True


def _passed(rate: float | None, times: list[float]) -> list[float]:
    throttle, passed = Throttle(rate), []
    for at in times:
        if throttle.due(at):
            throttle.take(at)
            passed.append(at)
    return passed


def _film(fps: float, seconds: float) -> list[float]:
    return [i / fps for i in range(round(fps * seconds))]


@pytest.mark.parametrize(("fps", "rate"), [(30, 15), (30, 10), (25, 10), (30, 25), (60, 24)])
def test_a_film_is_thinned_to_the_rate_exactly(fps: float, rate: float) -> None:
    assert abs(len(_passed(rate, _film(fps, 20))) - 20 * rate) <= 1


@pytest.mark.parametrize("rate", [30, 50])
def test_what_comes_no_faster_than_the_rate_passes_whole(rate: float) -> None:
    times = _film(30, 5)
    assert _passed(rate, times) == times


def test_without_a_rate_everything_passes() -> None:
    assert len(_passed(None, _film(200, 1))) == 200


def test_every_other_frame_of_an_unpunctual_camera_passes() -> None:
    """Frames come up to 5 ms early or late, and the choice does not waver."""
    late = [0.005 * math.sin(2.4 * i) for i in range(300)]
    times = [i / 30 + late[i] for i in range(300)]
    assert _passed(15, times) == times[::2]


@given(st.lists(st.floats(0, 0.3), min_size=1, max_size=300), st.floats(0.5, 60))
def test_whenever_frames_come_no_more_than_the_rate_pass(gaps: list[float], rate: float) -> None:
    times = [sum(gaps[: i + 1]) for i in range(len(gaps))]
    passed = _passed(rate, times)
    assert len(passed) <= (passed[-1] - passed[0]) * rate + 1 + EARLY + 1e-6


def test_what_a_gap_missed_is_not_made_up_for() -> None:
    times = [*_film(30, 1), *(10 + at for at in _film(30, 1))]
    assert len([at for at in _passed(10, times) if at >= 10]) == 10


def test_frames_above_the_rate_are_skipped_and_counted() -> None:
    pace = Pace(max_fps=10)
    taken = [pace.takes(i / 30) for i in range(30)]
    assert taken == [True, False, False] * 10
    assert pace.skipped == 20


def test_frames_above_the_rate_of_segmentations_are_counted() -> None:
    pace = Pace(segment_rate=5)
    segmented = [i for i in range(25) if pace.segments(frame(i), i / 25)]
    assert segmented == [0, 5, 10, 15, 20]
    assert pace.over_rate == 20


def test_still_frames_are_passed_over_and_counted() -> None:
    gate = FakeGate(1, 2, 4)
    pace = Pace(gate=gate)
    segmented = [i for i in range(6) if pace.segments(frame(i), i / 25)]
    assert segmented == gate.kept == [0, 3, 5]
    assert pace.still == 3


def test_a_still_scene_is_looked_at_again_after_a_while() -> None:
    pace = Pace(gate=FakeGate(*range(1000)), refresh=2)
    assert [i for i in range(151) if pace.segments(frame(i), i / 25)] == [0, 50, 100, 150]


def test_a_still_frame_uses_up_nothing_of_the_rate() -> None:
    """What begins to move is segmented at once, as nothing was for a while."""
    pace = Pace(segment_rate=5, gate=FakeGate(*range(1, 12)))
    assert [i for i in range(14) if pace.segments(frame(i), i / 25)] == [0, 12]


def test_looking_again_makes_the_next_frame_count() -> None:
    pace = Pace(gate=FakeGate(1, 2, 3))
    assert pace.segments(frame(0), 0)
    assert not pace.segments(frame(1), 0.04)
    pace.look_again()
    assert pace.segments(frame(2), 0.08)
    assert not pace.segments(frame(3), 0.12)


def test_looking_again_without_a_gate_changes_nothing() -> None:
    pace = Pace()
    pace.look_again()
    assert pace.segments(frame(0), 0)


def test_an_economy_accounts_for_every_frame() -> None:
    economy = Economy(
        captured=100,
        skipped=10,
        segmented=20,
        still=30,
        over_rate=15,
        shown=80,
        seconds=10.0,
        busy=2.5,
        cpu=4.0,
    )
    assert economy.taken == 90
    assert economy.passed_by == 90 - 20 - 30 - 15
    assert economy.idle == 0.75
    assert economy.cpu_per_frame == 0.05


def test_a_run_that_has_not_begun_has_an_economy() -> None:
    economy = Account().economy(Meter(), Pace())
    assert (economy.taken, economy.idle, economy.cpu_per_frame) == (0, 0.0, 0.0)


def test_what_was_spent_before_the_first_frame_is_left_out() -> None:
    account = Account()
    account.begin()
    first = account.economy(Meter(), Pace())
    account.begin()
    assert 0 <= first.seconds <= account.economy(Meter(), Pace()).seconds
