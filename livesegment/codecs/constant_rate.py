"""Frames that come when they like, on a film that runs at one speed."""

import math


class ConstantRate:
    """Says how often the film needs a picture, so that a second of life is a second of film.

    A frame belongs to the slot of its time. Slots that got no frame repeat the one before; of
    several frames in one slot the last is kept. A camera's times jitter around its rate, so the
    next slot in turn is taken as long as it lies within `TOLERANCE` slots of the frame's time:
    otherwise jitter across a slot's edge would repeat and drop frames for ever.
    """

    TOLERANCE = 0.9

    def __init__(self, fps: float) -> None:
        if not (math.isfinite(fps) and fps > 0):
            raise ValueError(f"fps must be positive, got {fps}")
        self.fps = fps
        self._first: float | None = None
        self._slot = 0

    def advance(self, time: float) -> int:
        """A new frame came.

        Args:
            time: of the frame, in seconds of any clock.

        Returns:
            How often the frame before it is to be written: 0 drops it.
        """
        if self._first is None:
            self._first = time
            return 0
        place = (time - self._first) * self.fps
        slot = self._slot + 1
        if abs(place - slot) > self.TOLERANCE:
            slot = max(self._slot, round(place))
        repeats, self._slot = slot - self._slot, slot
        return repeats

    def finish(self, time: float | None = None) -> int:
        """The film ends.

        Args:
            time: when it ends, on the same clock; None: one slot after the last frame.

        Returns:
            How often the last frame is to be written.
        """
        if self._first is None:
            return 0
        if time is None:
            return 1
        return max(1, round((time - self._first) * self.fps) - self._slot)
