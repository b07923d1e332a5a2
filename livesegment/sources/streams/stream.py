"""Network streams: RTSP, HTTP (MJPEG, HLS), UDP and whatever else FFmpeg opens by URL."""

import math
import threading
import time
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import cv2

from livesegment.errors import SourceError
from livesegment.frame import Frame
from livesegment.sources.addresses.url import redact, short_name
from livesegment.sources.base import SourceInfo
from livesegment.sources.capture import as_bgr, check_size, open_capture, stated
from livesegment.sources.clock import Playout, StreamClock
from livesegment.sources.streams.lateness import Lateness
from livesegment.sources.streams.probing import attempts, is_rtsp

LOST_AFTER = 100
"""So many failed reads in a row mean that the stream is gone; fewer are damaged frames, or come
before the first whole picture. Of a stream that is gone they take no time at all."""
USUAL_FPS = 25.0
MOST_BACKLOG = 2.0
"""Seconds spent on it; a server that plays a recording faster than life never ends it."""
WAITED = 0.25
"""Share of a frame period that the next frame must be waited for, else it was there already."""
CATCH_UP = 1.0
"""Seconds late, from which on frames that are there already are passed over."""
SIGN_OF_LIFE = 0.5
"""Seconds after which one of these is handed on all the same."""
MOST_LATE = 5.0
"""Seconds late, which no stream may stay for so long again: a new connection begins afresh."""
NO_STAMP = 1e18
"""`CAP_PROP_PTS` beyond this is FFmpeg's "none"; `CAP_PROP_POS_MSEC` is then invented, as if every
stream without time stamps, such as MJPEG over HTTP, had 25 frames a second. Of RTSP it only says
that the rate is not known."""
FEW, MOMENT = 8, 0.4
"""Frames, and seconds, for which the rate is measured where the server did not say it."""

Transport: TypeAlias = Literal["tcp", "udp"]
"""Of RTSP."""


OPEN_TIMEOUT = 4.0
"""Seconds."""


