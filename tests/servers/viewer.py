"""A plain viewer of a stream, to see that the servers of the tests do what they say."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import cv2

from livesegment.frame import Image
from tests.servers.programme import number_of

PATIENCE = 4000
"""Milliseconds that it waits for the server."""
_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"


class Viewer:
    """Reads pictures as they come."""

    def __init__(self, capture: Any) -> None:
        self._capture = capture

    @property
    def is_open(self) -> bool:
        """Whether the server gave a stream."""
        return bool(self._capture.isOpened())

    def read(self) -> Image | None:
        """The next picture; None where none came, or it could not be decoded."""
        arrived, picture = self._capture.read()
        return picture if arrived else None

    def read_until(self, number: int, most: int = 400) -> list[int | None]:
        """The numbers of the pictures up to the first of at least `number`."""
        found: list[int | None] = []
        for _ in range(most):
            picture = self.read()
            found.append(None if picture is None else number_of(picture))
            last = found[-1]
            if last is not None and last >= number:
                return found
        raise AssertionError(f"picture {number} never came: {found[-10:]}")


@contextmanager
def viewer(url: str, *, udp: bool = False, patience: int = PATIENCE) -> Generator[Viewer]:
    """Open a stream for the length of the block, whether that works or not."""
    before = os.environ.get(_OPTIONS)
    os.environ[_OPTIONS] = f"rtsp_transport;{'udp' if udp else 'tcp'}"
    try:
        capture = cv2.VideoCapture(
            url,
            cv2.CAP_FFMPEG,
            [
                *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, patience),
                *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, patience),
                *(cv2.CAP_PROP_N_THREADS, 1),
            ],
        )
    finally:
        del os.environ[_OPTIONS]
        if before is not None:
            os.environ[_OPTIONS] = before
    try:
        yield Viewer(capture)
    finally:
        capture.release()
