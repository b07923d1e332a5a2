"""When a live source is tried again, how often, and when it is given up."""

import threading

import pytest

from livesegment.errors import SourceError
from livesegment.sources.supervision.health import Cause, Supervision
from livesegment.sources.supervision.supervised import SupervisedSource
from tests.sources.lines import (
    Clock,
    Line,
    Lines,
    broken,
    eventually,
    go_live,
    next_wait,
    says,
    shot,
    watched,
)

pytestmark = pytest.mark.usefixtures("short_ticks", "short_looks")


def test_the_first_connection_is_tried_a_few_times(clock: Clock) -> None:
    lines = Lines(*broken(5))
    source = SupervisedSource("cam", lines, supervision=Supervision(first_tries=3), clock=clock)
    with watched(source) as watcher:
        for attempt in (1, 2):
            watcher.lost(attempt)
            clock.advance(3)
        watcher.end()
        assert isinstance(watcher.error, SourceError)
        assert str(watcher.error) == "cam cannot be opened: it broke"
        assert watcher.error.hint == "mend it"
        assert watcher.error.__cause__ is not None
    assert len(lines.made) == 3
    assert source.health.next_try is None


def test_what_another_try_does_not_mend_is_given_up_at_once_at_first(clock: Clock) -> None:
    lines = Lines(*broken(2))
    wrong = says(Cause.UNAUTHORISED, "wrong password")
    with watched(SupervisedSource("cam", lines, diagnose=wrong, clock=clock)) as watcher:
        watcher.end()
        assert str(watcher.error) == "cam cannot be opened: wrong password"
    assert len(lines.made) == 1


def test_a_connection_without_a_frame_is_a_failed_try(clock: Clock) -> None:
    lines = Lines(Line(), Line())
    source = SupervisedSource("cam", lines, supervision=Supervision(first_tries=2), clock=clock)
    with watched(source) as watcher:
        eventually(lambda: watcher.info)
        clock.advance(5.1)
        watcher.lost(1)
        clock.advance(1)
        eventually(lambda: len(lines.made) == 2 and source._readers.now)
        reader = source._readers.now
        assert reader is not None
        eventually(lambda: reader.info)
        clock.advance(5.1)
        watcher.end()
        assert str(watcher.error) == "cam cannot be opened: no frame for 4.5 s"


def test_a_source_that_was_live_is_tried_for_ever(clock: Clock) -> None:
    lines = Lines(Line(), *broken(40))
    with watched(SupervisedSource("cam", lines, clock=clock)) as watcher:
        lines.reach(1)
        go_live(watcher, lines.made[0])
        lines.made[0].give(SourceError("gone"))
        for attempt in range(40):
            watcher.lost(attempt)
            clock.advance(13)
        lines.reach(41)
        assert not watcher.ended.is_set()


def test_a_limit_of_tries_counts_since_frames_came_last(clock: Clock) -> None:
    lines = Lines(Line(), *broken(1), Line(), *broken(2))
    source = SupervisedSource("cam", lines, supervision=Supervision(retry=2), clock=clock)
    with watched(source) as watcher:
        lines.reach(1)
        go_live(watcher, lines.made[0])
        lines.made[0].give(SourceError("gone"))
        for attempt in (0, 1):
            watcher.lost(attempt)
            clock.advance(3)
        lines.reach(3)
        go_live(watcher, lines.made[2])
        lines.made[2].give(SourceError("gone"))
        for attempt in (0, 1):
            watcher.lost(attempt)
            clock.advance(13)
        watcher.end()
        assert str(watcher.error) == "cam is lost: it broke"
    assert len(lines.made) == 5


def test_no_try_at_all_may_be_wanted(clock: Clock) -> None:
    lines = Lines(Line())
    source = SupervisedSource("cam", lines, supervision=Supervision(retry=0), clock=clock)
    with watched(source) as watcher:
        lines.reach(1)
        go_live(watcher, lines.made[0])
        lines.made[0].give(SourceError("gone"))
        watcher.end()
        assert str(watcher.error) == "cam is lost: gone"
    assert len(lines.made) == 1


def test_pauses_grow_and_begin_anew_after_it_was_live_for_a_while(clock: Clock) -> None:
    lines = Lines(Line(), Line(), Line(), Line())
    waits = []
    with watched(SupervisedSource("cam", lines, clock=clock)) as watcher:
        for turn in range(4):
            line = lines.reach(turn + 1)
            go_live(watcher, line)
            if turn == 2:
                for i in range(1, 40):
                    clock.advance(1)
                    line.give(shot(i))
                    watcher.got(turn + 1 + i)
            line.give(SourceError("gone"))
            watcher.lost(0)
            waits.append(next_wait(watcher, clock))
            clock.advance(13)
    for wait, usual in zip(waits, (0.5, 1.0, 0.5, 1.0), strict=True):
        assert usual * 0.8 <= wait <= usual * 1.2


def test_a_wrong_password_is_tried_slowly_once_it_was_live(clock: Clock) -> None:
    lines = Lines(Line(), *broken(2))
    wrong = says(Cause.UNAUTHORISED, "wrong password")
    with watched(SupervisedSource("cam", lines, diagnose=wrong, clock=clock)) as watcher:
        lines.reach(1)
        go_live(watcher, lines.made[0])
        lines.made[0].give(SourceError("gone"))
        eventually(lambda: watcher.source.health.cause is Cause.UNAUTHORISED)
        assert 24 <= next_wait(watcher, clock) <= 36


def test_a_stream_that_was_there_is_tried_quickly_for_a_while(clock: Clock) -> None:
    lines = Lines(Line(), *broken(9))
    missing = says(Cause.NOT_FOUND, "no such stream")
    waits = []
    with watched(SupervisedSource("cam", lines, diagnose=missing, clock=clock)) as watcher:
        lines.reach(1)
        go_live(watcher, lines.made[0])
        lines.made[0].give(SourceError("gone"))
        for attempt in range(7):
            watcher.lost(attempt)
            eventually(lambda: watcher.source._outage and not watcher.source._outage._asked)
            waits.append(next_wait(watcher, clock))
            clock.advance(40)
    assert all(wait <= 12 for wait in waits[:5])
    assert all(wait >= 24 for wait in waits[5:])


def test_a_source_that_answers_again_is_tried_before_the_pause_is_over(clock: Clock) -> None:
    lines = Lines(Line(), *broken(1))
    there = threading.Event()
    looks: list[bool] = []

    def answers() -> bool:
        looks.append(there.is_set())
        return there.is_set()

    with watched(SupervisedSource("cam", lines, answers=answers, clock=clock)) as watcher:
        lines.reach(1)
        go_live(watcher, lines.made[0])
        lines.made[0].give(SourceError("gone"))
        eventually(lambda: len(looks) >= 3)
        assert len(lines.made) == 1
        there.set()
        lines.reach(2)


def test_a_source_that_answers_all_the_time_is_not_tried_before_the_pause_is_over(
    clock: Clock,
) -> None:
    lines = Lines(Line(), *broken(1))
    looks: list[None] = []

    def answers() -> bool:
        looks.append(None)
        return True

    with watched(SupervisedSource("cam", lines, answers=answers, clock=clock)) as watcher:
        lines.reach(1)
        go_live(watcher, lines.made[0])
        lines.made[0].give(SourceError("gone"))
        eventually(lambda: len(looks) >= 10)
        assert len(lines.made) == 1
        assert watcher.source.health.next_try is not None
