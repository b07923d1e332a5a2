"""Who touches a connection, and what becomes of one that hangs."""

import threading

import pytest

from livesegment.errors import SourceError
from livesegment.sources.probes.diagnosis import Diagnosis
from livesegment.sources.supervision import supervised as supervised_module
from livesegment.sources.supervision.health import Cause, State, Supervision
from livesegment.sources.supervision.reader import MOST_STUCK
from livesegment.sources.supervision.supervised import SupervisedSource
from tests.fakes import wait_for
from tests.sources.lines import Clock, Line, Lines, eventually, shot, watched

pytestmark = pytest.mark.usefixtures("short_ticks")


def _threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("livesegment-reader-cam")]


def test_a_connection_is_opened_and_closed_in_one_thread_of_its_own(clock: Clock) -> None:
    lines = Lines(Line(), Line())
    with watched(SupervisedSource("cam", lines, clock=clock)) as watcher:
        lines.reach(1)
        lines.made[0].give(shot(0), SourceError("gone"))
        watcher.got(1)
        eventually(lambda: watcher.state() is State.LOST)
        clock.advance(1)
        eventually(lambda: len(lines.made) == 2 and lines.made[1].opened_in)
    for line in lines.made:
        assert line.opened_in == line.closed_in == ["livesegment-reader-cam"]


def test_twenty_reconnects_leave_no_thread_behind(clock: Clock) -> None:
    lines = Lines()
    with watched(SupervisedSource("cam", lines, clock=clock)) as watcher:
        for turn in range(21):
            lines.reach(turn + 1)
            lines.made[turn].give(shot(0))
            watcher.got(turn + 1)
            lines.made[turn].give(SourceError("gone"))
            eventually(lambda: watcher.state() is State.LOST)
            clock.advance(13)
        eventually(lambda: len(_threads()) == 1)
    assert not _threads()
    assert watcher.source.tally.connects == 21
    assert watcher.source.tally.abandoned == 0
    assert [frame.epoch for frame in watcher.frames] == list(range(21))
    assert [frame.index for frame in watcher.frames] == list(range(21))


def test_a_stuck_read_is_left_behind_and_replaced(clock: Clock) -> None:
    lines = Lines(Line(deaf=True))
    with watched(SupervisedSource("cam", lines, clock=clock), lines) as watcher:
        lines.reach(1)
        lines.made[0].give(shot(0))
        watcher.got(1)
        clock.advance(5.1)
        eventually(lambda: watcher.state() is State.LOST)
        clock.advance(1)
        lines.reach(2)
        assert watcher.source.tally.abandoned == 1
        lines.made[1].give(shot(0))
        watcher.got(2)
        assert watcher.state() is State.LIVE


def test_a_stuck_open_is_left_behind_and_replaced(clock: Clock) -> None:
    lines = Lines(Line(deaf=True, hangs=True))
    with watched(SupervisedSource("cam", lines, clock=clock), lines) as watcher:
        lines.reach(1)
        clock.advance(5.1)
        eventually(lambda: watcher.state() is State.LOST)
        assert watcher.source.health.reason == "no answer for 4.5 s"
        clock.advance(1)
        lines.reach(2)
        lines.made[1].give(shot(0))
        watcher.got(1)
        assert watcher.source.tally.abandoned == 1


def test_one_that_wakes_late_closes_its_own_connection_and_its_frames_go_nowhere(
    clock: Clock,
) -> None:
    stuck = Line(deaf=True)
    lines = Lines(stuck)
    with watched(SupervisedSource("cam", lines, clock=clock), lines) as watcher:
        lines.reach(1)
        stuck.give(shot(0))
        watcher.got(1)
        clock.advance(5.1)
        eventually(lambda: watcher.state() is State.LOST)
        assert not stuck.closed_in
        clock.advance(1)
        lines.reach(2)
        stuck.give(shot(1), shot(2))
        eventually(lambda: stuck.closed_in)
        assert stuck.closed_in == stuck.opened_in
        lines.made[1].give(shot(0, picture=77))
        watcher.got(2)
    assert [frame.epoch for frame in watcher.frames] == [0, 1]
    assert (watcher.frames[1].image == shot(0, picture=77).image).all()


