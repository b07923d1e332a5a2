"""A supervised source that is read in a thread of its own, and all that came of it."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from livesegment.sources.base import Source
from livesegment.sources.supervision.health import Health, State, Supervised
from livesegment.threads.worker import Worker
from tests.fakes import CEILING
from tests.servers.patience import until
from tests.servers.programme import Programme, number_of


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame as it was handed on."""

    number: int | None
    """That the picture carries; None where it has none, or is damaged."""
    age: float | None
    """Seconds from the server's sending to the hand-over."""
    index: int
    epoch: int
    pts: float
    captured_at: float
    late: float
    size: tuple[int, int]
    black: bool
    at: float
    """Monotonic seconds of the hand-over."""


class Watched:
    """Reads a source until the end, and keeps what it gave."""

    def __init__(self, source: Source, programme: Programme) -> None:
        assert isinstance(source, Supervised)
        self.source = source
        self.health: Supervised = source
        self.frames: list[Seen] = []
        self.started = time.monotonic()
        self._programme = programme
        self._worker = Worker("test-watched", self._work)
        self._worker.start()

    @property
    def error(self) -> BaseException | None:
        """What the source failed with."""
        return self._worker.error

    @property
    def over(self) -> bool:
        """Whether the source has ended."""
        return not self._worker.is_alive()

    @property
    def states(self) -> list[State]:
        """All that it was, the present state last."""
        return [change.state for change in self.health.changes]

    def entered(self, state: State, after: float) -> Health | None:
        """The first entry into a state at or after a time; None before that."""
        entries = (one for one in list(self.health.changes) if one.since >= after)
        return next((one for one in entries if one.state is state), None)

    def until_state(self, state: State, after: float, ceiling: float = 2 * CEILING) -> Health:
        """Wait for the first entry into a state since a time."""
        until(lambda: self.entered(state, after) or self.over, ceiling)
        found = self.entered(state, after)
        assert found is not None, f"it was {self.states}, and ended with {self.error}"
        return found

    def until_frame(
        self, wanted: Callable[[Seen], object] = lambda _: True, ceiling: float = 2 * CEILING
    ) -> Seen:
        """Wait for the next frame that is wanted, from now on."""
        first = len(self.frames)
        found: list[Seen] = []

        def come() -> bool:
            found.extend(frame for frame in self.frames[first:] if wanted(frame))
            return bool(found) or self.over

        until(come, ceiling)
        assert found, f"it was {self.states}, and ended with {self.error}"
        return found[0]

    def until_number(self, number: int) -> Seen:
        """Wait for the next frame whose picture carries at least a number."""
        return self.until_frame(lambda frame: (frame.number or -1) >= number)

    def stop(self) -> None:
        """Interrupt the source and wait for its end."""
        self.source.interrupt()
        assert self._worker.stop(CEILING), "the source did not heed the interrupt"

    def _work(self) -> None:
        try:
            self.source.open()
            while (frame := self.source.read()) is not None:
                seen = Seen(
                    number_of(frame.image),
                    self._programme.age(frame.image),
                    frame.index,
                    frame.epoch,
                    frame.pts,
                    frame.captured_at,
                    frame.late,
                    frame.size,
                    not frame.image.any(),
                    time.monotonic(),
                )
                self.frames.append(seen)
        finally:
            self.source.close()


@contextmanager
def watched(source: Source, programme: Programme) -> Generator[Watched]:
    """Read a source for the length of the block."""
    watching = Watched(source, programme)
    try:
        yield watching
    finally:
        watching.stop()


@dataclass(frozen=True, slots=True)
class Holdings:
    """What this process holds open."""

    threads: int
    sockets: int
    resident: int
    """Bytes of memory."""


def holdings() -> Holdings:
    """What this process holds open now."""
    sockets = 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            sockets += str(entry.readlink()).startswith("socket:")
        except OSError:  # the folder that is being read, for one
            continue
    pages = int(Path("/proc/self/statm").read_text("utf-8").split()[1])
    return Holdings(threading.active_count(), sockets, pages * 4096)
