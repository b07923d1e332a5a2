"""A film played as if a camera saw it."""

import threading
import time
from dataclasses import replace

from livesegment.frame import Frame
from livesegment.sources.base import Source, SourceInfo


class RealtimeSource:
    """Plays a source at its own rate: each frame is handed over when its time has come."""

    is_live = True

    def __init__(self, source: Source) -> None:
        self._source = source
        self._stopped = threading.Event()
        self._started: float | None = None

    @property
    def name(self) -> str:
        """The name of what is played."""
        return self._source.name

    def open(self) -> SourceInfo:
        """Open what is played; see `Source.open`."""
        return self._source.open()

    def read(self) -> Frame | None:
        """The next frame, at its time; see `Source.read`."""
        frame = self._source.read()
        if frame is None:
            return None
        now = time.monotonic()
        if self._started is None:
            self._started = now - frame.pts
        if self._stopped.wait(max(0.0, self._started + frame.pts - now)):
            return None
        return replace(frame, captured_at=time.monotonic())

    def interrupt(self) -> None:
        """End the wait; see `Source.interrupt`."""
        self._stopped.set()
        self._source.interrupt()

    def close(self) -> None:
        """Close what is played; see `Source.close`."""
        self._source.close()


class RetimedSource:
    """A film at another rate than its own: frame i comes at i / fps."""

    def __init__(self, source: Source, fps: float) -> None:
        self._source = source
        self._fps = fps

    @property
    def name(self) -> str:
        """The name of what is played."""
        return self._source.name

    @property
    def is_live(self) -> bool:
        """As the source is."""
        return self._source.is_live

    def open(self) -> SourceInfo:
        """Open the film; see `Source.open`."""
        return replace(self._source.open(), fps=self._fps)

    def read(self) -> Frame | None:
        """The next frame with its new time; see `Source.read`."""
        frame = self._source.read()
        return None if frame is None else replace(frame, pts=frame.index / self._fps)

    def interrupt(self) -> None:
        """Let the next read end; see `Source.interrupt`."""
        self._source.interrupt()

    def close(self) -> None:
        """Close the film; see `Source.close`."""
        self._source.close()
