"""How a live source is, and how it was."""

from livesegment.sources.supervision.health import HealthLog, State
from tests.sources.lines import Clock


def test_it_begins_with_connecting() -> None:
    log = HealthLog(Clock())
    assert log.now.state is State.CONNECTING
    assert list(log.changes) == [log.now]


def test_a_new_state_has_a_time_of_its_own_and_the_same_one_keeps_it() -> None:
    clock = Clock()
    log = HealthLog(clock)
    clock.advance(1)
    log.enter(State.LIVE)
    clock.advance(1)
    log.enter(State.LIVE, reason="the picture is blank")
    assert (log.now.since, log.now.reason) == (101, "the picture is blank")
    assert [past.state for past in log.changes] == [State.CONNECTING, State.LIVE]
    assert log.changes[-1] == log.now


def test_an_outage_is_one_change_however_many_tries_fail() -> None:
    clock = Clock()
    log = HealthLog(clock)
    log.enter(State.LIVE)
    for attempt in range(5):
        clock.advance(10)
        log.enter(State.LOST, attempts=attempt)
        clock.advance(10)
        log.enter(State.CONNECTING, attempts=attempt + 1)
    assert [past.state for past in log.changes][1:] == [State.LIVE, State.LOST, State.CONNECTING]
    lost, connecting = list(log.changes)[-2:]
    assert (lost.since, lost.attempts) == (110, 4)
    assert (connecting.since, connecting.attempts) == (200, 5)
    assert log.now == connecting


def test_the_state_of_now_tells_when_it_was_entered_last() -> None:
    clock = Clock()
    log = HealthLog(clock)
    for _ in range(3):
        clock.advance(10)
        log.enter(State.LOST)
        log.enter(State.CONNECTING)
    clock.advance(10)
    assert log.enter(State.LOST).since == 140
