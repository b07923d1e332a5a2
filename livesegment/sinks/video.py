"""A video file that says so when it cannot be written."""

import os
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livesegment.errors import SinkError
from livesegment.frame import Image

FOURCC = "mp4v"
"""MPEG-4 Part 2: in every OpenCV wheel, quick, and readable to the last flushed block in MKV."""
MIN_FREE = 200_000_000
"""Bytes; below this the recording ends in good order instead of breaking off."""
CHECK_SECONDS = 1.0
LARGEST_TERM = 65535
"""Of a fraction in MPEG-4's header."""


def storable_rate(fps: float) -> float:
    """The nearest rate that OpenCV's MPEG-4 files can state.

    OpenCV makes of a rate the first decimal fraction within a thousandth of it, and MPEG-4 takes
    fractions of up to 65535 only: 66.6667 would be refused. (`icvInitFFMPEG` in OpenCV's
    cap_ffmpeg_impl.hpp; `mpeg4videoenc.c` in FFmpeg.)

    Args:
        fps: pictures a second, 0.01..650.
    """
    fps = round(fps, 2) if fps > LARGEST_TERM / 1000 else fps
    while True:
        scale = 1
        while abs(int(fps * scale + 0.5) / scale - fps) > 0.001:
            scale *= 10
        near = int(fps * scale + 0.5) / scale
        if near == fps:  # which OpenCV will then make of it, too
            return fps
        fps = near


class VideoFile:
    """Writes pictures at a constant rate to a Matroska file.

    While it grows it is called NAME.part.mkv; only a finished file has its final name.
    `cv2.VideoWriter` itself ignores, without a word, pictures of the wrong size, files that could
    not be opened, and full disks.
    """

    def __init__(self, path: Path, *, fps: float, size: tuple[int, int]) -> None:
        self.path = path
        self.frames = 0
        self._part = path.with_suffix(f".part{path.suffix}")
        self.fps = storable_rate(fps)
        """What the file states, which may differ from what was asked for by a thousandth."""
        self._given = size
        # MPEG-4 has even sides only: an odd last row or column is repeated, not cut off.
        self._size = (size[0] + size[0] % 2, size[1] + size[1] % 2)
        self._checked_at = time.monotonic()
        self._check_disk()
        code = cv2.VideoWriter.fourcc(*FOURCC)  # noqa: TID251 -- this is the wrapper
        self._writer: Any = cv2.VideoWriter(  # noqa: TID251 -- this is the wrapper
            str(self._part), cv2.CAP_FFMPEG, code, self.fps, self._size
        )
        if not self._writer.isOpened():
            self._part.unlink(missing_ok=True)
            raise SinkError(
                f"cannot record {size[0]}x{size[1]} at {fps:g} fps to {path}",
                hint="is the folder writable, and the picture between 2 and 8192 pixels a side?",
            )

    def write(self, image: Image) -> None:
        """Append one picture.

        Raises:
            SinkError: the disk is full or the encoder failed.
        """
        height, width = image.shape[:2]
        if (width, height) != self._given:
            raise SinkError(f"{self.path}: picture is {width}x{height}, the file {self._given}")
        if self._size != self._given:
            image = np.pad(
                image, ((0, self._size[1] - height), (0, self._size[0] - width), (0, 0)), "edge"
            )
        now = time.monotonic()
        if now - self._checked_at > CHECK_SECONDS:
            self._checked_at = now
            self._check_disk()
        if self._writer.write(image) is False:  # 4.x always says None
            raise SinkError(f"{self.path}: the encoder refused a picture", hint="is the disk full?")
        self.frames += 1

    def close(self) -> None:
        """Finish the file and give it its final name; an empty one is removed. Safe twice.

        Raises:
            SinkError: the file could not be finished.
        """
        if self._writer is None:
            return
        self._writer.release()
        self._writer = None
        if self.frames == 0:
            self._part.unlink(missing_ok=True)
            return
        try:
            os.replace(self._part, self.path)  # noqa: PTH105 -- atomic, by name
        except OSError as error:
            raise SinkError(f"cannot finish {self.path}: {error.strerror}") from error

    def _check_disk(self) -> None:
        folder = self.path.parent
        try:
            free = os.statvfs(folder)
        except (OSError, AttributeError) as error:
            if isinstance(error, OSError):
                raise SinkError(f"cannot record into {folder}: {error.strerror}") from error
            return
        if free.f_bavail * free.f_frsize < MIN_FREE:
            raise SinkError(
                f"{folder}: less than {MIN_FREE // 1_000_000} MB left on this disk",
                hint="make room, or record to another disk with --record DIR",
            )
