"""JSON lines for whoever reads them, written by a thread that may wait for them."""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from livesegment.errors import SinkError
from livesegment.sessions.timeline import WallClock
from livesegment.sinks.base import BY_ITSELF, Ending, View
from livesegment.sinks.jsonl import JsonLines, as_line, record
from livesegment.threads.mailbox import Closed, Mailbox, WhenFull
from livesegment.threads.worker import Worker

log = logging.getLogger(__name__)

QUEUE = 256
"""Lines that may wait for whoever reads them."""
LOOK = 0.1
"""Seconds between two looks at whether they are still waited for."""
GRACE = 1.0
"""Seconds that the lines which wait at the end have to get out, where nobody waits for them."""


class QueuedLines:
    """Lines of one source or several, to a file, a pipe or standard output.

    A reader that stops, or a disk that is full, costs lines and nothing else. Only where nothing
    else comes of the run does it end with them.
    """

    def __init__(self, target: str, *, alone: bool) -> None:
        """Open the file, and start the thread. A named pipe is opened there: that may take long.

        Args:
            target: a path, or "-".
            alone: whether nothing else comes of the run.

        Raises:
            SinkError: it cannot be written.
            EngineError: no thread can be had.
        """
        self._target = target
        self._alone = alone
        self._file = None if Path(target).is_fifo() else JsonLines(target)
        self._wall = WallClock()
        self._queue: Mailbox[str] = Mailbox(QUEUE, WhenFull.WAIT)
        self._counting = threading.Lock()
        self._told = self._refused = 0
        self._hurried = self._closed = self._over = False
        self._failure: SinkError | None = None
        self._worker = Worker("lines", self._run)
        try:
            self._worker.start()
        except BaseException:
            if self._file is not None:
                self._file.close(Ending.FAILED)
            raise

    @property
    def lost(self) -> int:
        """Lines that did not reach the file or the reader."""
        written = 0 if self._file is None else self._file.lines
        return self._told - written if self._over else self._refused

    def write(
        self, view: View, source: str | None, *, waits: bool, ended: Callable[[], bool]
    ) -> bool:
        """Leave a view's line for the thread; for any thread, as all of this.

        Args:
            view: what is shown.
            source: where it comes from, if there are several.
            waits: whether to wait for a slow reader, where the line is lost otherwise.
            ended: whether to wait no more.

        Returns:
            False where the run is to end, as nobody reads the lines.

        Raises:
            SinkError: they cannot be written, and nothing else comes of the run.
        """
        self._wall.jumped()
        return self.tell(record(view, self._wall, None, source), waits=waits, ended=ended)

    def tell(
        self,
        row: Mapping[str, Any],
        *,
        waits: bool = False,
        ended: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Leave something else than a view; otherwise as `write`."""

        def patient() -> bool:
            return waits and not self._hurried and not ended()

        line, taken = as_line(row), False
        with suppress(Closed):
            while not taken:
                taken = self._queue.offer(line, LOOK if patient() else 0.0)
                if not patient():
                    break
        with self._counting:
            self._told += 1
            self._refused += not taken
        return self.idle()

    def idle(self) -> bool:
        """Whether the run is to go on; as `write`."""
        if not self._alone or not self._over:
            return True
        if self._failure is not None:
            raise self._failure
        return False

    def hurry(self) -> None:
        """From a signal handler too: wait for no reader any more."""
        self._hurried = True

    def close(self, ending: Ending, *, waits: bool = False) -> None:
        """Write what waits, and close the file. Safe to call twice.

        Args:
            ending: why the run ended.
            waits: whether to wait for a slow reader, where the run ended by itself.

        Raises:
            SinkError: not everything could be written.
        """
        if self._closed:
            return
        self._closed = True
        self._queue.close()
        while waits and ending in BY_ITSELF and not self._hurried and not self._worker.stop(LOOK):
            pass
        self._worker.stop(GRACE)
        self._over = True
        self._queue.close(discard=True)
        if self._failure is not None:
            raise self._failure
        if self._worker.error is not None:
            raise self._worker.error

    def _run(self) -> None:
        try:
            self._file = self._file or JsonLines(self._target)
            try:
                with suppress(Closed):
                    while self._file.append(self._queue.get() or ""):
                        pass
                    self._stopped("whoever read the JSON lines is gone")
            finally:  # here, as nobody else may touch it while a reader keeps this thread waiting
                self._file.close(Ending.USER)
        except SinkError as error:
            self._failure = error
            self._stopped(str(error))
        finally:
            self._over = True
            self._queue.close(discard=True)

    def _stopped(self, why: str) -> None:
        if not self._alone:
            log.warning("%s; the run goes on without them", why)


class SourceLines:
    """The lines of one source; see `Sink`."""

    stage = "jsonl"

    def __init__(
        self,
        lines: QueuedLines,
        name: str | None = None,
        *,
        live: bool,
        ended: Callable[[], bool],
    ) -> None:
        """Get ready.

        Args:
            lines: take them.
            name: of the source, where several share the lines; else they end with it.
            live: whether the source waits for nobody.
            ended: whether the source's run is at its end.
        """
        self._lines = lines
        self._live = live
        self._ended = ended
        self._name = name

    def write(self, view: View) -> bool:
        """Leave a line; see `Sink.write`."""
        return self._lines.write(view, self._name, waits=not self._live, ended=self._ended)

    def idle(self, remade: View | None = None) -> bool:
        """Whether anybody still reads them; see `Sink.idle`."""
        del remade
        return self._lines.idle()

    def close(self, ending: Ending) -> None:
        """Finish the file, if it is this source's alone; see `Sink.close`."""
        if self._name is None:
            self._lines.close(ending, waits=not self._live)
