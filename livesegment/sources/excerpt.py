"""A part of a film, and a film in real time that waits for whoever watches it."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from livesegment.frame import Frame
from livesegment.sources.base import Source, SourceInfo

LATE = 0.25
"""Seconds; a frame asked for later than this comes after a pause, which is not made up for."""
LONGEST_WAIT = 10.0
"""Seconds; a longer time without a picture is cut to this."""


class Excerpt:
    """The beginning of a film; see `Source`.

    Both limits count from the film's first frame, whatever its index and its time are.
    """

    is_live = False

    def __init__(
        self, source: Source, *, frames: int | None = None, seconds: float | None = None
    ) -> None:
        self._source = source
        self._frames = frames
        self._seconds = seconds
        self._given = 0
        self._first = 0.0

    @property
    def name(self) -> str:
        """The film's name."""
        return self._source.name

    def open(self) -> SourceInfo:
        """Open the film; see `Source.open`."""
        info = self._source.open()
        limited = self._frames is not None or self._seconds is not None
        return replace(info, frame_count=None) if limited else info

    def read(self) -> Frame | None:
        """The next frame, None after the last within the limits; see `Source.read`."""
        if self._frames is not None and self._given >= self._frames:
            return None
        frame = self._source.read()
        if frame is None:
            return None
        if not self._given:
            self._first = frame.pts
        if self._seconds is not None and frame.pts - self._first >= self._seconds:
            return None
        self._given += 1
        return frame

    def interrupt(self) -> None:
        """Let the next read end; see `Source.interrupt`."""
        self._source.interrupt()

    def close(self) -> None:
        """Close the film; see `Source.close`."""
        self._source.close()


class PacedSource:
    """A film at its own rate of which no frame is missed; see `Source`.

    Unlike `RealtimeSource` it is no camera: who asks late, because the picture was paused, gets
    the next frame and the film goes on from there.
    """

    is_live = False

    def __init__(self, source: Source, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._clock = clock
        self._stopped = threading.Event()
        self._begun: float | None = None
        """Monotonic time of the film's second 0."""

    @property
    def name(self) -> str:
        """The film's name."""
        return self._source.name

    def open(self) -> SourceInfo:
        """Open the film; see `Source.open`."""
        return self._source.open()

    def read(self) -> Frame | None:
        """The next frame, at its time; see `Source.read`."""
        frame = self._source.read()
        if frame is None:
            return None
        now = self._clock()
        if self._begun is None or now - (self._begun + frame.pts) > LATE:
            self._begun = now - frame.pts
        wait = self._begun + frame.pts - now
        if wait > LONGEST_WAIT:
            self._begun -= wait - LONGEST_WAIT
            wait = LONGEST_WAIT
        if self._stopped.wait(max(0.0, wait)):
            return None
        return replace(frame, captured_at=self._clock())

    def interrupt(self) -> None:
        """End the wait; see `Source.interrupt`."""
        self._stopped.set()
        self._source.interrupt()

    def close(self) -> None:
        """Close the film; see `Source.close`."""
        self._source.close()
