"""MP4 without PyAV: MPEG-4 Part 2 at a constant rate, by OpenCV."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2

from livesegment.codecs.constant_rate import ConstantRate
from livesegment.codecs.mpeg4 import storable_rate
from livesegment.errors import SinkError
from livesegment.frame import Image
from livesegment.sessions.export.pictures import USUAL_FPS
from livesegment.sessions.session import Video

FOURCC = "mp4v"
MOST_FPS = 240.0


def write(pictures: Iterable[tuple[float, Image]], like: Video, seconds: float, path: Path) -> int:
    """Write a film.

    Args:
        pictures: times, in seconds from 0, and pictures of one size.
        like: the video whose rate it gets.
        seconds: how long it is to last.
        path: of the film.

    Returns:
        How many pictures it has.

    Raises:
        SinkError: it cannot be written, or was not written whole.
    """
    rate = ConstantRate(storable_rate(min(like.facts.fps or USUAL_FPS, MOST_FPS)))
    writer: Any = None
    last: Image | None = None
    count = 0
    try:
        for time, image in pictures:
            repeats = rate.advance(time)
            if writer is None:
                writer = _open(path, rate.fps, image)
            elif last is not None:
                count += _repeat(writer, last, repeats)
            last = image
        if writer is not None and last is not None:
            count += _repeat(writer, last, rate.finish(seconds))
    finally:
        if writer is not None:
            writer.release()
    if _pictures_of(path) != count:  # OpenCV does not say that a disk is full
        raise SinkError(f"{path.name} could not be written whole", hint="is the disk full?")
    return count


def _open(path: Path, fps: float, image: Image) -> Any:
    size = (image.shape[1], image.shape[0])
    code = cv2.VideoWriter.fourcc(*FOURCC)  # noqa: TID251 -- what it wrote is read back
    writer: Any = cv2.VideoWriter(  # noqa: TID251 -- what it wrote is read back
        str(path), cv2.CAP_FFMPEG, code, fps, size
    )
    if not writer.isOpened():
        raise SinkError(f"OpenCV cannot write {size[0]}x{size[1]} at {fps:g} fps to {path.name}")
    return writer


def _repeat(writer: Any, image: Image, times: int) -> int:
    for _ in range(times):
        if writer.write(image) is False:  # 4.x always says None
            raise SinkError("OpenCV could not write a picture", hint="is the disk full?")
    return times


def _pictures_of(path: Path) -> int:
    capture: Any = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
    capture.release()
    return count
