"""The thread that reads one connection of a live source."""

import statistics
import threading
from collections.abc import Callable
from dataclasses import dataclass

from livesegment.frame import Frame
from livesegment.sources.base import Source, SourceInfo
from livesegment.sources.supervision.health import Tally
from livesegment.threads.mailbox import Closed, Mailbox, WhenFull
from livesegment.threads.worker import Worker

QUEUE = 4
"""Frames that may wait for whoever takes them; newer ones push the oldest out."""
GAPS = 15
"""Between frames, of which the median is the usual one: a stall does not change it."""
ENOUGH_GAPS = 3
LEAST_FPS = 0.1
"""A source that states fewer frames a second is not believed before they came."""
MOST_STUCK = 3
"""Threads that may hang at once; no other is started beside them."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame, and when it came."""

    frame: Frame
    at: float
    """Seconds on the reader's clock."""


class Reader:
    """Opens one connection, reads from it and closes it, all in a thread of its own.

    Nothing of this can be hurried from outside: a driver or FFmpeg may hold the thread for as long
    as it likes. So it is told to stop and left alone. Whenever it wakes it closes its connection,
    and what it may still read goes nowhere.
    """

    def __init__(
        self, name: str, connect: Callable[[], Source], clock: Callable[[], float]
    ) -> None:
        """Nothing runs before `start`.

        Args:
            name: of the source, for the thread's name.
            connect: makes the connection; called in the thread, and may raise as `open` does.
            clock: seconds.
        """
        self.frames: Mailbox[Arrival] = Mailbox(QUEUE, WhenFull.DROP_OLDEST)
        """Closed once no more will come; then `error` says why, if it was no natural end."""
        self.info: SourceInfo | None = None
        """What the connection says of itself; None until it is open."""
        self.error: BaseException | None = None
        self.opened = threading.Event()
        """Set when it is known whether the connection could be opened."""
        self.last = clock()
        """When something came of it last: a frame, or that it is open, or its start."""
        self._connect = connect
        self._clock = clock
        self._told = threading.Event()
        self._connection: Source | None = None
        self._gaps: list[float] = []
        self._seen = 0
        self._worker = Worker(f"reader-{name}", self._body)

    def start(self) -> None:
        """Begin to connect."""
        self._worker.start()

    @property
    def seen(self) -> int:
        """Frames that came."""
        return self._seen

    @property
    def skipped_late(self) -> int:
        """Frames that the connection passed over, as they came too late."""
        skipped: int = getattr(self._connection, "skipped_late", 0)
        return skipped

    @property
    def open_timeout(self) -> float:
        """Seconds that the connection gives itself to be opened; 0 where it does not say."""
        return float(getattr(self._connection, "open_timeout", 0.0))

    @property
    def usual_gap(self) -> float:
        """Seconds between two frames as they came, else as the source states; 0 if unknown."""
        gaps = self._gaps.copy()
        if len(gaps) >= ENOUGH_GAPS:
            return statistics.median(gaps)
        stated = self.info.fps if self.info else None
        return 1 / stated if stated and stated >= LEAST_FPS else 0.0

    @property
    def runs(self) -> bool:
        """Whether its thread still runs, be it asleep in a driver."""
        return self._worker.is_alive()

    def tell(self) -> None:
        """From any thread: let no more frames come, and close the connection when possible."""
        self._told.set()
        self.frames.close(discard=True)
        self.opened.set()
        connection = self._connection
        if connection is not None:
            connection.interrupt()

    def stop(self, seconds: float) -> bool:
        """Tell it, and wait for the thread; False if it did not end within `seconds`."""
        self.tell()
        return self._worker.stop(seconds)

    def _body(self) -> None:
        connection: Source | None = None
        try:
            connection = self._connection = self._connect()
            self._read(connection)
        except Closed:
            pass
        except BaseException as error:
            self.error = error
            raise
        finally:
            # First of all: to give a device back may take as long as to read from it.
            self.frames.close()
            self.opened.set()
            if connection is not None:
                connection.close()

    def _read(self, connection: Source) -> None:
        if self._told.is_set():
            return
        info = connection.open()
        self.last = self._clock()
        self.info = info
        self.opened.set()
        while not self._told.is_set():
            frame = connection.read()
            if frame is None:
                return
            now = self._clock()
            if self._seen:
                self._note_gap(now - self.last)
            self._seen += 1
            self.last = now
            self.frames.put(Arrival(frame, now))

    def _note_gap(self, gap: float) -> None:
        if len(self._gaps) < GAPS:
            self._gaps.append(gap)
        else:
            self._gaps[self._seen % GAPS] = gap


class Readers:
    """The reader of now, and those before it that still hang; one thread alone uses this.

    Only `interrupt` is for any thread.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[], Source],
        clock: Callable[[], float],
        tally: Tally,
    ) -> None:
        """None is there yet.

        Args:
            name: of the source.
            connect: makes a connection.
            clock: seconds.
            tally: keeps count of frames that were overrun, and of readers that were left behind.
        """
        self.now: Reader | None = None
        self._make: Callable[[], Reader] = lambda: Reader(name, connect, clock)
        self._tally = tally
        self._overrun = self._late = 0
        """Of former readers."""
        self._dismissed: Reader | None = None
        self._stuck: list[Reader] = []
        self._stopped = threading.Event()

    @property
    def stuck(self) -> int:
        """How many hang."""
        return len(self._stuck)

    def start(self) -> Reader | None:
        """Begin with a new one; None while too many hang."""
        if self._dismissed is not None and self._dismissed.runs:
            self._leave(self._dismissed)
        self._dismissed = None
        self._stuck = [reader for reader in self._stuck if reader.runs]
        if len(self._stuck) >= MOST_STUCK:
            return None
        reader = self.now = self._make()
        reader.start()
        if self._stopped.is_set():
            reader.tell()
        return reader

    def count(self) -> None:
        """Bring the tally up to date."""
        if self.now is not None:
            self._tally.overrun = self._overrun + self.now.frames.dropped
            self._tally.late = self._late + self.now.skipped_late

    def dismiss(self) -> None:
        """Have done with the one of now, whether it is stuck or not; that is seen later."""
        self.count()
        self._overrun, self._late = self._tally.overrun, self._tally.late
        if self.now is not None:
            self.now.tell()
        self._dismissed, self.now = self.now, None

    def interrupt(self) -> None:
        """Let no more frames come, from this reader or any later one."""
        self._stopped.set()
        reader = self.now
        if reader is not None:
            reader.tell()

    def close(self, seconds: float) -> None:
        """Have done with all of them, waiting for `seconds` at most."""
        self.interrupt()
        self.dismiss()
        dismissed, self._dismissed = self._dismissed, None
        if dismissed is not None and not dismissed.stop(seconds):
            self._leave(dismissed)

    def _leave(self, reader: Reader) -> None:
        self._stuck.append(reader)
        self._tally.abandoned += 1
