"""Cameras of this machine."""

import logging
import os
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from livesegment.errors import SourceError
from livesegment.frame import Frame, Image
from livesegment.sources.base import SourceInfo
from livesegment.sources.cameras.camera_mode import (
    COMPRESSED,
    Given,
    Wish,
    believable,
    choose,
    falls_short,
    known_format,
)
from livesegment.sources.cameras.v4l2 import Mode
from livesegment.sources.cameras.wanted_camera import WantedCamera
from livesegment.sources.capture import as_bgr, open_capture, stated

LOST_AFTER = 5
"""So many failed reads in a row mean that the camera is gone."""
SILENT_AFTER = 3.5
"""Seconds without a picture, or with damaged ones only, that mean the same."""
SELECT_TIMEOUT = 2
"""Seconds that OpenCV waits for a picture from V4L2, instead of 10; it takes whole ones only."""
BUFFERS = 2
"""Pictures in V4L2's queue: one is filled while the other is read. With one, a camera of 30 frames
a second gives 15; OpenCV's four can make a late reader look up to four pictures into the past."""

BACKENDS = {
    "linux": (cv2.CAP_V4L2,),
    "win32": (cv2.CAP_DSHOW, cv2.CAP_MSMF),
    "darwin": (cv2.CAP_AVFOUNDATION,),
}
"""`sys.platform` -> backends, tried in that order. They are always named: OpenCV's search over all
of them crashes. Media Foundation takes seconds to open, and as many for each property set."""
ORDERS = {
    cv2.CAP_V4L2: ("buffers", "format", "size", "fps"),
    cv2.CAP_DSHOW: ("size", "fps", "format"),
    cv2.CAP_MSMF: ("size", "fps"),
    cv2.CAP_AVFOUNDATION: ("size", "fps"),
}
"""Backend -> what is set, in the order in which it takes: V4L2 starts anew, at a rate of its own,
after each but the last; DirectShow forgets the format when the size is set after it."""
USUAL = Wish((1280, 720), 30.0, "MJPG")
"""That a backend is asked for which does not tell its modes; it gives the nearest that it has."""

_log = logging.getLogger(__name__)


