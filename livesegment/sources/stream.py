"""Network streams: RTSP, HTTP (MJPEG, HLS), UDP and whatever else FFmpeg opens by URL."""

import threading
import time
from typing import Any

import cv2

from livesegment.errors import SourceError
from livesegment.frame import Frame
from livesegment.sources.base import SourceInfo
from livesegment.sources.capture import as_bgr, open_capture, stated
from livesegment.sources.clock import StreamClock
from livesegment.sources.url import redact, short_name

OPEN_TIMEOUT = 5.0
READ_TIMEOUT = 3.0
"""Seconds; FFmpeg's own are 30, for which the program would seem to hang."""
LOST_AFTER = 3
"""So many failed reads in a row mean that the stream is gone; single ones are damaged frames."""
USUAL_FPS = 25.0
MOST_EARLY = 15.0
"""Seconds; no playlist gives frames so long before their time."""
MOST_BACKLOG = 1.0
"""Seconds spent on it; a server that plays a recording faster than life never ends it."""
NO_STAMP = 1e18
"""`CAP_PROP_PTS` beyond this is FFmpeg's "none"; `CAP_PROP_POS_MSEC` is then invented, as if every
stream without time stamps, such as MJPEG over HTTP, had 25 frames a second."""


class StreamSource:
    """A stream by URL; see `Source`.

    Decoded by one thread: FFmpeg's frame threads each hold a frame back, which at 16 cores is 0.6
    seconds of delay. RTSP goes over TCP. The second of backlog that probing collects is read away
    at the start; FFmpeg's own `nobuffer` throws the first key frame away with it, and then shows
    nothing until the next one, seconds later.
    """

    is_live = True

    def __init__(self, url: str) -> None:
        self.name = short_name(url)
        scheme, rest = url.split("://", 1)
        self._url = f"{scheme.lower()}://{rest}"  # FFmpeg knows no RTSP://
        self._capture: Any = None
        self._stopped = threading.Event()
        self._index = 0
        self._clock = StreamClock(1 / USUAL_FPS)
        self._arrives_in_bursts = url.split("?", 1)[0].lower().endswith(".m3u8")
        self._finite = False
        self._started = 0.0
        self._grabbed = False

    def open(self) -> SourceInfo:
        """Connect; see `Source.open`."""
        options = "rtsp_transport;tcp" if self._url.startswith("rtsp") else ""
        self._capture = open_capture(
            self._url,
            cv2.CAP_FFMPEG,
            [
                *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(OPEN_TIMEOUT * 1000)),
                *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(READ_TIMEOUT * 1000)),
                *(cv2.CAP_PROP_N_THREADS, 1),
            ],
            ffmpeg_options=options,
        )
        if self._capture is None:
            raise SourceError(
                f"cannot open {redact(self._url)}",
                hint="check address, path and password with: ffplay URL (or VLC)",
            )
        fps = stated(self._capture, cv2.CAP_PROP_FPS, most=1000)
        count = stated(self._capture, cv2.CAP_PROP_FRAME_COUNT, most=1e9)
        self._finite = count is not None
        self._clock.period = 1 / (fps or USUAL_FPS)
        if not (self._arrives_in_bursts or self._finite):
            self._skip_backlog()
        return SourceInfo(
            size=(
                int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
                int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
            ),
            fps=fps,
            description=f"{self._url.split('://', 1)[0]} stream",
        )

    def read(self) -> Frame | None:
        """The next frame; see `Source.read`."""
        for _ in range(LOST_AFTER):
            if self._stopped.is_set():
                return None
            waiting, self._grabbed = self._grabbed, False
            arrived, picture = self._capture.retrieve() if waiting else self._capture.read()
            if arrived and picture is not None and picture.size:
                return self._frame(picture)
        if self._stopped.is_set() or self._finite:
            return None
        raise SourceError(
            f"stream {self.name} stopped"
            if self._index
            else f"stream {self.name} gives no picture",
            hint="did the camera restart, or the network go away?",
        )

    def interrupt(self) -> None:
        """Let the next read end; see `Source.interrupt`."""
        self._stopped.set()

    def close(self) -> None:
        """Disconnect; see `Source.close`."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _skip_backlog(self) -> None:
        """Pass over frames that are there already; the first that had to be waited for is live."""
        until = time.monotonic() + MOST_BACKLOG
        while not self._stopped.is_set() and time.monotonic() < until:
            started = time.monotonic()
            if not self._capture.grab():
                return
            if time.monotonic() - started > self._clock.period / 2:
                self._grabbed = True
                return

    def _frame(self, picture: Any) -> Frame:
        stamped = abs(self._capture.get(cv2.CAP_PROP_PTS)) < NO_STAMP
        stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 if stamped else time.monotonic()
        pts = self._clock.tell(stamp)
        index, self._index = self._index, self._index + 1
        self._started = self._started or time.monotonic()
        if self._arrives_in_bursts or self._finite:
            early = self._started + pts - time.monotonic()
            if early > MOST_EARLY:  # its time stamps have jumped: go by them from here on
                self._started -= early
            elif early > 0:
                self._stopped.wait(early)
        return Frame(as_bgr(picture), index, time.monotonic(), pts)
