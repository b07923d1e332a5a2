"""As `cv2.VideoCapture` on a stream whose every frame comes when a test wants it to."""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

NONE = -9.2e18
"""FFmpeg's "no time", as OpenCV hands it on."""


class FakeTime:
    """Stands in for the module `time`; goes on only when somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def thread_time(self) -> float:
        return 0.0

    def pass_until(self, then: float) -> None:
        """Wait."""
        self.now = max(self.now, then)


class FakeStop(threading.Event):
    """An event whose waits take no time but that of `FakeTime`."""

    def __init__(self, time: FakeTime) -> None:
        super().__init__()
        self._time = time

    def wait(self, timeout: float | None = None) -> bool:
        self._time.pass_until(self._time.now + (timeout or 0.0))
        return self.is_set()


@dataclass(frozen=True, slots=True)
class Came:
    """One frame, or a failed read."""

    at: float
    """Seconds since the start."""
    stamp: float = math.nan
    """Seconds; NaN: none."""
    whole: bool = True


class FakeCapture:
    """Gives the frames that came, one after the other, and then fails at once for ever."""

    def __init__(
        self,
        time: FakeTime,
        frames: Sequence[Came],
        *,
        fps: float = 25.0,
        count: float = NONE,
        size: tuple[int, int] = (64, 48),
        rated: bool = True,
    ) -> None:
        """Nothing has come yet.

        Args:
            time: goes on with the frames.
            frames: in the order of their coming.
            fps: as OpenCV states it.
            count: of frames, likewise.
            size: (width, height).
            rated: whether `fps` is what the server said; else OpenCV does not count periods.
        """
        self.grabs = self.retrieved = 0
        self.released = False
        self._time = time
        self._started = time.now
        self._frames = iter(frames)
        self._now = Came(0)
        self._fps, self._count, self._size, self._rated = fps, count, size, rated

    def grab(self) -> bool:
        self.grabs += 1
        came = next(self._frames, None)
        if came is None:
            return False
        self._time.pass_until(self._started + came.at)
        self._now = came
        return came.whole

    def retrieve(self) -> tuple[bool, object]:
        self.retrieved += 1
        return True, np.zeros((self._size[1], self._size[0], 3), np.uint8)

    def get(self, prop: int) -> float:
        stamped = not math.isnan(self._now.stamp)
        return {
            cv2.CAP_PROP_FPS: self._fps,
            cv2.CAP_PROP_FRAME_COUNT: self._count,
            cv2.CAP_PROP_FRAME_WIDTH: self._size[0],
            cv2.CAP_PROP_FRAME_HEIGHT: self._size[1],
            cv2.CAP_PROP_POS_MSEC: 1000 * self._now.stamp if stamped else 40.0 * self.grabs,
            cv2.CAP_PROP_PTS: self.grabs if stamped and self._rated else NONE,
        }[prop]

    def release(self) -> None:
        self.released = True
