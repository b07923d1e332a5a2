"""One thing shared by turns."""

import threading
import time
from collections.abc import Callable

import pytest

from livesegment.threads.fair import FairTurn, Party
from livesegment.threads.mailbox import Closed
from livesegment.threads.worker import Worker
from tests.fakes import CEILING, wait_for


def _start(name: str, body: Callable[[], None]) -> Worker:
    worker = Worker(name, body)
    worker.start()
    return worker


def asking(turn: FairTurn, count: int) -> None:
    """Wait until so many stand in the queue, whoever has the turn included."""
    deadline = time.monotonic() + CEILING
    while len(turn._queue.waiting) + (turn._queue.holder is not None) != count:
        assert time.monotonic() < deadline, "nobody asked"
        threading.Event().wait(0.001)


def _ask(turn: FairTurn, party: Party, number: int, passed: list[int], count: int) -> Worker:
    """Let one more ask, so that `count` stand in the queue then."""

    def body() -> None:
        with party.take():
            passed.append(number)

    worker = _start(str(number), body)
    asking(turn, count)
    return worker


def _queue_up(turn: FairTurn, parties: list[Party], passed: list[int]) -> list[Worker]:
    """Let parties ask one after the other, while one has the turn."""
    return [_ask(turn, party, number, passed, number + 2) for number, party in enumerate(parties)]


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    turn, passed = FairTurn(), list[int]()
    with turn.party().take():
        workers = _queue_up(turn, [turn.party() for _ in range(8)], passed)
    assert all(worker.stop(CEILING) for worker in workers)
    assert passed == list(range(8))


def test_only_one_has_the_turn() -> None:
    turn, inside, most = FairTurn(), list[int](), list[int]()

    def body(party: Party) -> None:
        for _ in range(200):
            with party.take():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    workers = [_start(str(n), lambda: body(turn.party())) for n in range(6)]
    assert all(worker.stop(CEILING) for worker in workers)
    assert [worker.error for worker in workers] == [None] * 6
    assert len(most) == 1200
    assert set(most) == {1}


def test_who_asks_again_at_once_goes_to_the_end() -> None:
    turn, passed = FairTurn(), list[str]()
    greedy, patient = turn.party(), turn.party()

    def body() -> None:
        for _ in range(3):
            with patient.take():
                passed.append("patient")

    with greedy.take():
        worker = _start("patient", body)
        asking(turn, 2)
    for _ in range(3):
        with greedy.take():
            passed.append("greedy")
            if len(passed) < 6:
                asking(turn, 2)
    assert worker.stop(CEILING)
    assert passed == ["patient", "greedy"] * 3


def test_who_does_not_ask_holds_nobody_up() -> None:
    turn = FairTurn()
    turn.party()
    busy = turn.party()
    for _ in range(5):
        with busy.take(0) as mine:
            assert mine


def test_closing_sends_away_who_waits_and_lets_the_others_through() -> None:
    turn, passed = FairTurn(), list[int]()
    parties = [turn.party() for _ in range(3)]
    with turn.party().take():
        first, second, third = _queue_up(turn, parties, passed)
        parties[1].close()
        assert second.stop(CEILING), "it does not wait for whoever has the turn"
        assert isinstance(second.error, Closed)
        assert passed == []
    assert first.stop(CEILING)
    assert third.stop(CEILING)
    assert passed == [0, 2]


def test_the_first_of_the_queue_may_go_too() -> None:
    turn, passed = FairTurn(), list[int]()
    parties = [turn.party() for _ in range(2)]
    with turn.party().take():
        workers = _queue_up(turn, parties, passed)
        parties[0].close()
    assert all(worker.stop(CEILING) for worker in workers)
    assert passed == [1]


def test_a_turn_that_goes_on_is_not_cut_short_by_closing() -> None:
    turn, holds, go = FairTurn(), threading.Event(), threading.Event()
    party, other = turn.party(), turn.party()

    def body() -> None:
        with party.take():
            holds.set()
            wait_for(go)

    worker = _start("holds", body)
    wait_for(holds)
    party.close()
    late = list[int]()
    waits = _queue_up(turn, [other], late)
    assert late == []
    go.set()
    assert worker.stop(CEILING)
    assert worker.error is None
    assert waits[0].stop(CEILING)
    assert late == [0]


def test_a_closed_party_gets_no_turn() -> None:
    party = FairTurn().party()
    party.close()
    party.close()
    with pytest.raises(Closed), party.take():
        pytest.fail("it had one")


def test_a_failure_in_a_turn_gives_it_back() -> None:
    turn = FairTurn()
    with pytest.raises(ValueError, match="mine"), turn.party().take():
        raise ValueError("mine")
    with turn.party().take():
        pass


def test_who_has_no_patience_goes_on_without() -> None:
    turn = FairTurn()
    busy, hasty = turn.party(), turn.party()
    with busy.take():
        with hasty.take(0) as mine:
            assert not mine
        with hasty.take(0.01) as mine:
            assert not mine
        with pytest.raises(ValueError, match="mine"), hasty.take(0):
            raise ValueError("mine")
    with hasty.take(0) as mine:
        assert mine


def test_who_went_on_without_keeps_the_place_but_holds_nobody_up() -> None:
    turn, passed = FairTurn(), list[int]()
    hasty, others = turn.party(), [turn.party() for _ in range(3)]
    holds, go = threading.Event(), threading.Event()

    def hold() -> None:
        with others[0].take():
            holds.set()
            wait_for(go)

    busy = turn.party()
    with busy.take():
        with hasty.take(0) as mine:
            assert not mine
        first = _start("first", hold)
        asking(turn, 2)
    wait_for(holds)  # though hasty asked before: it was not there
    workers = _queue_up(turn, others[1:], passed)
    comes_back = _ask(turn, hasty, 99, passed, 4)
    go.set()
    assert all(worker.stop(CEILING) for worker in (first, comes_back, *workers))
    assert passed == [99, 0, 1]
