"""A live source that is watched over: what it hands on, and how it says it is."""

import logging
import random

import pytest

from livesegment.errors import SourceError, UsageError
from livesegment.sources.supervision.health import Cause, State, Supervised, Supervision
from livesegment.sources.supervision.reader import QUEUE
from livesegment.sources.supervision.supervised import SupervisedSource
from tests.fakes import FPS, SIZE
from tests.sources.lines import Clock, Line, Lines, blank, eventually, shot, sight, watched

QUICK = Supervision(stalled_after=1.5, lost_after=5.0, pauses=(0.5,))

pytestmark = pytest.mark.usefixtures("short_ticks")


def _source(lines: Lines, clock: Clock, supervision: Supervision = QUICK) -> SupervisedSource:
    return SupervisedSource(
        "cam",
        lines,
        supervision=supervision,
        clock=clock,
        rng=random.Random(1),  # noqa: S311
    )


def _states(source: SupervisedSource) -> list[State]:
    return [health.state for health in source.changes]


def test_it_is_a_supervised_live_source(clock: Clock) -> None:
    source = _source(Lines(), clock)
    assert isinstance(source, Supervised)
    assert source.is_live
    assert source.info is None
    assert source.health.state is State.CONNECTING


def test_it_is_live_with_the_first_frame_and_not_before(clock: Clock) -> None:
    line = Line()
    with watched(_source(Lines(line), clock)) as watcher:
        eventually(lambda: watcher.info)
        assert watcher.state() is State.CONNECTING
        assert watcher.source.health.attempts == 1
        line.give(shot(0))
        watcher.got(1)
        assert watcher.state() is State.LIVE
        assert watcher.source.health.attempts == 0
        assert watcher.source.tally.connects == 1


def test_opening_tells_what_the_connection_says_of_itself(clock: Clock) -> None:
    line = Line(fps=12.5)
    source = _source(Lines(line), clock)
    assert source.open().fps == 12.5
    assert source.info is not None
    assert source.info.size == SIZE
    source.close()


def test_frames_come_as_they_are_with_a_time_that_starts_at_0(clock: Clock) -> None:
    line = Line()
    first, second = shot(7, at=100.0), shot(9, at=100.08)
    with watched(_source(Lines(line), clock)) as watcher:
        line.give(first, second)
        watcher.got(2)
    assert [frame.index for frame in watcher.frames] == [0, 2]
    assert [frame.pts for frame in watcher.frames] == pytest.approx([0, 2 / FPS])
    assert [frame.captured_at for frame in watcher.frames] == [100.0, 100.08]
    assert watcher.frames[0].image is first.image


def test_frames_that_nobody_took_in_time_are_overrun_and_leave_a_gap(clock: Clock) -> None:
    line = Line()
    source = _source(Lines(line), clock)
    source.open()
    reader = source._readers.now
    assert reader is not None
    line.give(shot(0))
    taken = [source.read()]
    line.give(*(shot(1 + i) for i in range(QUEUE + 3)))
    eventually(lambda: reader.frames.dropped == 3)
    taken.append(source.read())
    assert [frame.index for frame in taken if frame] == [0, 4]
    assert source.tally.overrun == 3
    source.close()


def test_a_frame_that_stays_out_is_a_stall_and_the_next_one_ends_it(clock: Clock) -> None:
    line = Line()
    with watched(_source(Lines(line), clock)) as watcher:
        line.give(shot(0))
        watcher.got(1)
        clock.advance(1.6)
        eventually(lambda: watcher.state() is State.STALLED)
        assert watcher.source.health.reason == "no frame for 1.5 s"
        assert watcher.source.health.cause is Cause.SILENT
        assert watcher.source.health.since == clock.now
        line.give(shot(1))
        watcher.got(2)
    assert _states(watcher.source) == [State.CONNECTING, State.LIVE, State.STALLED, State.LIVE]
    assert watcher.source.tally.stalls == 1
    assert watcher.source.tally.connects == 1
    assert watcher.frames[1].epoch == 0


def test_a_source_with_few_frames_is_given_longer_than_the_limits(clock: Clock) -> None:
    line = Line(fps=None)
    with watched(_source(Lines(line), clock)) as watcher:
        for i in range(5):
            line.give(shot(i))
            watcher.got(i + 1)
            clock.advance(1.4)
        clock.advance(1.4)  # 2.8 seconds without, of a source with 1.4 between two
        line.give(shot(5))
        watcher.got(6)
        clock.advance(6)
        eventually(lambda: watcher.state() is State.STALLED)
        assert watcher.source.health.reason == "no frame for 5.6 s"
        assert watcher.source.tally.stalls == 1


