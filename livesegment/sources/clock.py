"""A stream's own time, made usable."""

LONGEST_STEP = 3600.0
"""Seconds; a larger step between two frames is a broken time stamp, not a pause."""
MOST_EARLY = 15.0
"""Seconds; no playlist gives frames so long before their time."""
LARGEST_STAMP = 1e10
"""Seconds; FFmpeg's "no time" is far beyond, where a float no longer tells two frames apart."""


class StreamClock:
    """Turns what a container says of a frame's time into one that starts at 0 and only grows.

    Time stamps may stand still or run back for the first frames of a stream that stores frames
    out of order, start again at each opening, or be nonsense throughout. From such a stamp the
    clock moves on by one frame period, and goes by the stamps again from there.
    """

    def __init__(self, period: float) -> None:
        self.period = period
        """Seconds between two frames where the stamps do not tell."""
        self._offset: float | None = None
        """From stamps to this clock; None before the first stamp that means anything."""
        self._last: float | None = None

    def tell(self, stamp: float) -> float:
        """The time of the next frame.

        Args:
            stamp: what the container says, in seconds; may be NaN.
        """
        told = abs(stamp) < LARGEST_STAMP
        now = 0.0 if self._last is None else self._last + self.period
        if told:
            if self._last is not None and self._offset is not None:
                by_stamp = stamp + self._offset
                if self._last < by_stamp < self._last + LONGEST_STEP:
                    now = by_stamp
            self._offset = now - stamp
        self._last = now
        return now


class Playout:
    """When each frame of what arrives in bursts is due: by the stream's own time.

    So that what comes a segment at a time, seconds of it at once, is not shown as if it were new.
    """

    def __init__(self) -> None:
        self.behind = 0.0
        """Seconds by which it is shown later than it began, since frames came too late for that."""
        self._started: float | None = None
        """When the stream's time was 0."""

    def due(self, arrival: float, pts: float) -> float:
        """When a frame is to be shown, in monotonic seconds; not before it came.

        Args:
            arrival: when it came, likewise.
            pts: its time by `StreamClock`.
        """
        if self._started is None or self._started + self.behind + pts - arrival > MOST_EARLY:
            self._started, self.behind = arrival - pts, 0.0  # go by its time from here on
        self.behind = max(self.behind, arrival - (self._started + pts))
        return self._started + pts + self.behind
