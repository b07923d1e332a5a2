"""Video files, and pipes that carry a video."""

import stat
import sys
import threading
import time
from pathlib import Path
from typing import Any

import cv2

from livesegment.errors import SourceError
from livesegment.frame import Frame
from livesegment.sources.base import SourceInfo
from livesegment.sources.capture import as_bgr, check_size, open_capture, open_file, stated
from livesegment.sources.clock import StreamClock

DAMAGED_FRAMES = 50
"""So many failed reads in a row are the end: damaged frames come singly or in short runs."""
MOST_FPS = 1000.0
USUAL_FPS = 25.0
"""Where the file states none."""


class VideoSource:
    """A video file, a FIFO, or standard input ("-"); see `Source`."""

    is_live = False

    def __init__(self, path: str, *, loop: bool = False) -> None:
        self.name = "stdin" if path == "-" else Path(path).name
        self._path = path
        self._loop = loop
        self._capture: Any = None
        self._stopped = threading.Event()
        self._index = 0
        self._round = 0
        """Index of the first frame since the file was opened last."""
        self._clock = StreamClock(1 / USUAL_FPS)

    def open(self) -> SourceInfo:
        """Open the file; see `Source.open`."""
        self._capture = self._open()
        fps = stated(self._capture, cv2.CAP_PROP_FPS, most=MOST_FPS)
        count = stated(self._capture, cv2.CAP_PROP_FRAME_COUNT, most=1e9)
        width = stated(self._capture, cv2.CAP_PROP_FRAME_WIDTH, most=1e5)
        height = stated(self._capture, cv2.CAP_PROP_FRAME_HEIGHT, most=1e5)
        self._clock.period = 1 / (fps or USUAL_FPS)
        return SourceInfo(
            size=(int(width or 0), int(height or 0)),
            fps=fps,
            frame_count=None if self._loop or self._is_pipe() or count is None else int(count),
            description=f"{self._capture.getBackendName()} file",
        )

    def read(self) -> Frame | None:
        """The next frame; damaged ones are left out; see `Source.read`."""
        while not self._stopped.is_set():
            picture = self._grab()
            if picture is None:
                if not self._rewind():
                    self._check_gave_any()
                    return None
                continue
            pts = self._clock.tell(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
            index, self._index = self._index, self._index + 1
            return Frame(as_bgr(picture), index, time.monotonic(), pts)
        return None

    def interrupt(self) -> None:
        """Let the next read end; see `Source.interrupt`."""
        self._stopped.set()

    def close(self) -> None:
        """Close the file; see `Source.close`."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _open(self) -> Any:
        if self._path == "-" and sys.stdin is not None and sys.stdin.isatty():
            raise SourceError(
                "--source - reads a video from standard input, which is a terminal here",
                hint="ffmpeg -i VIDEO -f mpegts - | livesegment --source -",
            )
        if self._path == "-":
            if (capture := open_capture("pipe:0", cv2.CAP_FFMPEG)) is not None:
                check_size(capture, self.name)
        else:
            self._check_file()
            capture = open_file(Path(self._path))
        if capture is None:
            raise SourceError(
                f"{self.name} is no video that can be read, or is damaged",
                hint="`ffprobe FILE` says what it is; `ffmpeg -i FILE new.mkv` may mend it",
            )
        return capture

    def _check_file(self) -> None:
        path = Path(self._path)
        try:
            found = path.stat()
        except OSError as error:
            raise SourceError(f"cannot read {path}: {error.strerror}") from error
        if stat.S_ISREG(found.st_mode) and found.st_size == 0:
            raise SourceError(f"{path} is empty")

    def _is_pipe(self) -> bool:
        return self._path == "-" or not Path(self._path).is_file()

    def _grab(self) -> Any:
        """The next picture, over damaged ones; None at the end."""
        for _ in range(DAMAGED_FRAMES):
            if self._stopped.is_set():
                return None
            arrived, picture = self._capture.read()
            if arrived and picture is not None and picture.size:
                return picture
        return None

    def _rewind(self) -> bool:
        """Start again, where that was asked for and the last round gave anything at all."""
        ended = self._index == self._round or self._is_pipe() or self._stopped.is_set()
        if not self._loop or ended:
            return False
        self.close()
        self._capture = self._open()
        self._round = self._index
        return True

    def _check_gave_any(self) -> None:
        """A file that opens and holds not one picture, as of a codec that is not there."""
        if self._index == 0 and not self._stopped.is_set():
            raise SourceError(
                f"no picture of {self.name} can be decoded",
                hint="`ffprobe FILE` says what it is; `ffmpeg -i FILE new.mkv` may mend it",
            )
