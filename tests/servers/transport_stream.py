"""An MPEG transport stream of H.264, and a camera that sends it over UDP to whoever listens."""

import io
import socket
from fractions import Fraction
from typing import Any, Self

import pytest

from livesegment.threads.mailbox import Closed
from livesegment.threads.worker import Worker
from tests.fakes import CEILING
from tests.servers.base import Mischief, Trouble
from tests.servers.camera import Camera, Coded
from tests.servers.coding import H264Coder
from tests.servers.programme import Programme

CLOCK = Fraction(1, 90_000)
PACKET = 7 * 188
"""Bytes of a datagram: seven packets of the stream."""


class TransportStream:
    """Packets of a transport stream, made by PyAV from H.264 that is there already."""

    def __init__(self, programme: Programme) -> None:
        """Begin one; the test is skipped where PyAV is missing."""
        av: Any = pytest.importorskip("av", reason="transport streams are made by PyAV")
        self._av = av
        self._out = io.BytesIO()
        self._out.seekable = lambda: False  # type: ignore[method-assign]
        self._container = av.open(self._out, "w", format="mpegts")
        rate = Fraction(programme.fps).limit_denominator(1001)
        self._stream = self._container.add_mux_stream("h264", rate=rate)
        self._stream.width, self._stream.height = programme.size
        self._stream.time_base = CLOCK

    def add(self, coded: Coded) -> bytes:
        """The bytes of the stream that one picture makes."""
        packet = self._av.Packet(coded.data)
        packet.stream = self._stream
        packet.time_base = CLOCK
        packet.pts = packet.dts = int(coded.at / CLOCK)
        packet.is_keyframe = coded.key
        self._container.mux(packet)
        return self._taken()

    def end(self) -> bytes:
        """The bytes that are left."""
        self._container.close()
        return self._taken()

    def _taken(self) -> bytes:
        taken = self._out.getvalue()
        self._out.seek(0)
        self._out.truncate()
        return taken


class TransportStreamSender:
    """Sends to a port of the loopback, whether anybody listens there or not."""

    def __init__(self, programme: Programme | None = None) -> None:
        self.programme = programme or Programme()
        self.trouble = Trouble()
        self.camera = Camera(self.programme, H264Coder(self.programme.fps))
        self.silent = self.camera.silent
        """Set: nothing more is sent."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._mischief = Mischief(self.trouble)
        self._queue = self.camera.watch()
        self._worker = Worker("test-transport-stream", self._work)
        self._worker.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.die()

    @property
    def url(self) -> str:
        """Where to listen."""
        return f"udp://127.0.0.1:{self.port}"

    def die(self) -> None:
        """Send no more. Safe to call twice."""
        self.camera.stop()
        assert self._worker.stop(CEILING)
        if self._worker.error is not None:
            raise self._worker.error

    def _work(self) -> None:
        stream = TransportStream(self.programme)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            try:
                while (coded := self._queue.get()) is not None:
                    self._send(sender, stream.add(coded))
            except Closed:
                self._send(sender, stream.end())

    def _send(self, sender: socket.socket, data: bytes) -> None:
        for at in range(0, len(data), PACKET):
            if not self._mischief.loses():
                part = self._mischief.done_to(data[at : at + PACKET])
                sender.sendto(part, ("127.0.0.1", self.port))
