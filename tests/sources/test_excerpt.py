"""Parts of films, and films that wait for whoever watches them."""

import threading
from dataclasses import replace

import pytest

from livesegment.frame import Frame
from livesegment.sources.base import Source
from livesegment.sources.excerpt import LONGEST_WAIT, Excerpt, PacedSource
from tests.fakes import FakeSource, frame


def at(index: int, pts: float) -> Frame:
    return replace(frame(index), pts=pts)


def indices(source: Source) -> list[int]:
    source.open()
    return [one.index for one in iter(source.read, None)]


class FakeTime:
    """A monotonic clock on which only waiting takes time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def tell(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.waits.append(round(seconds, 6))
        self.now += seconds
        return False


def paced(source: Source, time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> PacedSource:
    made = PacedSource(source, clock=time.tell)
    monkeypatch.setattr(made._stopped, "wait", time.wait)
    return made


def test_an_excerpt_counts_frames_from_its_first_one() -> None:
    source = Excerpt(FakeSource([at(500, 20.0), at(502, 20.1), at(503, 20.2)]), frames=2)
    assert indices(source) == [500, 502]


def test_an_excerpt_counts_seconds_from_its_first_frame() -> None:
    source = Excerpt(FakeSource([at(5, 20.0), at(6, 20.9), at(7, 21.0)]), seconds=1.0)
    assert indices(source) == [5, 6]


def test_without_limits_an_excerpt_is_the_whole() -> None:
    assert indices(Excerpt(FakeSource(range(5)))) == list(range(5))


def test_frames_come_at_the_distances_they_were_taken_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time = FakeTime()
    film = FakeSource([at(0, 7.0), at(1, 7.04), at(2, 7.5)])
    assert indices(paced(film, time, monkeypatch)) == [0, 1, 2]
    assert time.waits == [0.0, 0.04, 0.46]


def test_a_frame_is_as_old_as_its_handing_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time = FakeTime()
    source = paced(FakeSource([at(0, 7.0), at(1, 8.0)]), time, monkeypatch)
    source.open()
    assert [source.read().captured_at for _ in range(2)] == [1000.0, 1001.0]  # type: ignore[union-attr]


def test_after_a_pause_the_film_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time = FakeTime()
    source = paced(FakeSource([at(0, 0.0), at(1, 0.1), at(2, 0.2), at(3, 0.3)]), time, monkeypatch)
    source.open()
    source.read()
    time.now += 60
    assert [source.read() is not None for _ in range(3)] == [True] * 3
    assert time.waits == [0.0, 0.0, 0.1, 0.1]


def test_a_little_lateness_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    time = FakeTime()
    source = paced(FakeSource([at(0, 0.0), at(1, 0.1), at(2, 0.2)]), time, monkeypatch)
    source.open()
    source.read()
    time.now += 0.15
    source.read()
    source.read()
    assert time.waits == [0.0, 0.0, 0.05]


def test_an_hour_without_a_picture_is_not_sat_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time = FakeTime()
    film = FakeSource([at(0, 0.0), at(1, 3600.0), at(2, 3600.1)])
    assert indices(paced(film, time, monkeypatch)) == [0, 1, 2]
    assert time.waits == [0.0, LONGEST_WAIT, 0.1]


def test_an_interrupt_ends_the_wait() -> None:
    source = PacedSource(FakeSource([at(0, 0.0), at(1, 9.0)]))
    source.open()
    source.read()
    timer = threading.Timer(0.05, source.interrupt)
    timer.start()
    assert source.read() is None
    timer.join()
