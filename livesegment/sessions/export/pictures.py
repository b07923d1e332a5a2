"""The pictures of recorded frames, out of the videos of a session."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livesegment.codecs.mjpeg import jpeg
from livesegment.errors import SourceError, UsageError
from livesegment.frame import Image
from livesegment.sessions.export.base import Export
from livesegment.sessions.lines import RecordedFrame
from livesegment.sessions.session import Session, Video

EXACT = 0.0025
"""Seconds between the clocks of a frame and its picture where each picture has its own time."""
USUAL_FPS = 25.0
"""Of a video of which the manifest does not say it."""
QUALITY = 95
"""Of the JPEGs written, 0..100."""
FOLDER = "images"


class Pictures:
    """Finds the picture of each frame, for frames in the order of their clocks."""

    def __init__(self, session: Session, kind: str) -> None:
        """Look for the videos.

        Args:
            session: whose pictures.
            kind: raw or overlay.

        Raises:
            UsageError: the session has no such video.
            SourceError: the session is of a time when lines and videos had different clocks.
        """
        self._videos = session.videos(kind)
        if not self._videos:
            recorded = "record with --record-raw" if kind == "raw" else "see `sessions show`"
            other = "overlay" if kind == "raw" else "raw"
            there = f"--pictures {other} is there; " if session.videos(other) else ""
            raise UsageError(
                f"{session.name} has no {kind} video",
                hint=f"{there}--pictures none does without; {recorded}",
            )
        if session.facts.schema < 2 and session.facts.live:
            raise SourceError(
                f"{session.name} was recorded before videos and frames had one clock: "
                "which picture belongs to which frame is not known",
                hint="--pictures none does without",
            )
        self._pictures = self._read()
        self._near: tuple[float, float, Image] | None = None
        self._next: tuple[float, float, Image] | None = None
        self._begun = False
        self._clock = 0.0

    def of(self, frame: RecordedFrame) -> Image | None:
        """The picture of a frame, of the frame's size; None where the video misses it.

        Raises:
            SourceError: a video cannot be read.
        """
        clock = self._clock = frame.clock
        if not self._begun:
            self._begun, self._next = True, next(self._pictures, None)
        while self._next is not None and (
            self._near is None or abs(self._next[0] - clock) <= abs(self._near[0] - clock)
        ):
            self._near, self._next = self._next, next(self._pictures, None)
        if self._near is None or abs(self._near[0] - clock) > self._near[1]:
            return None
        width, height = frame.size
        image = self._near[2][:height, :width]  # odd sides were made even
        return image if image.shape[:2] == (height, width) else None

    def _read(self) -> Iterator[tuple[float, float, Image]]:
        """Clock, how far from it a frame may be, and picture, in order."""
        for video, follower in zip(self._videos, [*self._videos[1:], None], strict=True):
            if follower is not None and follower.start <= self._clock:
                continue
            near = EXACT if video.facts.codec in {"h264", "mjpeg"} else _period(video)
            for seconds, image in film(video):
                yield video.start + seconds, near, image


def written(source: Pictures | None, frame: RecordedFrame, folder: Path, made: Export) -> bool:
    """Write the picture of a frame to images/, where pictures are wanted.

    Args:
        source: of the pictures; None: they are not wanted.
        frame: whose picture.
        folder: in which images/ is.
        made: where it is counted if there is none.

    Returns:
        False if there is no picture: then the frame is to be left out.

    Raises:
        SourceError: a video cannot be read.
        SinkError: the picture cannot be a JPEG.
        OSError: the disk refuses.
    """
    if source is None:
        return True
    image = source.of(frame)
    if image is None:
        made.without_picture += 1
        return False
    data = jpeg(np.ascontiguousarray(image), QUALITY)
    (folder / FOLDER / f"{frame.stem}.jpg").write_bytes(data)
    return True


def film(video: Video) -> Iterator[tuple[float, Image]]:
    """Times since the file's beginning, in seconds, and pictures.

    Raises:
        SourceError: it cannot be opened, or holds no picture.
    """
    # What is cut or garbage is said by us; OpenCV and FFmpeg would say it, too.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    capture: Any = cv2.VideoCapture(str(video.path), cv2.CAP_FFMPEG)
    read = 0
    try:
        while capture.isOpened():
            arrived, picture = capture.read()
            if not arrived:
                break
            read += 1
            yield capture.get(cv2.CAP_PROP_POS_MSEC) / 1000, picture
    finally:
        capture.release()
    if read == 0:
        raise unreadable(video)


def unreadable(video: Video) -> SourceError:
    """What to say of a video that cannot be read."""
    return SourceError(
        f"{video.path} cannot be read, or has no picture",
        hint=f"`livesegment sessions repair {video.path.parent}` makes it whole again",
    )


def _period(video: Video) -> float:
    """Seconds that a picture of a video of constant rate lasts."""
    return 1 / (video.facts.fps or USUAL_FPS)
