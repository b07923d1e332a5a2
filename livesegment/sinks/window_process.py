"""The process that has the window, as the run sees it."""

import json
import logging
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import IO, Any, cast

from livesegment.frame import Image
from livesegment.sinks.shared_pictures import SLOTS, SharedPictures
from livesegment.sinks.window_events import WindowEvent, decode
from livesegment.threads.worker import Worker

log = logging.getLogger(__name__)

GRACE = 2.0
"""Seconds that it may take to end before it is made to."""
MOMENT = 1.0
MOST_EVENTS = 64
"""That wait for whoever asks; the oldest beyond are forgotten."""
MOST_BYTES = 4096
"""Of a line."""


class WindowProcess:
    """Starts `screen` in a process of its own and hands pictures over; nothing here ever waits.

    All but the reading belongs to one thread, which must live as long as the window: on Linux the
    process ends with the thread that started it.
    """

    def __init__(self) -> None:
        """Start it; the window opens with the first picture.

        Raises:
            OSError: it cannot be started.
        """
        self._events: deque[list[Any]] = deque(maxlen=MOST_EVENTS)
        self._sent = 0
        self._shown = 0
        """Written by the reading thread only."""
        self._silent = 0.0
        self._looked = 0.0
        """Monotonic time of the last look at whether it is silent."""
        self._seen = 0
        """How many it had shown by then."""
        self._words = ""
        """What it said last that was not meant for us."""
        self._pictures = SharedPictures()
        try:
            self._process = subprocess.Popen(  # noqa: S603 -- this program itself
                [sys.executable, "-m", "livesegment.sinks.screen", self._pictures.handle],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=self._pictures.inherited,
                start_new_session=True,  # Ctrl-C is for the run
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except BaseException:
            self._pictures.close()
            raise
        self._orders = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)
        self._reader = Worker("window", self._read)
        self._reader.start()

    @property
    def opened(self) -> bool:
        """Whether there ever was a window."""
        return self._shown > 0

    @property
    def gone(self) -> bool:
        """Whether it ended; all that it said can be had from `events` then."""
        return not self._reader.is_alive()

    def silence(self) -> float:
        """Seconds for which it has taken nothing though there was something to take.

        To be asked often: of the time between two calls a moment counts at most, as it may have
        been this process that was stopped.
        """
        now, shown = time.monotonic(), self._shown
        if shown == self._sent or shown != self._seen:
            self._silent = 0.0
        else:
            self._silent += min(now - self._looked, MOMENT)
        self._looked, self._seen = now, shown
        return self._silent

    @property
    def reason(self) -> str:
        """Why it is gone."""
        code = self._process.poll() or 0
        if code < 0 and code != -signal.SIGABRT:  # of an abort its library says why
            return f"killed by signal {-code}"
        return self._words.removesuffix(".") or "its process ended"

    def events(self) -> Iterator[list[Any]]:
        """What the user did since the last time: a name and values, as `screen` says them."""
        while self._events:
            yield self._events.popleft()

    def ready(self, image: Image | None) -> bool:
        """Whether it can be handed this picture, or news without one."""
        under_way = self._sent - self._shown
        holds = image is None or self._pictures.holds(image)
        return under_way < SLOTS if holds else under_way == 0

    def send(self, image: Image | None, title: str, *, full: bool) -> None:
        """Have a picture shown, if it is `ready`, under a title, on the full screen or not.

        Raises:
            OSError: there is no memory for it.
        """
        place = None if image is None else self._pictures.put(image)
        order = {"title": title, "full": full, "picture": place, "size": self._pictures.size}
        self._sent += 1
        with suppress(OSError):  # `gone` says so
            self._orders.write(json.dumps(order).encode() + b"\n")
            self._orders.flush()

    def end(self) -> None:
        """End it, by force if it must be. Safe twice."""
        with suppress(OSError):
            self._orders.close()
        # One that has no window yet is still importing, and looks at nothing.
        if not self.opened or not self._ended():
            self._process.kill()
            self._ended()
        if self._reader.stop(GRACE):
            self._answers.close()
        self._pictures.close()

    def _ended(self) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        return self._process.returncode is not None

    def _read(self) -> None:
        """In a thread of its own: its events, and what libraries say in between."""
        for line in iter(partial(self._answers.readline, MOST_BYTES), b""):
            words, event = decode(line)
            if words:
                self._words = words
                log.info("window: %s", words)
            if event == [WindowEvent.SHOWN]:
                self._shown += 1
            elif event is not None:
                self._events.append(event)
