"""`cv2.VideoCapture` with its traps taken out, shared by cameras, streams and files."""

import math
import os
import sys
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livesegment import most_pixels
from livesegment.frame import Image
from livesegment.image_files import openable, quiet_opencv, too_large

QUIET = "-8"
"""FFmpeg's AV_LOG_QUIET."""
OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
UNLOCKED = "OPENCV_FFMPEG_IS_THREAD_SAFE"
SIDES = (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
READ_BY_THEN = 0.25
"""Seconds after which an open has read its options for sure: that is the first thing it does."""


class _Options:
    """FFmpeg's options, which come from the environment and so are the whole process's.

    Opens with the same options go on side by side. One with others waits until those under way
    have read theirs, not until they end: a camera that hangs must not keep the others from opening.
    What the user set is left alone.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ours: str | None = None
        """What was put into the environment; None: nothing so far."""
        self._begun: dict[object, float] = {}
        """When the opens under way began."""

    @contextmanager
    def set(self, options: str) -> Generator[None]:
        """Have them set while a capture is opened; "" for none."""
        one = object()
        with self._changed:
            now = os.environ.get(OPTIONS)
            is_the_users = now is not None and now != self._ours
            if options != (now or "") and not is_the_users:
                self._wait_until_read()
                # Never removed again: to shrink the environment under C code is a danger.
                os.environ[OPTIONS] = self._ours = options
            self._begun[one] = time.monotonic()
        try:
            yield
        finally:
            with self._changed:
                del self._begun[one]
                self._changed.notify_all()

    def _wait_until_read(self) -> None:
        while self._begun:
            newest = max(self._begun.values())
            left = newest + READ_BY_THEN - time.monotonic()
            if left <= 0:
                return
            self._changed.wait(left)


_options = _Options()


def open_capture(
    target: str | int, backend: int, params: Sequence[int] = (), *, ffmpeg_options: str = ""
) -> Any:
    """Open a capture.

    Args:
        target: path, URL or camera number.
        backend: `cv2.CAP_...`; always stated, as some backends crash on what others refuse.
        params: pairs of property and value.
        ffmpeg_options: "key;value|key;value"; replaces OpenCV's own, TCP for RTSP among them.

    Returns:
        A `cv2.VideoCapture`, or None where it could not be opened.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", QUIET)
    if sys.platform == "linux":
        # Else OpenCV opens one at a time, files too, and a server that does not answer holds up
        # all others. Its wheels' FFmpeg has locks of its own.
        os.environ.setdefault(UNLOCKED, "1")
    quiet_opencv()
    try:
        if backend == cv2.CAP_FFMPEG:
            with _options.set(ffmpeg_options):
                capture = cv2.VideoCapture(target, backend, list(params))
        else:
            capture = cv2.VideoCapture(target, backend, list(params))
    except cv2.error:
        return None
    return capture if capture.isOpened() else None


def open_file(path: Path) -> Any:
    """Open a video file, whatever its name is; otherwise as `open_capture`.

    Raises:
        SourceError: it has no name that can be opened, or pictures that would fill the memory.
    """
    with openable(path) as name:
        capture = open_capture(name, cv2.CAP_FFMPEG)
    if capture is not None:
        check_size(capture, str(path))
    return capture


def check_size(capture: Any, name: str) -> None:
    """Refuse pictures that would fill the memory, before one is decoded.

    Raises:
        SourceError: they would; the capture is closed.
    """
    size = [stated(capture, prop, most=1e9) for prop in SIDES]
    width, height = (int(side or 0) for side in size)
    if width * height > most_pixels():
        capture.release()
        raise too_large(name, (width, height))


def stated(capture: Any, prop: int, *, most: float) -> float | None:
    """A property's value, or None where it is nonsense: zero, negative, infinite or too large."""
    value = float(capture.get(prop))
    return value if math.isfinite(value) and 0 < value <= most else None


def as_bgr(picture: Any) -> Image:
    """A picture as OpenCV may hand it over, made (h, w, 3) uint8 BGR.

    Grey, grey with alpha, and BGR with alpha are converted; 16 bits are cut to the upper 8.
    """
    image = np.asarray(picture)
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    elif image.dtype != np.uint8:
        image = np.clip(np.nan_to_num(image) * 255, 0, 255).astype(np.uint8)
    if image.ndim == 2 or image.shape[2] in {1, 2}:
        grey = image if image.ndim == 2 else image[:, :, 0]
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
    if image.shape[2] == 4:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGRA2BGR), np.uint8)
    return image
