"""Telling others of events, beside the run and never in its way."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from livesegment.errors import EngineError
from livesegment.threads.mailbox import Closed, Mailbox, WhenFull
from livesegment.threads.worker import Worker

log = logging.getLogger(__name__)

QUEUE = 64
"""Messages that may wait for one hook; beyond them the oldest is forgotten."""
DRAIN_SECONDS = 5.0
"""That the end of a run waits for messages to be delivered."""
LET_GO_SECONDS = 3.0
"""That a delivery which was broken off has to end."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a hook is told."""

    type: str
    """new or end."""
    id: str
    condition: str
    clip: Path | None
    """The clip's final name; until the end of the event it has another."""
    session: Path
    data: bytes
    """The line of events.jsonl."""


class HookError(Exception):
    """A message could not be delivered; the text says why, without passwords."""


class Hook(Protocol):
    """Somebody who is told of events. Called from a thread of its own."""

    @property
    def name(self) -> str:
        """For messages, without passwords: `--exec notify`."""
        ...

    def deliver(self, message: Message, stop: threading.Event) -> None:
        """Deliver one message.

        Args:
            message: what to tell.
            stop: once it is set, give up soon.

        Raises:
            HookError: it was not taken.
        """
        ...


class Hooks:
    """Every hook of a run, each behind a queue of its own.

    Made once for a run; sessions come and go. Whoever made it closes it at the end of the run.
    """

    def __init__(self, hooks: Sequence[Hook] = ()) -> None:
        self._queues = [_Queue(hook) for hook in hooks]

    def tell(self, message: Message) -> None:
        """Leave a message for each; returns at once."""
        for queue in self._queues:
            queue.put(message)

    def close(self, seconds: float = DRAIN_SECONDS) -> None:
        """Deliver what waits, for so long at most; then give up what is left. Safe twice."""
        until = time.monotonic() + seconds
        for queue in self._queues:
            queue.end()
        for queue in self._queues:
            queue.join(max(0.0, until - time.monotonic()))

    @property
    def problems(self) -> list[str]:
        """What did not arrive, in words, a line for each hook."""
        return [text for queue in self._queues if (text := queue.problem)]


class _Queue:
    """One hook, its messages and its thread."""

    def __init__(self, hook: Hook) -> None:
        self._hook = hook
        self._messages: Mailbox[Message] = Mailbox(QUEUE, WhenFull.DROP_OLDEST)
        self._stop = threading.Event()
        self._worker: Worker | None = None
        self._delivering = False
        self._failed = self._given_up = 0
        self._full_said = False

    def put(self, message: Message) -> None:
        try:
            self._messages.put(message)
        except Closed:
            return
        if self._messages.dropped and not self._full_said:
            self._full_said = True
            log.warning("%s is too slow: events that it is not told of are counted", self.name)
        if self._worker is None:
            worker = Worker("hook", self._run)
            try:
                worker.start()
            except EngineError as error:  # perhaps one can be had for the next message
                log.warning("%s: %s; the run goes on", self.name, error)
                return
            self._worker = worker

    @property
    def name(self) -> str:
        return self._hook.name

    @property
    def problem(self) -> str | None:
        counts = (
            (self._failed, "failed"),
            (self._messages.dropped, "forgotten while it was busy"),
            (self._given_up, "given up at the end"),
        )
        said = [f"{count} {what}" for count, what in counts if count]
        return f"{self.name}: {', '.join(said)}" if said else None

    def end(self) -> None:
        self._messages.close()

    def join(self, seconds: float) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        if not worker.stop(seconds):
            self._given_up = len(self._messages) + self._delivering
            self._messages.close(discard=True)
            self._stop.set()
            worker.stop(LET_GO_SECONDS)
        if self.problem:
            log.warning("%s", self.problem)

    def _run(self) -> None:
        while True:
            try:
                message = self._messages.get()
            except Closed:
                return
            if message is not None:
                self._deliver(message)

    def _deliver(self, message: Message) -> None:
        self._delivering = True
        try:
            self._hook.deliver(message, self._stop)
        except HookError as error:
            if self._stop.is_set():
                return  # counted as given up
            self._failed += 1
            if self._failed == 1:
                log.warning("%s: %s; the run goes on", self.name, error)
            else:
                log.info("%s: %s", self.name, error)
        finally:
            self._delivering = False