def test_a_source_that_falls_silent_is_lost_and_comes_back(clock: Clock) -> None:
    lines = Lines(Line(), Line(fps=5))
    with watched(_source(lines, clock)) as watcher:
        lines.reach(1)
        lines.made[0].give(shot(0, at=clock.now))
        watcher.got(1)
        clock.advance(5.1)
        eventually(lambda: watcher.state() is State.LOST)
        lost = watcher.source.health
        assert (lost.reason, lost.cause, lost.attempts) == ("no frame for 5 s", Cause.SILENT, 0)
        assert lost.next_try is not None
        assert 0.4 <= lost.next_try - clock.now <= 0.6
        clock.advance(1)
        lines.reach(2)
        eventually(lambda: watcher.state() is State.CONNECTING)
        assert watcher.source.health.reason == "no frame for 5 s"
        assert watcher.source.health.next_try is None
        lines.made[1].give(shot(0, at=clock.now))
        watcher.got(2)
        assert watcher.state() is State.LIVE
        assert watcher.source.health.reason is None
    assert [frame.epoch for frame in watcher.frames] == [0, 1]
    assert [frame.index for frame in watcher.frames] == [0, 1]
    assert [frame.pts for frame in watcher.frames] == pytest.approx([0, 6.1])
    assert watcher.source.info is not None
    assert watcher.source.info.fps == 5


def test_a_connection_that_breaks_is_lost_with_its_words(clock: Clock) -> None:
    lines = Lines(Line())
    with watched(_source(lines, clock)) as watcher:
        lines.reach(1)
        lines.made[0].give(shot(0), SourceError("the camera hung up"))
        eventually(lambda: watcher.state() is State.LOST)
        assert watcher.source.health.reason == "the camera hung up"
        assert watcher.source.health.cause is Cause.ENDED
        assert len(watcher.frames) == 1


def test_a_connection_that_ends_by_itself_ends_the_source(clock: Clock) -> None:
    lines = Lines(Line())
    with watched(_source(lines, clock)) as watcher:
        lines.reach(1)
        lines.made[0].give(shot(0))
        watcher.got(1)
        lines.made[0].end()
        watcher.end()
        assert watcher.error is None
        assert watcher.source.read() is None
    assert len(lines.made) == 1


def test_a_mistake_of_the_program_or_of_the_user_is_no_loss(clock: Clock) -> None:
    lines = Lines(Line(fails=UsageError("$CAMERA_PASSWORD is not set")))
    with watched(_source(lines, clock)) as watcher:
        watcher.end()
    assert isinstance(watcher.error, UsageError)


def test_a_change_of_size_is_passed_on(clock: Clock) -> None:
    lines = Lines(Line())
    with watched(_source(lines, clock)) as watcher:
        lines.reach(1)
        lines.made[0].give(shot(0), shot(1, size=(32, 24)))
        watcher.got(2)
    assert [frame.size for frame in watcher.frames] == [SIZE, (32, 24)]


def test_losses_and_returns_are_logged_once_each(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    refused = [Line(fails=SourceError("connection refused")) for _ in range(3)]
    lines = Lines(Line(), *refused)
    with watched(_source(lines, clock)) as watcher:
        lines.reach(1)
        lines.made[0].give(shot(0), SourceError("gone"))
        for attempt in range(4):
            watcher.lost(attempt)
            clock.advance(1)
        lines.reach(5)
        lines.made[4].give(shot(0))
        watcher.got(2)
    assert [record.getMessage() for record in caplog.records] == [
        "cam is lost: gone; trying again",
        "cam is live again after 4 s",
    ]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_tries_that_fail_alike_are_one_change(clock: Clock) -> None:
    lines = Lines(*(Line(fails=SourceError("refused")) for _ in range(6)))
    with watched(_source(lines, clock, Supervision(first_tries=10))) as watcher:
        for attempt in range(1, 7):
            watcher.lost(attempt)
            clock.advance(20)
        lines.reach(7)
        lines.made[6].give(shot(0))
        watcher.got(1)
    assert [(past.state, past.attempts) for past in watcher.source.changes] == [
        (State.CONNECTING, 1),
        (State.LOST, 6),
        (State.CONNECTING, 7),
        (State.LIVE, 0),
    ]


def test_a_blank_frame_in_the_middle_passes_and_is_said(clock: Clock) -> None:
    line = Line()
    with watched(_source(Lines(line), clock)) as watcher:
        line.give(shot(0), blank(1))
        watcher.got(2)
        assert watcher.source.health.reason == "the picture is blank"
        line.give(shot(2, picture=sight(9)))
        watcher.got(3)
        assert watcher.source.health.reason is None
    assert _states(watcher.source) == [State.CONNECTING, State.LIVE]
