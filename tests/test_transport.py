"""Answers that never come to an end: each ends in one line, and soon."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from livesegment import download, transport
from livesegment.download import fetch
from livesegment.errors import ModelError
from livesegment.spec import ModelFile
from livesegment.threads.worker import Worker
from livesegment.transport import TransferError, post

OK = b"HTTP/1.1 200 OK\r\n"
FIRST = OK + b"\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
MOVED = b"HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n"
"""What servers begin with."""


class EndlessServer:
    """Gives every connection the same words, then others again and again."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/net"
        self.first = self.then = b""
        self.pause = 0.0
        self._closing = threading.Event()
        self._worker = Worker("endless-server", self._serve)
        self._worker.start()

    def close(self) -> None:
        """Stop serving."""
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        assert self._worker.stop(10)

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.recv(1 << 16)
                connection.sendall(self.first)
                while self.then and not self._closing.wait(self.pause):
                    connection.sendall(self.then)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[EndlessServer]:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(transport, "TIMEOUT", 1.0)
    monkeypatch.setattr(transport, "WINDOW", 0.3)
    monkeypatch.setattr(transport, "LARGEST", 1 << 20)
    monkeypatch.setattr(download, "TRIES", 2)
    serving = EndlessServer()
    yield serving
    serving.close()


def complaint(server: EndlessServer, folder: Path) -> str:
    """What a download from it ends with."""
    file = ModelFile(role="weights", name="net.onnx", url=server.url, sha256="0" * 64)
    with pytest.raises(ModelError) as caught:
        fetch(file, folder, lambda done, total: None)
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    assert len(said) < 500
    assert not (folder / "net.onnx").exists()
    return said


@pytest.mark.parametrize(
    ("first", "then", "pause", "said"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.0, "does not end"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05, "no answer within 1 s"),
        (OK, b"X", 0.05, "no answer within 1 s"),
        (OK, b"X: y\r\n", 0.05, "no answer within 1 s"),
        (OK + b"A: ", b"x" * 4096, 0.0, "header line"),
        (OK, b"X: y\r\n" * 100, 0.0, "100 headers"),
        (b"HTTP/1.1 404 ", b"x" * 4096, 0.0, "status line"),
        (FIRST, bytes(4096), 0.0, "does not end"),
        (CHUNKED, b"1000\r\n" + bytes(4096) + b"\r\n", 0.0, "does not end"),
        (CHUNKED, b"1\r\nx\r\n", 0.0, "does not end"),
        (CHUNKED, b"f" * 4096, 0.0, "chunk size"),
        (CHUNKED + b"0\r\n", b"X: y\r\n", 0.0, "does not end"),
        (MOVED, bytes(4096), 0.0, "redirect"),
        (FIRST, b"x", 0.02, "bytes came in 0.3 s"),
        (CHUNKED, b"1\r\nx\r\n", 0.02, "bytes came in 0.3 s"),
    ],
)
def test_what_does_not_end_is_ended(
    server: EndlessServer, tmp_path: Path, first: bytes, then: bytes, pause: float, said: str
) -> None:
    server.first, server.then, server.pause = first, then, pause
    assert said in complaint(server, tmp_path)


@pytest.mark.parametrize("digits", ["9" * 5000, "9" * 4000, str((1 << 20) + 1)])
def test_more_than_any_model_has_is_not_begun(
    server: EndlessServer, tmp_path: Path, digits: str
) -> None:
    server.first = OK + f"Content-Length: {digits}\r\n\r\n".encode()
    server.then = bytes(4096)
    assert "any model" in complaint(server, tmp_path) or digits == "9" * 5000
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("digits", ["-5", "\u00b2", "1e9", "0x10", "", "9" * 5000])
def test_a_length_that_is_none_is_not_believed(
    server: EndlessServer, tmp_path: Path, digits: str
) -> None:
    server.first = OK + b"Content-Length: " + digits.encode() + b"\r\n\r\nabc"
    assert "something else than net.onnx" in complaint(server, tmp_path)


def test_a_long_reason_is_cut(server: EndlessServer, tmp_path: Path) -> None:
    server.first = b"HTTP/1.1 404 " + b"x" * 60_000 + b"\r\n\r\n"
    assert "the server answers 404 xxx" in complaint(server, tmp_path)


@pytest.mark.parametrize("pause", [0.0, 0.05])
def test_a_post_ends_too(server: EndlessServer, pause: float) -> None:
    server.then, server.pause = b"HTTP/1.1 100 Continue\r\n\r\n", pause
    with pytest.raises(TransferError):
        post(server.url, b"{}", {}, 0.5)


def test_what_is_slow_but_comes_is_taken(
    server: EndlessServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails in the end because its size does, not its pace."""
    monkeypatch.setattr(transport, "LEAST", 1000)
    monkeypatch.setattr(transport, "LARGEST", 60_000)
    server.first, server.then, server.pause = FIRST, bytes(1000), 0.01
    assert "does not end" in complaint(server, tmp_path)
