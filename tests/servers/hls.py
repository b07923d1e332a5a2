"""A live HLS playlist (RFC 8216) on the loopback, whose segments appear as time goes on."""

import threading
from collections import deque
from dataclasses import dataclass

from livesegment.threads.mailbox import Closed
from livesegment.threads.worker import Worker
from tests.fakes import CEILING
from tests.servers.base import Guest, LoopbackServer, read_head
from tests.servers.camera import Camera, Coded
from tests.servers.coding import H264Coder
from tests.servers.programme import Programme
from tests.servers.transport_stream import TransportStream

PATH = "/live.m3u8"
LISTED = 5
"""Segments in the playlist."""


@dataclass(frozen=True, slots=True)
class _Segment:
    number: int
    seconds: float
    data: bytes
    apart: bool
    """Whether its time stamps do not go on from those before."""


class HlsServer(LoopbackServer):
    """Makes segments from the first moment on, whether anybody looks or not."""

    def __init__(self, programme: Programme | None = None, *, seconds: float = 1.0) -> None:
        """Begin to record and to listen; the test is skipped where PyAV is missing.

        Args:
            programme: what is sent.
            seconds: least length of a segment; it ends before the next key frame.
        """
        self.programme = programme or Programme()
        self.camera = Camera(self.programme, H264Coder(self.programme.fps))
        self.silent = self.camera.silent
        """Set: no new segments appear."""
        self.missing = threading.Event()
        """Set: segments are listed and not found."""
        self.break_off = threading.Event()
        """Set: the next segment's time stamps start anew; cleared then."""
        self.made = 0
        """Segments so far."""
        self._seconds = seconds
        self._segments: deque[_Segment] = deque(maxlen=LISTED + 2)
        self._queue = self.camera.watch()
        self._recorder = Worker("test-hls", self._record)
        self._recorder.start()
        super().__init__()

    @property
    def url(self) -> str:
        """Where the playlist is."""
        return f"http://127.0.0.1:{self.port}{PATH}"

    def die(self) -> None:
        """Go down for good; see `LoopbackServer.die`."""
        self.camera.stop()
        super().die()
        assert self._recorder.stop(CEILING)
        if self._recorder.error is not None:
            raise self._recorder.error

    def serve(self, guest: Guest) -> None:
        """Answer one request."""
        first, _, _ = read_head(guest.connection)
        self.pause_before_answer(guest)
        path = first.split(" ")[1]
        body, kind = self._found(path)
        status = self.trouble.status or (404 if body is None else 200)
        body = body if body and status == 200 else b"no"
        head = [f"HTTP/1.1 {status} .", f"Content-Type: {kind}", "Connection: close"]
        head.append(f"Content-Length: {len(body)}")
        guest.send("\r\n".join([*head, "", ""]).encode() + body)

    def playlist(self) -> str:
        """The newest segments."""
        listed = list(self._segments)[-LISTED:]
        longest = max((one.seconds for one in listed), default=self._seconds)
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{int(longest + 1)}"]
        lines.append(f"#EXT-X-MEDIA-SEQUENCE:{listed[0].number if listed else 0}")
        for one in listed:
            lines += ["#EXT-X-DISCONTINUITY"] if one.apart else []
            lines += [f"#EXTINF:{one.seconds:.3f},", f"{one.number}.ts"]
        return "\n".join([*lines, ""])

    def _found(self, path: str) -> tuple[bytes | None, str]:
        """What lies under a path, and of what kind it is."""
        if path == PATH:
            return self.playlist().encode(), "application/vnd.apple.mpegurl"
        if not self.missing.is_set():
            for one in list(self._segments):
                if path == f"/{one.number}.ts":
                    return self.mischief.done_to(one.data), "video/mp2t"
        return None, "text/plain"

    def _record(self) -> None:
        pictures: list[Coded] = []
        origin = 0.0
        try:
            while (coded := self._queue.get()) is not None:
                length = coded.at - pictures[0].at if pictures else 0.0
                if coded.key and length >= self._seconds - 0.5 / self.programme.fps:
                    apart = self.break_off.is_set()
                    origin = pictures[0].at if apart else origin
                    self._segments.append(self._segment(pictures, length, origin, apart=apart))
                    self.made += 1
                    if apart:
                        self.break_off.clear()
                    pictures = []
                pictures.append(coded)
        except Closed:
            return

    def _segment(
        self, pictures: list[Coded], seconds: float, origin: float, *, apart: bool
    ) -> _Segment:
        stream = TransportStream(self.programme)
        moved = (Coded(one.number, one.at - origin, one.data, one.key) for one in pictures)
        data = b"".join(stream.add(one) for one in moved) + stream.end()
        return _Segment(self.made, seconds, data, apart)