class CameraSource:
    """One connection to a camera; see `Source`. Its end by itself is an error.

    Args:
        camera: a number, path or name; or who remembers which camera that was.
        size: wanted, as (width, height).
        fps: wanted frames a second.
        format: wanted, such as MJPG.

    Raises:
        UsageError: the camera or the format is none.
    """

    is_live = True

    def __init__(
        self,
        camera: int | str | WantedCamera,
        *,
        size: tuple[int, int] | None = None,
        fps: float | None = None,
        format: str | None = None,  # noqa: A002 -- as --camera-format
    ) -> None:
        self.wanted = camera if isinstance(camera, WantedCamera) else WantedCamera(camera)
        self.name = self.wanted.name
        self.given: Given | None = None
        """What the camera gives; None until it is open."""
        self._wish = Wish(size, fps, known_format(format) if format else None)
        self._capture: Any = None
        self._stopped = threading.Event()
        self._waiting: Image | None = None
        self._compressed = False
        self._arrived = 0.0
        self._index = 0
        self._first = 0.0

    def open(self) -> SourceInfo:
        """Open the camera and read its first picture; see `Source.open`."""
        modes: Sequence[Mode] = ()
        target: int | str = self.wanted.text
        if self.wanted.has_nodes:
            # Read by OpenCV at the first picture that lets it wait.
            os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(SELECT_TIMEOUT))
            camera = self.wanted.find()
            target, modes = camera.path, self.wanted.device(camera).modes
        elif self.wanted.text.isdecimal():
            target = int(self.wanted.text)
        else:
            raise SourceError(f"{self.name}: on this system cameras have numbers only")
        for backend in BACKENDS.get(sys.platform, (cv2.CAP_ANY,)):
            self._capture = open_capture(target, backend)
            if self._capture is not None:
                return self._begin(backend, modes)
        found = self.wanted.diagnose()
        raise SourceError(f"{self.name}: {found.reason}", hint=found.hint)

    def read(self) -> Frame | None:
        """The next frame; see `Source.read`."""
        if self._waiting is None:
            self._waiting = self._picture()
        picture, self._waiting = self._waiting, None
        if picture is None or self._stopped.is_set():
            return None
        index, self._index = self._index, self._index + 1
        self._first = self._first or self._arrived
        return Frame(picture, index, self._arrived, self._arrived - self._first)

    def interrupt(self) -> None:
        """Let the next read end; see `Source.interrupt`."""
        self._stopped.set()

    def close(self) -> None:
        """Give the camera back; see `Source.close`."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _begin(self, backend: int, modes: Sequence[Mode]) -> SourceInfo:
        asked = choose(modes, self._wish) if modes else _filled(self._wish, backend)
        _ask(self._capture, backend, asked)
        self._compressed = self._takes_jpeg(backend)
        try:
            self._waiting = self._picture()
        except SourceError as error:
            self.close()
            found = self.wanted.diagnose(error)
            raise SourceError(f"{self.name}: {found.reason}", hint=found.hint) from error
        given = self.given = self._given(modes)
        description = f"{self._capture.getBackendName()} camera, {given}"
        if falls_short(given, self._wish):
            description += f" (asked for {self._wish})"
            if description not in self.wanted.warned:
                self.wanted.warned.add(description)
                _log.warning("%s gives %s, not %s as asked for", self.name, given, self._wish)
        return SourceInfo(size=given.size, fps=given.fps, description=description)

    def _takes_jpeg(self, backend: int) -> bool:
        """Have JPEG pictures handed over as they are, where that is possible.

        Of one that is damaged beyond decoding OpenCV says nothing and gives the picture before it
        once more, or for a first one whatever is in memory.
        """
        letters = _letters(self._capture.get(cv2.CAP_PROP_FOURCC))
        if backend != cv2.CAP_V4L2 or letters not in COMPRESSED:
            return False
        return bool(self._capture.set(cv2.CAP_PROP_CONVERT_RGB, 0))

    def _given(self, modes: Sequence[Mode]) -> Given:
        """What the camera really gives: its picture knows best."""
        size = (
            int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )
        if self._waiting is not None:
            height, width = self._waiting.shape[:2]
            size = (width, height)
        letters = _letters(self._capture.get(cv2.CAP_PROP_FOURCC))
        given = Given(size, stated(self._capture, cv2.CAP_PROP_FPS, most=1000), letters)
        return Given(size, believable(given.fps, given, modes), letters)

    def _picture(self) -> Image | None:
        """The next picture, or None once interrupted."""
        started = time.monotonic()
        failed = 0
        while failed < LOST_AFTER:
            if self._stopped.is_set():
                return None
            arrived, picture = self._capture.read()
            self._arrived = time.monotonic()
            if arrived and self._compressed:
                picture = _decoded(picture)
            if arrived and picture is not None and picture.size:
                return as_bgr(picture)
            if not (arrived and self._compressed):  # a damaged picture is no failed read
                failed += 1
            if self._arrived - started > SILENT_AFTER:
                break
        if self._stopped.is_set():
            return None
        raise SourceError(
            f"{self.name} gives no {'more frames' if self._index else 'picture'}",
            hint="was it unplugged, or taken by another program?",
        )


def _decoded(jpeg: Any) -> Image | None:
    """The picture of a JPEG; None where there is none in it."""
    if jpeg is None:
        return None
    data = np.asarray(jpeg, np.uint8)
    if data.ndim == 3 and data.shape[2] == 3:  # a picture all the same
        return data
    try:
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:
        return None
    return None if picture is None else np.asarray(picture, np.uint8)


def _filled(wish: Wish, backend: int) -> Wish:
    """What to ask of a camera whose modes are not known."""
    if backend == cv2.CAP_V4L2:
        return wish
    return Wish(wish.size or USUAL.size, wish.fps or USUAL.fps, wish.format or USUAL.format)


def _ask(capture: Any, backend: int, asked: Wish) -> None:
    """Set what is asked for. No answer is believed: what comes of it is looked at afterwards."""
    for what in ORDERS.get(backend, ()):
        if what == "buffers":
            capture.set(cv2.CAP_PROP_BUFFERSIZE, BUFFERS)
        elif what == "format" and asked.format is not None:
            capture.set(cv2.CAP_PROP_FOURCC, _code(asked.format))
        elif what == "size" and asked.size is not None:
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, asked.size[0])
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, asked.size[1])
        elif what == "fps" and asked.fps is not None:
            capture.set(cv2.CAP_PROP_FPS, asked.fps)


def _code(letters: str) -> int:
    """A FOURCC, as OpenCV takes it."""
    return int.from_bytes(letters.ljust(4).encode("ascii"), "little")


def _letters(value: float) -> str:
    """A FOURCC as OpenCV gives it, as letters; empty where it is none."""
    if not 0 < value < 2**32:
        return ""
    letters = int(value).to_bytes(4, "little").decode("latin-1").rstrip("\0 ")
    letters = letters.upper()
    return {"YUY2": "YUYV"}.get(letters, letters) if letters.isprintable() else ""
