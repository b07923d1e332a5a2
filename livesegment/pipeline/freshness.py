"""Whether the masks at hand still tell of the frame shown."""

from collections import deque
from statistics import median

from livesegment.frame import Frame
from livesegment.instances import Segmentation

LEAST, MOST = 1.0, 10.0
"""Seconds that a result is trusted for, however often results come."""
INTERVALS = 3
"""A result is trusted for so many times the usual time between two."""
REMEMBERED = 5
"""Intervals that tell what is usual: one long pause must not count."""


class Freshness:
    """Judges masks for what hides objects: where they are not to be trusted, all is hidden.

    They are not before the first result of a scene, which begins with the source, each new
    connection and each new size of its pictures, nor once the newest result is too old.
    """

    def __init__(self) -> None:
        self._scene: object = None
        self._begun = 0
        """Index of the first frame of the scene that was shown."""
        self._key: Segmentation | None = None
        self._intervals: deque[float] = deque(maxlen=REMEMBERED)

    def covers(
        self, frame: Frame, key: Segmentation | None, confirmed: tuple[int, float] | None = None
    ) -> bool:
        """Whether a result tells where the objects of a frame are.

        Args:
            frame: the one shown; asked for in the order of showing.
            key: the result that its masks go back to.
            confirmed: index and capture of the newest frame of which it is known that it has the
                same objects, where one is.
        """
        scene = frame.epoch, frame.size
        if scene != self._scene:
            self._scene, self._begun, self._key = scene, frame.index, None
            self._intervals.clear()
        if key is None or key.size != frame.size:
            return False
        index, at = max((key.frame_index, key.captured_at), confirmed or (-1, 0.0))
        if index < self._begun:
            return False
        if key is not self._key:
            if self._key is not None and key.frame_index != self._key.frame_index:
                self._intervals.append(key.captured_at - self._key.captured_at)
            self._key = key
        usual = median(self._intervals) if self._intervals else 0.0
        return frame.captured_at - at <= min(MOST, max(LEAST, INTERVALS * usual))
