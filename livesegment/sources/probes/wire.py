"""A short talk with a server of streams: everything about it is bounded, in time and in size."""

import contextlib
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from livesegment.threads.worker import Worker

MOST_HEAD = 16 << 10
MOST_BODY = 64 << 10
"""Bytes that are read of an answer."""

_STATUS = re.compile(rb"(RTSP|HTTP)/\d\.\d (\d{3})(?: ([^\r\n]*))?\r?\n")
_looking_up: dict[str, Worker] = {}
_lock = threading.Lock()


class NotTheProtocolError(Exception):
    """The server says something, and it is no answer to what it was asked."""


class NoNameServerError(Exception):
    """Nobody tells the address of a host in time."""


class SilentHostError(Exception):
    """A host does not answer at all: there is no connection."""


class Deadline:
    """A moment until which all must be done."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds, more than none.

        Raises:
            TimeoutError: there are none left.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answers."""

    protocol: str
    """RTSP or HTTP."""
    status: int
    phrase: str
    """That goes with the status: the server's own words, printable, of a bearable length."""
    headers: Sequence[tuple[str, str]]
    """Names in lower case."""
    body: bytes
    """Its beginning."""

    def header(self, name: str) -> str:
        """The first of that name, which is in lower case; empty where there is none."""
        return next((value for key, value in self.headers if key == name), "")

    def all_of(self, name: str) -> list[str]:
        """Every one of that name."""
        return [value for key, value in self.headers if key == name]


class Wire:
    """A connection to a server, closed at the end of its `with` block."""

    def __init__(self, host: str, port: int, deadline: Deadline, *, tls: bool = False) -> None:
        """Connect.

        Args:
            host: name or number.
            port: of TCP.
            deadline: for all that is done with the connection.
            tls: encrypted; the certificate is not looked at, as FFmpeg does not either.

        Raises:
            OSError: there is no connection; `socket.gaierror`, `ConnectionRefusedError` and
                `ssl.SSLError` are among them.
            NoNameServerError: the host's address was not told in time.
            SilentHostError: nobody took the connection, or refused it, in time.
            UnicodeError: the host's name cannot be one.
        """
        self._deadline = deadline
        self._socket = _connected(host, port, deadline)
        self._buffer = b""
        try:
            if tls:
                self._socket.settimeout(deadline.left())
                self._socket = _like_ffmpeg().wrap_socket(self._socket, server_hostname=host)
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, request: str, *, most: int = MOST_BODY) -> Reply:
        """Send a request, and read the answer.

        Args:
            request: with all of its headers, in characters up to 255.
            most: bytes of the answer's body that are read; of a body whose length is not told,
                what comes first.

        Raises:
            OSError: the connection failed, or the deadline has passed.
            EOFError: the other side closed it without an answer.
            NotTheProtocolError: it answers something else.
        """
        self._socket.settimeout(self._deadline.left())
        self._socket.sendall(request.encode("latin-1", "replace"))
        self._read_until(b"\r\n\r\n")
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        status = _STATUS.match(head + b"\r\n")
        if status is None:
            raise NotTheProtocolError
        headers = [
            (name.strip().lower(), value.strip())
            for name, colon, value in (
                line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:]
            )
            if colon
        ]
        reply = Reply(
            protocol=status[1].decode(),
            status=int(status[2]),
            phrase=printable((status[3] or b"").decode("latin-1")),
            headers=headers,
            body=b"",
        )
        return Reply(reply.protocol, reply.status, reply.phrase, headers, self._body(reply, most))

    def _read_until(self, mark: bytes) -> None:
        while mark not in self._buffer:
            if len(self._buffer) > MOST_HEAD or not _may_be_an_answer(self._buffer):
                raise NotTheProtocolError
            self._buffer += self._some()

    def _body(self, reply: Reply, most: int) -> bytes:
        length = reply.header("content-length")
        if length.isdecimal():
            wanted = min(int(length[:9]), most)
            while len(self._buffer) < wanted:
                self._buffer += self._some()
            body, self._buffer = self._buffer[:wanted], self._buffer[wanted:]
            return body
        if reply.protocol == "HTTP" and not self._buffer:
            with contextlib.suppress(OSError, EOFError):  # the headers said enough
                self._buffer = self._some()
        body, self._buffer = self._buffer[:most], b""
        return body if reply.protocol == "HTTP" else b""

    def _some(self) -> bytes:
        self._socket.settimeout(self._deadline.left())
        if data := self._socket.recv(4096):
            return data
        raise EOFError


def printable(text: str, most: int = 60) -> str:
    """Somebody else's words, safe to show."""
    return "".join(sign for sign in text if sign.isprintable()).strip()[:most]


def look_up(host: str, port: int, deadline: Deadline) -> list[tuple[Any, Any]]:
    """The addresses of a host, as family and socket address.

    The system's own look-up cannot be given a time: it is left behind in its thread where it
    takes too long, and nobody else asks for the same host until it is done.

    Raises:
        socket.gaierror: there is no such host.
        NoNameServerError: it was not told in time.
    """
    answers: list[tuple[Any, Any]] = []

    def ask() -> None:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        answers.extend((family, place) for family, _, _, _, place in found)

    with contextlib.suppress(ValueError):
        ipaddress.ip_address(host)
        ask()
        return answers
    with _lock:
        if (before := _looking_up.get(host)) is not None and before.is_alive():
            raise NoNameServerError
        worker = _looking_up[host] = Worker("look-up", ask)
        worker.start()
    if not worker.stop(deadline.left()):
        raise NoNameServerError
    with _lock:
        _looking_up.pop(host, None)
    if worker.error is not None:
        raise worker.error
    return answers


def _connected(host: str, port: int, deadline: Deadline) -> socket.socket:
    places = look_up(host, port, deadline)
    error: Exception | None = None
    for index, (family, place) in enumerate(places):
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(deadline.left() / (len(places) - index))
            connection.connect(place)
        except OSError as failure:
            connection.close()
            if not isinstance(error, ConnectionRefusedError):
                error = SilentHostError() if isinstance(failure, TimeoutError) else failure
        else:
            return connection
    raise error or OSError(f"{host} has no address")


def _may_be_an_answer(start: bytes) -> bool:
    return any(start[:5] == name[: len(start)] for name in (b"RTSP/", b"HTTP/"))


def _like_ffmpeg() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # old cameras have old keys
    return context
