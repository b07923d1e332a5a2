"""Connections of which a test holds the other end, for tests of what is made of them."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import numpy as np

from livesegment.errors import SourceError
from livesegment.frame import Frame, Image
from livesegment.sources.base import SourceInfo
from livesegment.sources.probes.diagnosis import Diagnosis
from livesegment.sources.supervision.health import Cause, State
from livesegment.sources.supervision.supervised import SupervisedSource
from livesegment.threads.mailbox import Closed, Mailbox, WhenFull
from livesegment.threads.worker import Worker
from tests.fakes import CEILING, FPS, SIZE, image


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds

    def advance_until(self, condition: Callable[[], object]) -> None:
        """Go on, second by second, until something holds that other threads bring about."""

        def so_it_is() -> bool:
            self.now += 1
            return bool(condition())

        eventually(so_it_is)


def sight(number: int = 0, size: tuple[int, int] = SIZE) -> Image:
    """A picture that shows something, another one for each number."""
    noise = np.random.default_rng(number).integers(0, 256, (size[1], size[0], 3))
    return noise.astype(np.uint8)


def shot(
    index: int,
    *,
    picture: int | Image | None = None,
    at: float = 0.0,
    size: tuple[int, int] = SIZE,
) -> Frame:
    """Frame `index` of a connection, with a picture of its own; `picture` says another."""
    shown = (
        picture
        if isinstance(picture, np.ndarray)
        else sight(index if picture is None else picture, size)
    )
    return Frame(shown, index, at, index / FPS)


def blank(index: int, level: int = 0) -> Frame:
    """A frame of one grey."""
    return Frame(image(level), index, 0.0, index / FPS)


class Line:
    """A connection whose frames the test gives."""

    name = "line"
    is_live = True

    def __init__(
        self,
        *,
        fails: BaseException | None = None,
        deaf: bool = False,
        hangs: bool = False,
        fps: float | None = FPS,
        skips: int = 0,
    ) -> None:
        """Say how it does.

        Args:
            fails: what opening it raises.
            deaf: no interrupt wakes it, as in a driver; `release` does.
            hangs: it does so while it opens already.
            fps: that it states.
            skips: frames that it passed over for being late.
        """
        self.skipped_late = skips
        self.opened_in: list[str] = []
        """Names of the threads that opened it."""
        self.closed_in: list[str] = []
        self.released = threading.Event()
        self._fails = fails
        self._deaf = deaf
        self._hangs = hangs
        self._fps = fps
        self._steps: Mailbox[Frame | BaseException | None] = Mailbox(100, WhenFull.WAIT)

    def give(self, *steps: Frame | BaseException) -> None:
        """Let frames come, or an error."""
        for step in steps:
            self._steps.put(step)

    def end(self) -> None:
        """Let it come to its natural end."""
        self._steps.close()

    def release(self) -> None:
        """Let it wake, wherever it hangs."""
        self.released.set()
        self._steps.close()

    def open(self) -> SourceInfo:
        self.opened_in.append(threading.current_thread().name)
        if self._hangs and not self.released.wait(CEILING):
            raise AssertionError("nobody released the line")
        if self._fails is not None:
            raise self._fails
        return SourceInfo(SIZE, self._fps, description=f"line of {self._fps}")

    def read(self) -> Frame | None:
        try:
            step = self._steps.get(CEILING)
        except Closed:
            return None
        if isinstance(step, BaseException):
            raise step
        return step

    def interrupt(self) -> None:
        if not self._deaf:
            self.release()

    def close(self) -> None:
        self.closed_in.append(threading.current_thread().name)


class Lines:
    """Connects: gives the lines that were laid, one after the other, and then new ones."""

    def __init__(self, *laid: Line) -> None:
        self.made: list[Line] = []
        self._laid = list(laid)

    def __call__(self) -> Line:
        line = self._laid.pop(0) if self._laid else Line()
        self.made.append(line)
        return line

    def reach(self, count: int) -> Line:
        """Wait until so many were made: the newest of them."""
        eventually(lambda: len(self.made) >= count)
        return self.made[count - 1]

    def release(self) -> None:
        """Let all of them wake."""
        for line in self.made:
            line.release()


def eventually(condition: Callable[[], object]) -> None:
    """Wait until something holds that other threads bring about."""
    moment = threading.Event()
    for _ in range(int(CEILING / 0.002)):
        if condition():
            return
        moment.wait(0.002)
    raise AssertionError("waited in vain")


class Watcher:
    """Reads a source in a thread of its own, as the pipeline does, and keeps what it gets."""

    def __init__(self, source: SupervisedSource) -> None:
        self.source = source
        self.frames: list[Frame] = []
        self.info: SourceInfo | None = None
        self.ended = threading.Event()
        self.worker = Worker("watcher", self._watch)
        self.worker.start()

    @property
    def error(self) -> BaseException | None:
        """What the source raised."""
        return self.worker.error

    def got(self, count: int) -> None:
        """Wait for so many frames, all in all."""
        eventually(lambda: len(self.frames) >= count)

    def state(self) -> State:
        """How the source is; a call, as it may be another one by the next line."""
        return self.source.health.state

    def lost(self, attempts: int) -> None:
        """Wait until the source is lost, after so many tries."""

        def so_it_is() -> bool:
            health = self.source.health
            return health.state is State.LOST and health.attempts == attempts

        eventually(so_it_is)

    def end(self) -> None:
        """Wait until the source ends by itself."""
        if not self.ended.wait(CEILING):
            raise AssertionError("the source did not end")

    def _watch(self) -> None:
        try:
            self.info = self.source.open()
            while (frame := self.source.read()) is not None:
                self.frames.append(frame)
        finally:
            self.source.close()
            self.ended.set()


@contextmanager
def watched(source: SupervisedSource, lines: Lines | None = None) -> Generator[Watcher]:
    """A source that is read until the block ends; then its deaf `lines` are released."""
    watcher = Watcher(source)
    try:
        yield watcher
    finally:
        source.interrupt()
        if lines is not None:
            lines.release()
        watcher.worker.stop(CEILING)


def broken(count: int) -> list[Line]:
    """Connections that cannot be had."""
    return [Line(fails=SourceError("it broke", hint="mend it")) for _ in range(count)]


def says(cause: Cause, reason: str = "so it is") -> Callable[[SourceError | None], Diagnosis]:
    """A reason that is found out."""
    return lambda error: Diagnosis(cause, reason, "look there")


def go_live(watcher: Watcher, line: Line) -> None:
    """Let a frame come, and wait until it was handed on."""
    before = len(watcher.frames)
    line.give(shot(0))
    watcher.got(before + 1)


def next_wait(watcher: Watcher, clock: Clock) -> float:
    """Seconds until the next try."""
    due = watcher.source.health.next_try
    assert due is not None
    return due - clock.now
