"""The clock of a session runs with life, and what is remarkable about time is noted."""

import pytest

from livesegment.sessions.timeline import MOST_GAPS, Timeline, WallClock


class _Clocks:
    """A wall clock and a monotonic one that tests set."""

    def __init__(self) -> None:
        self.wall, self.monotonic = 1_000_000.0, 50.0

    def clock(self) -> WallClock:
        return WallClock(lambda: self.wall, lambda: self.monotonic)

    def pass_by(self, seconds: float, *, wall: float | None = None) -> None:
        self.monotonic += seconds
        self.wall += seconds if wall is None else wall


def test_the_clock_begins_with_the_first_frame() -> None:
    timeline = Timeline(live=True)
    assert timeline.place(70.0, 3.0, 30) == 0.0
    assert timeline.place(70.5, 3.5, 30) == 0.5
    assert timeline.end(72.0) == 2.0


def test_the_clock_of_a_film_is_the_films() -> None:
    timeline = Timeline(live=False)
    assert timeline.place(70.0, 3.0, 30) == 3.0
    assert timeline.place(700.0, 3.5, 30) == 3.5
    assert timeline.end(800.0) is None
    assert timeline.gaps == []
    assert timeline.clocks[0]["clock"] == 3.0


def test_a_silence_is_a_gap_also_at_the_end() -> None:
    timeline = Timeline(live=True)
    for at in (10.0, 10.1, 15.1, 15.2):
        timeline.place(at, 0.0, 10)
    timeline.end(20.2)
    assert timeline.gaps == [{"start": 0.1, "seconds": 5.0}, {"start": 5.2, "seconds": 5.0}]


def test_a_slow_camera_has_no_gaps() -> None:
    timeline = Timeline(live=True)
    for at in (0.0, 5.0, 10.0):
        timeline.place(at, 0.0, 0.2)
    assert timeline.gaps == []


def test_gaps_beyond_many_are_counted() -> None:
    timeline = Timeline(live=True)
    for index in range(MOST_GAPS + 5):
        timeline.place(3.0 * index, 0.0, 30)
    assert (len(timeline.gaps), timeline.more_gaps) == (MOST_GAPS, 4)


def test_times_of_day_keep_the_distances_of_captures() -> None:
    clocks = _Clocks()
    wall = clocks.clock()
    clocks.pass_by(10.0, wall=10.2)  # slewed a little: not worth a jump
    assert wall.jumped() == 0.0
    assert wall.tell(51.5) == "1970-01-12T13:46:41.500Z"


@pytest.mark.parametrize("jump", [-3600.0, 3600.0, 0.6])
def test_a_clock_that_was_set_is_followed_and_noted(jump: float) -> None:
    clocks = _Clocks()
    timeline = Timeline(live=True, wall=clocks.clock())
    timeline.place(50.0, 0.0, 30)
    clocks.pass_by(10.0, wall=10.0 + jump)
    assert timeline.jumped(clocks.monotonic) == pytest.approx(jump)
    assert timeline.jumped(clocks.monotonic) == 0.0
    assert [anchor["clock"] for anchor in timeline.clocks] == [0.0, 10.0]
    assert timeline.clocks[1]["wall"] == clocks.clock().tell(clocks.monotonic)
