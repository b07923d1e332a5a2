"""The frames of one connection after another, made one stream."""

from dataclasses import replace

from livesegment.frame import Frame

LEAST_STEP = 0.001
"""Seconds from frame to frame, where the source gives less; as fine as a recording tells apart."""


class Splice:
    """Numbers and times frames over all connections of a source.

    Within a connection it goes by the connection's own numbers and stream time; from one to the
    next the number goes on by one, and the stream time by what passed between the two captures.
    """

    def __init__(self) -> None:
        self._epoch = -1
        self._last: Frame | None = None
        """The one handed on last, as it was handed on."""
        self._raw: Frame | None = None
        """The same as it came; None before the first of a connection."""

    def connect(self) -> None:
        """The next frame is the first of a new connection."""
        self._raw = None

    def add(self, frame: Frame) -> Frame:
        """A frame as it came, with its place in the whole stream.

        Its index and stream time only grow, whatever the connection makes of them; its time of
        capture never runs back.
        """
        last, raw = self._last, self._raw
        if raw is None:
            self._epoch += 1
        if last is None:
            index, pts, captured_at = 0, 0.0, frame.captured_at
        else:
            captured_at = max(frame.captured_at, last.captured_at)
            if raw is None:
                index, pts = last.index + 1, last.pts + captured_at - last.captured_at
            else:
                index = last.index + frame.index - raw.index
                pts = last.pts + frame.pts - raw.pts
            index = max(index, last.index + 1)
            pts = max(pts, last.pts + LEAST_STEP)
        placed = replace(frame, index=index, pts=pts, captured_at=captured_at, epoch=self._epoch)
        self._last, self._raw = placed, frame
        return placed
