"""No server can hold a diagnosis up, or fill the memory."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from livesegment.sources.addresses.address import Address
from livesegment.sources.probes.diagnosis import answers, diagnose
from livesegment.sources.supervision.health import Cause
from tests.fakes import CEILING
from tests.servers.base import Guest, read_head
from tests.sources.scripted_server import (
    ScriptedServer,
    answering,
    found,
    told,
    web,
)


@pytest.mark.parametrize("scheme", ["rtsps", "https", "rtmps"])
def test_a_server_without_tls_is_recognised(scheme: str) -> None:
    class Plain(ScriptedServer):
        def serve(self, guest: Guest) -> None:
            guest.send(web("400 Bad Request"))

    with Plain(answering(b"")) as server:
        diagnosis = diagnose(server.address(scheme), None)
    assert diagnosis.cause is Cause.SECURITY
    assert diagnosis.reason.endswith("it speaks no TLS there")


def test_a_server_that_hangs_up() -> None:
    class Rude(ScriptedServer):
        def serve(self, guest: Guest) -> None:
            return

    with Rude(answering(b"")) as server:
        diagnosis = diagnose(server.address("rtsp"), None)
    assert diagnosis.cause is Cause.ENDED


def test_a_server_that_breaks_off() -> None:
    class Broken(ScriptedServer):
        def serve(self, guest: Guest) -> None:
            read_head(guest.connection)
            guest.hang_up(reset=True)

    with Broken(answering(b"")) as server:
        diagnosis = diagnose(server.address("rtsp"), None)
    assert diagnosis.cause is Cause.ENDED


def test_a_mute_server_is_a_time_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = Address.parse(f"rtsp://127.0.0.1:{listener.getsockname()[1]}/x", {})
        diagnosis = diagnose(address, None, seconds=0.2)
    assert diagnosis.cause is Cause.TIMEOUT
    assert diagnosis.reason.endswith("takes the connection, and gives no answer within 0.2 s")


def test_of_a_mute_server_with_tls_it_is_asked_whether_it_has_any() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = Address.parse(f"rtsps://127.0.0.1:{listener.getsockname()[1]}/x", {})
        diagnosis = diagnose(address, None, seconds=0.2)
    assert diagnosis.cause is Cause.TIMEOUT
    assert diagnosis.hint == "does it speak TLS there? Try rtsp://"


def drip(part: bytes) -> Iterator[bytes]:
    while True:
        yield part


HOSTILE = {
    "endless headers": b"X: y\r\n",
    "an endless line": b"x" * 1000,
    "an endless header": b"X: " + b"a" * 5000,
}


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
@pytest.mark.parametrize("part", HOSTILE.values(), ids=list(HOSTILE))
def test_an_endless_answer_is_left(scheme: str, part: bytes) -> None:
    start = b"RTSP/1.0 200 OK\r\n" if scheme == "rtsp" else b"HTTP/1.1 200 OK\r\n"

    def answer(first: str, headers: dict[str, str]) -> Iterator[bytes]:
        yield start
        yield from drip(part)

    diagnosis = found(answer, scheme)
    assert diagnosis.cause is Cause.NO_VIDEO


def test_a_dripping_answer_is_left_in_time() -> None:
    started = time.monotonic()
    with ScriptedServer(lambda first, headers: drip(b"RTSP/1.0 200 OK\r\nX: y")) as server:
        server.trouble.trickle = 200.0
        diagnosis = diagnose(server.address("rtsp"), None, seconds=0.5)
    assert diagnosis.cause is Cause.TIMEOUT
    assert time.monotonic() - started < CEILING


def test_a_huge_description_is_not_read() -> None:
    huge = b"RTSP/1.0 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n" + b"x" * 200_000
    diagnosis = found(answering(huge))
    assert diagnosis.cause is Cause.NO_VIDEO


def test_a_servers_words_are_shown_plainly() -> None:
    diagnosis = found(answering(told("500 \x1b[31mred\x07" + "long" * 50)))
    assert "\x1b" not in diagnosis.reason
    assert len(diagnosis.reason) < 150


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), Cause.NO_HOST),
        (socket.gaierror(socket.EAI_AGAIN, "x"), Cause.UNREACHABLE),
        (OSError(101, "Network is unreachable"), Cause.UNREACHABLE),
        (OSError(113, "No route to host"), Cause.UNREACHABLE),
        (UnicodeError("label too long"), Cause.NO_HOST),
        (TimeoutError(), Cause.UNREACHABLE),
        (MemoryError(), Cause.UNKNOWN),
    ],
)
def test_a_failure_of_the_network_is_said(
    failure: Exception, cause: Cause, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    if isinstance(failure, TimeoutError):
        monkeypatch.setattr(socket.socket, "connect", fail)
        host = "127.0.0.1"
    else:
        monkeypatch.setattr("socket.getaddrinfo", fail)
        host = "camera.local"
    assert diagnose(Address.parse(f"rtsp://{host}/x", {}), None).cause is cause


def test_a_name_server_that_is_mute_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    done = threading.Event()

    def hang(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        done.wait(CEILING)
        return []

    monkeypatch.setattr("socket.getaddrinfo", hang)
    address = Address.parse("rtsp://slow.local/x", {})
    try:
        assert diagnose(address, None, seconds=0.1).cause is Cause.UNREACHABLE
        assert not answers(address, 0.1)
        assert asked == ["slow.local"]
    finally:
        done.set()
