"""Why a live source is lost: told at once, and better once it was found out."""

import threading

import pytest

from livesegment.errors import SourceError
from livesegment.sources.probes.diagnosis import Diagnosis
from livesegment.sources.supervision.health import Cause, State, Supervision
from livesegment.sources.supervision.supervised import SupervisedSource
from tests.fakes import wait_for
from tests.sources.lines import (
    Clock,
    Line,
    Lines,
    broken,
    eventually,
    go_live,
    says,
    watched,
)

pytestmark = pytest.mark.usefixtures("short_ticks", "short_looks")


def test_the_reason_that_was_found_out_is_told(clock: Clock) -> None:
    lines = Lines(Line())
    refused = says(Cause.REFUSED, "nobody listens there")
    with watched(SupervisedSource("cam", lines, diagnose=refused, clock=clock)) as watcher:
        lines.reach(1)
        go_live(watcher, lines.made[0])
        lines.made[0].give(SourceError("the stream stopped"))
        eventually(lambda: watcher.source.health.cause is Cause.REFUSED)
        assert watcher.source.health.reason == "nobody listens there"
        assert watcher.source.health.next_try is not None


def test_a_loss_is_told_before_its_reason_is_found_out(clock: Clock) -> None:
    lines = Lines(Line())
    answer = threading.Event()

    def diagnose(error: SourceError | None) -> Diagnosis:
        wait_for(answer)
        return Diagnosis(Cause.REFUSED, "nobody listens there")

    with watched(SupervisedSource("cam", lines, diagnose=diagnose, clock=clock)) as watcher:
        lines.reach(1)
        go_live(watcher, lines.made[0])
        lines.made[0].give(SourceError("the stream stopped"))
        watcher.lost(0)
        assert watcher.source.health.reason == "the stream stopped"
        since = watcher.source.health.since
        clock.advance(0.1)
        answer.set()
        eventually(lambda: watcher.source.health.reason == "nobody listens there")
        assert watcher.source.health.since == since


def test_what_was_noticed_stands_where_nothing_is_found_out(clock: Clock) -> None:
    lines = Lines(Line())
    nothing = says(Cause.UNKNOWN, "no idea")
    with watched(SupervisedSource("cam", lines, diagnose=nothing, clock=clock)) as watcher:
        lines.reach(1)
        go_live(watcher, lines.made[0])
        clock.advance(6)
        watcher.lost(0)
        eventually(lambda: watcher.source._outage and not watcher.source._outage._asked)
        assert watcher.source.health.reason == "no frame for 4.5 s"
        assert watcher.source.health.cause is Cause.SILENT


def test_a_reason_that_cannot_be_found_out_is_no_failure_of_the_run(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    def diagnose(error: SourceError | None) -> Diagnosis:
        raise OSError("no network at all")

    lines = Lines(*broken(1), Line())
    with watched(SupervisedSource("cam", lines, diagnose=diagnose, clock=clock)) as watcher:
        watcher.lost(1)
        eventually(lambda: "no network at all" in caplog.text)
        clock.advance(1)
        lines.reach(2)
        go_live(watcher, lines.made[1])
        assert watcher.state() is State.LIVE


def test_a_source_that_is_given_up_waits_for_the_reason_but_not_for_ever(clock: Clock) -> None:
    lines = Lines(*broken(1))
    release = threading.Event()

    def diagnose(error: SourceError | None) -> Diagnosis:
        wait_for(release)
        return Diagnosis(Cause.REFUSED, "too late")

    source = SupervisedSource(
        "cam", lines, supervision=Supervision(retry=1), diagnose=diagnose, clock=clock
    )
    with watched(source) as watcher:
        watcher.lost(1)
        assert not watcher.ended.is_set()
        clock.advance(6)
        watcher.end()
        release.set()
        assert str(watcher.error) == "cam cannot be opened: it broke"


def test_where_the_look_for_a_reason_takes_long_the_next_try_waits_for_it(clock: Clock) -> None:
    lines = Lines(*broken(1), Line())
    release = threading.Event()

    def diagnose(error: SourceError | None) -> Diagnosis:
        wait_for(release)
        return Diagnosis(Cause.TIMEOUT, "it takes the connection and says nothing")

    with watched(SupervisedSource("cam", lines, diagnose=diagnose, clock=clock)) as watcher:
        watcher.lost(1)
        clock.advance(3)
        release.set()
        lines.reach(2)
        assert watcher.source.health.cause is Cause.TIMEOUT


def test_looks_for_a_reason_do_not_pile_up(clock: Clock) -> None:
    lines = Lines(*broken(4))
    release = threading.Event()
    asked: list[SourceError | None] = []

    def diagnose(error: SourceError | None) -> Diagnosis:
        asked.append(error)
        wait_for(release)
        return Diagnosis(Cause.REFUSED, "refused")

    source = SupervisedSource(
        "cam", lines, supervision=Supervision(first_tries=9), diagnose=diagnose, clock=clock
    )
    with watched(source) as watcher:
        for attempt in (1, 2, 3):
            watcher.lost(attempt)
            clock.advance(6)
        watcher.lost(4)
        assert len(asked) == 1
        release.set()
        eventually(lambda: source.health.cause is Cause.REFUSED)
        assert len(asked) == 2


def test_the_reason_of_the_last_try_stands_until_that_of_the_next_one_is_known(
    clock: Clock,
) -> None:
    lines = Lines(*broken(3))
    first, release = threading.Event(), threading.Event()

    def diagnose(error: SourceError | None) -> Diagnosis:
        if first.is_set():
            wait_for(release)
        first.set()
        return Diagnosis(Cause.REFUSED, "refused" if not release.is_set() else "still refused")

    with watched(SupervisedSource("cam", lines, diagnose=diagnose, clock=clock)) as watcher:
        eventually(lambda: watcher.source.health.cause is Cause.REFUSED)
        clock.advance(1)
        watcher.lost(2)
        assert watcher.source.health.reason == "refused"
        release.set()
        eventually(lambda: watcher.source.health.reason == "still refused")
