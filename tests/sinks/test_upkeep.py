"""Upkeep is done at once, again and again, and ends when it is told to."""

import threading

import pytest

from livesegment.errors import SinkError
from livesegment.sinks.upkeep import Upkeep
from tests.fakes import CEILING, wait_for


def test_every_task_is_done_at_once_and_again() -> None:
    done, often = threading.Event(), threading.Event()
    calls: list[int] = []

    def task() -> None:
        calls.append(1)
        done.set()
        if len(calls) == 3:
            often.set()

    upkeep = Upkeep((task,), interval=0.001)
    wait_for(done)
    wait_for(often)
    upkeep.close()
    upkeep.close()
    upkeep.check()


def test_a_round_can_be_asked_for() -> None:
    first, second = threading.Event(), threading.Event()

    def task() -> None:
        (second if first.is_set() else first).set()

    upkeep = Upkeep((task,), interval=3600)
    wait_for(first)
    upkeep.soon()
    wait_for(second)
    upkeep.close()


def test_what_a_task_raises_is_told_once() -> None:
    def task() -> None:
        raise SinkError("the disk is gone")

    upkeep = Upkeep((task,))
    assert upkeep._worker.stop(CEILING)
    with pytest.raises(SinkError, match="disk is gone"):
        upkeep.check()
    upkeep.check()
    upkeep.close()
