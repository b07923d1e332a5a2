"""Cameras of this machine."""

import sys
import threading
import time
from pathlib import Path
from typing import Any

import cv2

from livesegment.errors import SourceError
from livesegment.frame import Frame
from livesegment.sources.base import SourceInfo
from livesegment.sources.capture import as_bgr, open_capture, stated

LOST_AFTER = 5
"""So many failed reads in a row mean that the camera is gone."""
BACKENDS = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_DSHOW, "darwin": cv2.CAP_AVFOUNDATION}
"""`sys.platform` -> backend. One is always named: OpenCV's search over all of them crashes."""


class CameraSource:
    """A camera by number or by device path; see `Source`."""

    is_live = True

    def __init__(self, camera: int | str) -> None:
        self.name = f"camera {camera}" if isinstance(camera, int) else Path(camera).name
        self._camera = camera
        self._capture: Any = None
        self._stopped = threading.Event()
        self._index = 0
        self._first = 0.0

    def open(self) -> SourceInfo:
        """Open the camera; see `Source.open`."""
        if isinstance(self._camera, str) and not Path(self._camera).exists():
            raise SourceError(f"{self._camera}: no such device", hint=self._hint())
        backend = BACKENDS.get(sys.platform, cv2.CAP_ANY)
        self._capture = open_capture(self._camera, backend)
        if self._capture is None:
            raise SourceError(f"{self.name} cannot be opened", hint=self._hint())
        return SourceInfo(
            size=(
                int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
                int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
            ),
            fps=stated(self._capture, cv2.CAP_PROP_FPS, most=1000),
            description=f"{self._capture.getBackendName()} camera",
        )

    def read(self) -> Frame | None:
        """The next frame; see `Source.read`."""
        for _ in range(LOST_AFTER):
            if self._stopped.is_set():
                return None
            arrived, picture = self._capture.read()
            now = time.monotonic()
            if arrived and picture is not None and picture.size:
                index, self._index = self._index, self._index + 1
                self._first = self._first or now
                return Frame(as_bgr(picture), index, now, now - self._first)
        if self._stopped.is_set():
            return None
        raise SourceError(
            f"{self.name} gives no more frames",
            hint="was it unplugged, or taken by another program?",
        )

    def interrupt(self) -> None:
        """Let the next read end; see `Source.interrupt`."""
        self._stopped.set()

    def close(self) -> None:
        """Give the camera back; see `Source.close`."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    @staticmethod
    def _hint() -> str:
        if sys.platform != "linux":
            return "is it plugged in, and free? try another number, or --source FILE"
        found = sorted(str(path) for path in Path("/dev").glob("video*"))
        there = f"found: {', '.join(found)}; " if found else "this machine has no /dev/video*; "
        return there + "`livesegment demo` and `--source FILE|URL` work without a camera"
