"""A stream's own time, made usable."""

LONGEST_STEP = 3600.0
"""Seconds; a larger step between two frames is a broken time stamp, not a pause."""
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
