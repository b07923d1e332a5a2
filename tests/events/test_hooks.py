"""Telling others, and never waiting for them."""

import logging
import threading
from pathlib import Path

import pytest

from livesegment.events.hooks import QUEUE, HookError, Hooks, Message
from tests.fakes import wait_for


def message(number: int = 0) -> Message:
    return Message("new", f"id-{number}", "person", Path("/a/clip"), Path("/a"), b"{}")


class Ear:
    """Hears what it is told; `wait` holds it up, `failure` is raised."""

    name = "--exec ear"

    def __init__(self, *, hangs: bool = False, failure: str = "") -> None:
        self.heard: list[str] = []
        self.busy = threading.Event()
        self.go_on = threading.Event()
        self._hangs = hangs
        self._failure = failure

    def deliver(self, message: Message, stop: threading.Event) -> None:
        self.busy.set()
        if self._hangs:
            wait_for(stop)
            raise HookError("stopped")
        if self._failure:
            raise HookError(self._failure)
        self.heard.append(message.id)


def test_everything_is_delivered_in_order() -> None:
    ear, other = Ear(), Ear()
    hooks = Hooks([ear, other])
    for number in range(20):
        hooks.tell(message(number))
    hooks.close()
    hooks.close()
    assert ear.heard == other.heard == [f"id-{number}" for number in range(20)]
    assert hooks.problems == []


def test_a_hook_that_hangs_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    hanging, ear = Ear(hangs=True), Ear()
    hooks = Hooks([hanging, ear])
    hooks.tell(message())
    wait_for(hanging.busy)
    for number in range(1, 10 * QUEUE):
        hooks.tell(message(number))
    hooks.close(0.2)
    assert "id-0" in ear.heard
    assert hanging.heard == []
    forgotten = 9 * QUEUE - 1
    assert hooks.problems[0] == (
        f"--exec ear: {forgotten} forgotten while it was busy, {QUEUE + 1} given up at the end"
    )
    assert "too slow" in caplog.text


def test_a_hook_that_fails_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    hooks = Hooks([Ear(failure="exit status 3")])
    for number in range(5):
        hooks.tell(message(number))
    hooks.close()
    warnings = [one.message for one in caplog.records if one.levelno == logging.WARNING]
    assert warnings == ["--exec ear: exit status 3; the run goes on", "--exec ear: 5 failed"]
    assert hooks.problems == ["--exec ear: 5 failed"]


def test_after_the_end_nothing_is_told() -> None:
    ear = Ear()
    hooks = Hooks([ear])
    hooks.close()
    hooks.tell(message())
    assert ear.heard == []


def test_no_hooks_are_hooks_too() -> None:
    hooks = Hooks()
    hooks.tell(message())
    hooks.close()
    assert hooks.problems == []
