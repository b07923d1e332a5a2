"""A camera on the loopback that sends JPEG pictures over HTTP, and can be told to misbehave."""

import base64
import socket
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress

import cv2

from livesegment.frame import Image
from livesegment.threads.worker import Worker

CEILING = 10.0
"""Seconds; no wait of a test is longer."""


class MjpegServer:
    """Sends pictures, again and again, to one viewer at a time."""

    def __init__(
        self, pictures: Sequence[Image], *, fps: float = 50.0, credentials: str | None = None
    ) -> None:
        self.silent = threading.Event()
        """Set: what is connected stays so and gets nothing more."""
        self.sent = 0
        self._jpegs = [cv2.imencode(".jpg", picture)[1].tobytes() for picture in pictures]
        self._period = 1 / fps
        self._credentials = credentials
        self._stopping = threading.Event()
        self._viewer: socket.socket | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._worker = Worker("test-mjpeg", self._serve)
        self._worker.start()

    def url(self, credentials: str = "") -> str:
        """Where it is; credentials as `user:password`."""
        return f"http://{credentials}{'@' if credentials else ''}127.0.0.1:{self.port}/video"

    def die(self) -> None:
        """End every connection and take no new ones. Safe to call twice."""
        self._stopping.set()
        for end in (self._listener, self._viewer):
            if end is not None:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        stopped = self._worker.stop(CEILING)
        self._listener.close()
        if self._worker.error is not None:
            raise self._worker.error
        if not stopped:
            raise AssertionError("the server did not stop")

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                self._viewer, _ = self._listener.accept()
            except OSError:
                return
            with self._viewer, suppress(OSError):
                self._answer(self._viewer)

    def _answer(self, viewer: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            part = viewer.recv(4096)
            if not part:
                return
            request += part
        wanted = base64.b64encode((self._credentials or "").encode())
        if self._credentials is not None and b"Basic " + wanted not in request:
            viewer.sendall(
                b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=camera\r\n"
                b"Content-Length: 0\r\nConnection: close\r\n\r\n"
            )
            return
        viewer.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
        )
        while not self._stopping.wait(self._period):
            if self.silent.is_set():
                continue
            jpeg = self._jpegs[self.sent % len(self._jpegs)]
            head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
            viewer.sendall(head + jpeg + b"\r\n")
            self.sent += 1


@contextmanager
def mjpeg_server(
    pictures: Sequence[Image], *, fps: float = 50.0, credentials: str | None = None
) -> Generator[MjpegServer]:
    """Serve until the end of the block."""
    server = MjpegServer(pictures, fps=fps, credentials=credentials)
    try:
        yield server
    finally:
        server.die()
