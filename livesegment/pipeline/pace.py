"""How often frames are taken, and how often they are segmented."""

from typing import Protocol

from livesegment.frame import Frame

EARLY = 0.25
MOST_EARLY = 0.01
"""Share of an interval, and seconds, by which a frame may come early: no camera is punctual."""
REFRESH = 2.0
"""Seconds after which a still scene is segmented all the same."""


class Gate(Protocol):
    """Knows the frame that was segmented last. Used by the segment thread only."""

    def still(self, frame: Frame) -> bool:
        """Whether a frame shows nothing else than the kept one; False where none is.

        Raises:
            UsageError: it has no such place as is to be looked at.
        """
        ...

    def keep(self, frame: Frame) -> None:
        """Compare with this frame from now on."""
        ...

    def forget(self) -> None:
        """Call the next frame changed, whatever it shows."""
        ...


class Throttle:
    """At most so many a second, in the long run, and evenly."""

    def __init__(self, rate: float | None) -> None:
        """Start with the next one due.

        Args:
            rate: a second; None lets everything pass.
        """
        self._interval = 0.0 if rate is None else 1 / rate
        self._due: float | None = None

    def due(self, at: float) -> bool:
        """Whether it is time for another one."""
        early = min(EARLY * self._interval, MOST_EARLY)
        return self._due is None or at >= self._due - early

    def take(self, at: float) -> None:
        """One passes."""
        # Frames fall between two turns, and the next turn must not be late for that; but where a
        # whole turn was missed, none is made up for.
        if self._due is None or at >= self._due + self._interval:
            self._due = at
        self._due += self._interval


class Pace:
    """Says which frames are worth the work; counts the others.

    Times are seconds on the clock of the run: that of the capture where the source is live, that
    of the film otherwise.
    """

    def __init__(
        self,
        *,
        max_fps: float | None = None,
        segment_rate: float | None = None,
        gate: Gate | None = None,
        refresh: float = REFRESH,
    ) -> None:
        """Let everything pass, but for what is asked.

        Args:
            max_fps: frames a second that are taken at most.
            segment_rate: likewise, that are segmented.
            gate: tells whether a frame shows what was segmented last, and need not be; None:
                every frame does.
            refresh: seconds after which it is segmented all the same.
        """
        self.max_fps = max_fps
        self.skipped = 0
        """Frames above `max_fps`."""
        self.over_rate = 0
        """Frames above `segment_rate`."""
        self.still = 0
        """Frames in which nothing had changed."""
        self.confirmed: tuple[int, float] | None = None
        """Index and capture of the newest of these; read from any thread."""
        self._frames = Throttle(max_fps)
        self._segmentations = Throttle(segment_rate)
        self._gate = gate
        self._refresh = refresh
        self._last = 0.0

    def takes(self, at: float) -> bool:
        """Whether a frame is taken; asked by the capture thread, once for each."""
        if not self._frames.due(at):
            self.skipped += 1
            return False
        self._frames.take(at)
        return True

    def segments(self, frame: Frame, at: float) -> bool:
        """Whether a frame is segmented; asked by the segment thread, once for each.

        Raises:
            UsageError: see `Gate.still`.
        """
        if not self._segmentations.due(at):
            self.over_rate += 1
            return False
        if self._gate is not None:
            if at - self._last < self._refresh and self._gate.still(frame):
                self.still += 1
                self.confirmed = frame.index, frame.captured_at
                return False
            self._gate.keep(frame)
        self._segmentations.take(at)
        self._last = at
        return True

    def look_again(self) -> None:
        """Let the next frame not be still: what is looked for has changed."""
        if self._gate is not None:
            self._gate.forget()
