"""What a live source makes of pictures that show nothing, and of pictures that never change."""

import logging
from functools import partial

import pytest

from livesegment.errors import SourceError
from livesegment.sources.supervision.health import Cause, State, Supervision
from livesegment.sources.supervision.supervised import SupervisedSource
from tests.sources.lines import Clock, Line, Lines, Watcher, blank, eventually, shot, watched

pytestmark = pytest.mark.usefixtures("short_ticks")


def _refused(source: SupervisedSource, count: int) -> bool:
    return source.tally.refused == count


def _still(watcher: Watcher, line: Line, clock: Clock, seconds: float) -> None:
    """Let frames with the very same picture come, two a second."""
    for _ in range(int(2 * seconds)):
        clock.advance(0.5)
        line.give(shot(len(watcher.frames), picture=1))
        watcher.got(len(watcher.frames) + 1)


def test_blank_frames_after_a_connect_are_not_handed_on(clock: Clock) -> None:
    line = Line()
    with watched(SupervisedSource("cam", Lines(line), clock=clock)) as watcher:
        line.give(blank(0))
        eventually(lambda: watcher.source.tally.refused == 1)
        line.give(blank(1, level=128))
        eventually(lambda: watcher.source.tally.refused == 2)
        assert watcher.state() is State.CONNECTING
        assert watcher.source.health.reason == "the picture is blank"
        assert watcher.source.health.attempts == 1
        line.give(shot(2))
        watcher.got(1)
        assert watcher.state() is State.LIVE
    assert [frame.index for frame in watcher.frames] == [0]
    assert watcher.frames[0].pts == 0


def test_blank_frames_after_a_reconnect_are_not_handed_on(clock: Clock) -> None:
    lines = Lines(Line(), Line())
    with watched(SupervisedSource("cam", lines, clock=clock)) as watcher:
        lines.reach(1)
        lines.made[0].give(shot(0), SourceError("gone"))
        watcher.got(1)
        eventually(lambda: watcher.state() is State.LOST)
        clock.advance(1)
        lines.reach(2)
        lines.made[1].give(blank(0))
        eventually(lambda: watcher.source.tally.refused == 1)
        assert watcher.state() is State.CONNECTING
        lines.made[1].give(shot(1))
        watcher.got(2)
    assert [frame.epoch for frame in watcher.frames] == [0, 1]
    assert watcher.source.tally.connects == 2


def test_blank_frames_come_through_where_they_last(clock: Clock) -> None:
    line = Line()
    supervision = Supervision(settle=5.0)
    source = SupervisedSource("cam", Lines(line), supervision=supervision, clock=clock)
    with watched(source) as watcher:
        for i in range(5):
            line.give(blank(i))
            eventually(partial(_refused, source, i + 1))
            clock.advance(1)
        line.give(blank(5))
        watcher.got(1)
        assert source.health.state is State.LIVE
        assert source.health.reason == "the picture is blank"
        line.give(shot(6))
        watcher.got(2)
        assert source.health.reason is None
    assert source.tally.refused == 5


def test_a_picture_that_does_not_change_is_frozen_and_handed_on(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    line = Line()
    with watched(SupervisedSource("cam", Lines(line), clock=clock)) as watcher:
        _still(watcher, line, clock, 10)
        assert watcher.state() is State.LIVE
        _still(watcher, line, clock, 2)
        frozen = watcher.source.health
        assert (frozen.state, frozen.cause) == (State.FROZEN, Cause.FROZEN)
        assert frozen.reason == "the picture has not changed for 10 s"
        assert len(watcher.frames) == 24
        line.give(shot(30, picture=2))
        watcher.got(25)
        assert watcher.state() is State.LIVE
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert "frozen" in caplog.messages[0]
    assert "live again" in caplog.messages[1]


def test_a_frozen_source_may_stall_and_is_frozen_still(clock: Clock) -> None:
    line = Line()
    with watched(SupervisedSource("cam", Lines(line), clock=clock)) as watcher:
        _still(watcher, line, clock, 11)
        assert watcher.state() is State.FROZEN
        clock.advance(2.1)
        eventually(lambda: watcher.state() is State.STALLED)
        _still(watcher, line, clock, 1)
        assert watcher.state() is State.FROZEN


def test_nothing_counts_as_frozen_where_that_is_not_wanted(clock: Clock) -> None:
    line = Line()
    supervision = Supervision(frozen_after=None)
    source = SupervisedSource("cam", Lines(line), supervision=supervision, clock=clock)
    with watched(source) as watcher:
        _still(watcher, line, clock, 30)
        assert source.health.state is State.LIVE


def test_a_frozen_source_may_be_opened_anew(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    lines = Lines(Line(), Line())
    supervision = Supervision(reconnect_frozen=True)
    source = SupervisedSource("cam", lines, supervision=supervision, clock=clock)
    with watched(source) as watcher:
        lines.reach(1)
        _still(watcher, lines.made[0], clock, 10.5)
        eventually(lambda: source.health.state is State.LOST)
        assert source.health.cause is Cause.FROZEN
        clock.advance(1)
        lines.reach(2)
        _still(watcher, lines.made[1], clock, 1)
        assert source.health.state is State.FROZEN  # no word of its being back
        _still(watcher, lines.made[1], clock, 9.5)
        eventually(lambda: source.health.state is State.LOST)
        clock.advance(3)
        lines.reach(3)
        lines.made[2].give(shot(0, picture=5))
        watcher.got(len(watcher.frames) + 1)
        eventually(lambda: source.health.state is State.LIVE)
    assert source.tally.connects == 3
    assert len(caplog.messages) == 2


def test_a_source_that_was_silent_begins_its_time_of_no_change_anew(clock: Clock) -> None:
    lines = Lines(Line(), Line())
    source = SupervisedSource("cam", lines, clock=clock)
    with watched(source) as watcher:
        lines.reach(1)
        _still(watcher, lines.made[0], clock, 6)
        lines.made[0].give(SourceError("gone"))
        eventually(lambda: source.health.state is State.LOST)
        clock.advance(20)
        lines.reach(2)
        _still(watcher, lines.made[1], clock, 6)
        assert source.health.state is State.LIVE