def test_one_that_wakes_late_in_its_open_does_not_read(clock: Clock) -> None:
    stuck = Line(deaf=True, hangs=True)
    lines = Lines(stuck)
    with watched(SupervisedSource("cam", lines, clock=clock), lines) as watcher:
        lines.reach(1)
        clock.advance(5.1)
        eventually(lambda: watcher.state() is State.LOST)
        stuck.release()
        eventually(lambda: stuck.closed_in)
        assert stuck.closed_in == stuck.opened_in


def test_so_many_may_hang_and_no_more(clock: Clock) -> None:
    stuck = [Line(deaf=True, hangs=True) for _ in range(MOST_STUCK)]
    lines = Lines(*stuck)
    source = SupervisedSource("cam", lines, supervision=Supervision(first_tries=99), clock=clock)
    with watched(source, lines) as watcher:
        for attempt in range(1, MOST_STUCK + 1):
            lines.reach(attempt)
            clock.advance(5.1)
            watcher.lost(attempt)
            clock.advance(13)
        watcher.lost(MOST_STUCK + 1)
        assert source.health.reason == "3 earlier connections hang"
        assert len(lines.made) == source.tally.abandoned == MOST_STUCK
        stuck[0].release()
        eventually(lambda: stuck[0].closed_in)
        clock.advance_until(lambda: len(lines.made) > MOST_STUCK)
    assert source.tally.abandoned == MOST_STUCK


def test_hanging_for_ever_is_given_up_as_any_other_failure(clock: Clock) -> None:
    lines = Lines(*(Line(deaf=True, hangs=True) for _ in range(9)))
    source = SupervisedSource("cam", lines, supervision=Supervision(retry=5), clock=clock)
    with watched(source, lines) as watcher:
        clock.advance_until(watcher.ended.is_set)
        assert str(watcher.error) == "cam cannot be opened: 3 earlier connections hang"
    assert len(lines.made) == MOST_STUCK


def test_an_interrupt_before_everything_lets_nothing_begin() -> None:
    lines = Lines()
    source = SupervisedSource("cam", lines)
    source.interrupt()
    assert source.open().size == (0, 0)
    assert source.read() is None
    source.close()
    assert not lines.made


@pytest.mark.parametrize("deaf", [False, True], ids=["that listens", "that is deaf"])
def test_an_interrupt_ends_an_open(clock: Clock, *, deaf: bool) -> None:
    lines = Lines(Line(deaf=deaf, hangs=True))
    with watched(SupervisedSource("cam", lines, clock=clock), lines) as watcher:
        lines.reach(1)
        watcher.source.interrupt()
        watcher.end()
        assert watcher.error is None


@pytest.mark.parametrize("deaf", [False, True], ids=["that listens", "that is deaf"])
def test_an_interrupt_ends_a_read(clock: Clock, *, deaf: bool) -> None:
    lines = Lines(Line(deaf=deaf))
    with watched(SupervisedSource("cam", lines, clock=clock), lines) as watcher:
        lines.reach(1)
        lines.made[0].give(shot(0))
        watcher.got(1)
        watcher.source.interrupt()
        watcher.end()
        assert watcher.error is None
        assert watcher.source.tally.abandoned == int(deaf)


def test_an_interrupt_ends_a_pause_and_a_slow_look_for_the_reason(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervised_module, "TICK", 1000)  # it is woken, or this test is not
    lines = Lines(Line(fails=SourceError("refused")))
    asked, release = threading.Event(), threading.Event()

    def diagnose(error: SourceError | None) -> Diagnosis:
        asked.set()
        wait_for(release)
        return Diagnosis(Cause.REFUSED, "refused")

    with watched(SupervisedSource("cam", lines, diagnose=diagnose, clock=clock)) as watcher:
        wait_for(asked)
        eventually(lambda: watcher.state() is State.LOST)
        watcher.source.interrupt()
        watcher.end()
        release.set()
        assert watcher.error is None


def test_an_interrupt_ends_a_stall(clock: Clock) -> None:
    lines = Lines(Line(deaf=True))
    with watched(SupervisedSource("cam", lines, clock=clock), lines) as watcher:
        lines.reach(1)
        lines.made[0].give(shot(0))
        watcher.got(1)
        clock.advance(2)
        eventually(lambda: watcher.state() is State.STALLED)
        watcher.source.interrupt()
        watcher.end()
        assert watcher.error is None


def test_closing_twice_and_unopened_is_no_matter() -> None:
    source = SupervisedSource("cam", Lines())
    source.close()
    source.close()