class StreamSource:
    """One connection to a stream by URL; see `Source`.

    Decoded by one thread: FFmpeg's frame threads each hold a frame back, which at 16 cores is 0.6
    seconds of delay. What is there already at the start is read away; FFmpeg's own `nobuffer`
    throws the first key frame away with it, and then shows nothing until the next one, seconds
    later.

    A frame's `late` is by how much it came later than the quickest. Frames that come late because
    nobody read them in time are decoded and passed over, until those that come are fresh again.
    HLS and films over HTTP come in bursts, and are played by their own time.
    """

    is_live = True

    def __init__(
        self,
        url: str,
        *,
        transport: Transport = "tcp",
        name: str | None = None,
        open_timeout: float = OPEN_TIMEOUT,
        read_timeout: float = 6.0,
        max_age: float | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Nothing is connected before `open`.

        Args:
            url: as FFmpeg takes it: user and password escaped.
            transport: of RTSP.
            name: see `Source.name`; by default from the URL.
            open_timeout: seconds, at most, until the stream begins.
            read_timeout: seconds, at most, for the next frame. FFmpeg's own are 30, for which the
                program would seem to hang.
            max_age: seconds; frames that come later are passed over, whatever the reason.
            check: called by `open` before it connects; what it raises comes out of there.
        """
        self.name = name or short_name(url)
        self.skipped_late = 0
        """Frames that were passed over, being late; read from any thread."""
        scheme, rest = url.split("://", 1)
        self._scheme = scheme.lower()  # FFmpeg knows no RTSP://
        self._url = f"{self._scheme}://{rest}"
        self._transport = transport
        self.open_timeout = open_timeout
        self._read_timeout = read_timeout
        self._max_age = max_age
        self._check = check
        self._capture: Any = None
        self._stopped = threading.Event()
        self._index = 0
        self._clock = StreamClock(1 / USUAL_FPS)
        self._lateness = Lateness()
        self._playout: Playout | None = None
        self._finite = False
        self._grabbed = False
        """Whether the next frame is grabbed already."""
        self._failed = 0
        """Reads in a row."""
        self._arrival = 0.0
        self._waited = False
        """Whether the last frame was waited for."""
        self._handed = -math.inf
        """When the last one was handed on."""
        self._on_time = math.inf
        """When one came last that was not too late for a connection to be kept."""

    def open(self) -> SourceInfo:
        """Connect; see `Source.open`."""
        self._check()
        until = time.monotonic() + self.open_timeout
        for options in attempts(self._scheme, self._transport, self.open_timeout):
            self.close()
            self._connect(options, until)
            if 0 not in self._size:
                break
        else:
            raise self._lost()
        fps = stated(self._capture, cv2.CAP_PROP_FPS, most=1000)
        self._finite = stated(self._capture, cv2.CAP_PROP_FRAME_COUNT, most=1e9) is not None
        self._clock.period = 1 / (fps or USUAL_FPS)
        if self._finite or self._is_playlist:
            self._playout = Playout()
        elif not self._skip_backlog():
            raise self._lost()
        elif is_rtsp(self._scheme) and self._is_unstamped:
            fps = self._measured_fps()
            self._clock.period = 1 / (fps or USUAL_FPS)
        by = f" over {self._transport.upper()}" if is_rtsp(self._scheme) else ""
        return SourceInfo(self._size, fps, description=f"{self._scheme} stream{by}")

    def read(self) -> Frame | None:
        """The next frame; see `Source.read`."""
        while self._next():
            frame = self._frame()
            if frame is not None:
                return frame
        if self._finite or self._stopped.is_set():
            return None
        raise self._lost()

    def interrupt(self) -> None:
        """Let the next read end; see `Source.interrupt`."""
        self._stopped.set()

    def close(self) -> None:
        """Disconnect; see `Source.close`."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    @property
    def _size(self) -> tuple[int, int]:
        """(width, height); 0 where FFmpeg does not know it, and can give no picture."""
        width = self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)
        return int(width), int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT))

    @property
    def _is_playlist(self) -> bool:
        return self._url.split("?", 1)[0].lower().endswith(".m3u8")

    @property
    def _is_unstamped(self) -> bool:
        return abs(float(self._capture.get(cv2.CAP_PROP_PTS))) > NO_STAMP

    def _connect(self, options: str, until: float) -> None:
        left = max(0.1, until - time.monotonic())
        self._capture = open_capture(
            self._url,
            cv2.CAP_FFMPEG,
            [
                *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(left * 1000)),
                *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(self._read_timeout * 1000)),
                *(cv2.CAP_PROP_N_THREADS, 1),
            ],
            ffmpeg_options=options,
        )
        if self._capture is None:
            raise SourceError(
                f"cannot open {redact(self._url)}",
                hint="check address, path and password with: ffplay URL (or VLC)",
            )
        check_size(self._capture, self.name)
        if time.monotonic() >= until:
            raise self._lost()  # FFmpeg says that it is open even so, and nothing comes

    def _skip_backlog(self) -> bool:
        """Pass over frames that are there already; the first that had to be waited for is live.

        Returns:
            False if none comes.
        """
        until = time.monotonic() + MOST_BACKLOG
        while self._next():
            if self._waited or time.monotonic() > until:
                self._grabbed = True
                return True
        return self._stopped.is_set()

    def _measured_fps(self) -> float | None:
        """Frames a second, by the stamps of the next few; None if these are too slow in coming."""
        stamps: list[float] = []
        until = time.monotonic() + MOMENT
        while len(stamps) <= FEW and time.monotonic() < until and self._next():
            stamp = self._stamp()
            stamps = [*stamps, stamp] if not stamps or stamp > stamps[-1] else [stamp]
        self._grabbed = bool(stamps)
        return None if len(stamps) < 3 else (len(stamps) - 1) / (stamps[-1] - stamps[0])

    def _next(self) -> bool:
        """Wait for a frame, past damaged ones; False if none will come."""
        if self._grabbed:
            self._grabbed = False
            return not self._stopped.is_set()
        while self._failed < LOST_AFTER and not self._stopped.is_set():
            began, worked = time.monotonic(), time.thread_time()
            arrived = self._capture.grab()
            now = time.monotonic()
            if arrived:
                idle = now - began - (time.thread_time() - worked)
                self._arrival, self._waited = now, idle > WAITED * self._clock.period
                return True
            self._failed += 1
            if now - began > self._read_timeout / 2:
                break
        return False

    def _frame(self) -> Frame | None:
        """The frame that was grabbed; None where it is to be passed over."""
        stamp = self._stamp()
        pts = self._clock.tell(self._arrival if math.isnan(stamp) else stamp)
        captured = self._captured(stamp, pts)
        late = max(0.0, self._arrival - captured)
        if self._is_too_late(late):
            self.skipped_late += 1
            self._failed = 0
            return None
        arrived, picture = self._capture.retrieve()
        if not arrived or picture is None or not picture.size:
            self._failed += 1
            return None
        self._failed = 0
        self._handed = self._arrival
        index, self._index = self._index, self._index + 1
        return Frame(as_bgr(picture), index, captured, pts, late)

    def _stamp(self) -> float:
        """What time the stream says it is, in seconds; NaN where it says nothing."""
        if self._is_unstamped and not is_rtsp(self._scheme):
            return math.nan
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000

    def _captured(self, stamp: float, pts: float) -> float:
        """When the frame was taken; one that came before its time is waited for."""
        if self._playout is None:
            return self._lateness.captured(self._arrival, stamp)
        due = self._playout.due(self._arrival, pts)
        if due > self._arrival:
            self._stopped.wait(due - self._arrival)
        self._arrival = due
        return due if self._finite else due - self._playout.behind

    def _is_too_late(self, late: float) -> bool:
        """Whether a frame is to be passed over, being old.

        Raises:
            SourceError: the stream has been too late for too long.
        """
        if late < MOST_LATE or self._on_time == math.inf:
            self._on_time = self._arrival
        elif self._arrival - self._on_time > MOST_LATE:
            raise SourceError(
                f"stream {self.name} comes {late:.0f} s late, and does not catch up",
                hint="the network or this machine is too slow for it: choose a smaller stream",
            )
        if self._max_age is not None:
            return late > self._max_age
        if late < CATCH_UP or self._waited or self._playout is not None:
            return False
        return self._arrival - self._handed < SIGN_OF_LIFE

    def _lost(self) -> SourceError:
        return SourceError(
            f"stream {self.name} stopped"
            if self._index
            else f"stream {self.name} gives no picture",
            hint="did the camera restart, or the network go away?",
        )
