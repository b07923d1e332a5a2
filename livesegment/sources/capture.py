"""`cv2.VideoCapture` with its traps taken out, shared by cameras, streams and files."""

import math
import os
import threading
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from livesegment.frame import Image

_opening = threading.Lock()
"""FFmpeg's options come from the environment, which is the whole process's: one open at a time."""

QUIET = "-8"
"""FFmpeg's AV_LOG_QUIET."""


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
    with _opening:
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", QUIET)
        if "OPENCV_LOG_LEVEL" not in os.environ:
            cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
        before = os.environ.get("OPENCV_FFMPEG_CAPTURE_OPTIONS")
        if ffmpeg_options and before is None:
            os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = ffmpeg_options
        try:
            capture = cv2.VideoCapture(target, backend, list(params))
        except cv2.error:
            return None
        finally:
            if before is None:
                os.environ.pop("OPENCV_FFMPEG_CAPTURE_OPTIONS", None)
    return capture if capture.isOpened() else None


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
