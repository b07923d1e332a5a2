"""The camera behind a server: makes pictures in real time and gives them to all who look."""

import threading
import time
from dataclasses import dataclass

from livesegment.threads.mailbox import Mailbox, WhenFull
from livesegment.threads.worker import Worker
from tests.fakes import CEILING
from tests.servers.coding import Coder
from tests.servers.programme import Programme

MOST_WAITING = 256
"""Pictures for a viewer who does not take them; then the oldest are forgotten."""
MOST_BEHIND = 1.0
"""Seconds after which a camera on a busy machine no longer makes up for what it missed."""


@dataclass(frozen=True, slots=True)
class Coded:
    """One picture as it goes over the network."""

    number: int
    at: float
    """Seconds on the camera's clock."""
    data: bytes
    key: bool
    """Whether it can be read without those before."""


class Camera:
    """Makes pictures while anybody looks; each viewer has a queue, so none waits for another."""

    def __init__(self, programme: Programme, coder: Coder) -> None:
        self.programme = programme
        self.silent = threading.Event()
        """Set: makes no pictures, and its clock goes on."""
        self._coder = coder
        self._viewers: set[Mailbox[Coded]] = set()
        self._changing = threading.Lock()
        self._stopping = threading.Event()
        self._worker = Worker("test-camera", self._work)
        self._worker.start()

    def watch(self) -> Mailbox[Coded]:
        """Get every picture from now on, beginning with one that can be read by itself."""
        viewer: Mailbox[Coded] = Mailbox(MOST_WAITING, WhenFull.DROP_OLDEST)
        with self._changing:
            self._viewers.add(viewer)
        return viewer

    def leave(self, viewer: Mailbox[Coded]) -> None:
        """Get no more."""
        with self._changing:
            self._viewers.discard(viewer)
        viewer.close(discard=True)

    def stop(self) -> None:
        """End it; every queue closes. Safe to call twice."""
        self._stopping.set()
        stopped = self._worker.stop(CEILING)
        with self._changing:
            for viewer in self._viewers:
                viewer.close(discard=True)
        if self._worker.error is not None:
            raise self._worker.error
        assert stopped, "the camera did not stop"

    def _work(self) -> None:
        started = due = time.monotonic()
        begun: set[Mailbox[Coded]] = set()
        while not self._stopping.wait(due - time.monotonic()):
            due = max(due + 1 / self.programme.fps, time.monotonic() - MOST_BEHIND)
            if self.silent.is_set() or not self._viewers:
                continue
            number, picture = self.programme.next()
            at = time.monotonic() - started
            data, key = self._coder.encode(picture)
            coded = Coded(number, at, data, key)
            self.programme.sent_at[number] = time.monotonic()
            with self._changing:
                begun &= self._viewers
                begun |= self._viewers if key else set()
                for viewer in begun:
                    viewer.put(coded)
