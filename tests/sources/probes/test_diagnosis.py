"""Whatever keeps a stream from opening is said in words, soon, and without its password."""

import re

import pytest

from livesegment.errors import SourceError
from livesegment.sources.addresses.address import Address
from livesegment.sources.probes.diagnosis import answers, diagnose
from livesegment.sources.supervision.health import Cause
from tests.sources.scripted_server import (
    LOGIN,
    VIDEO,
    Answer,
    ScriptedServer,
    answering,
    found,
    nobody,
    told,
    web,
)

ASKS = 'WWW-Authenticate: Digest realm="cam", nonce="n1", qop="auth"'
ASKS_SHA = 'WWW-Authenticate: Digest realm="cam", nonce="n1", algorithm=SHA-256'
ASKS_BASIC = 'WWW-Authenticate: Basic realm="cam"'


def cameras_login(asks: str, knows: str) -> Answer:
    """A camera that wants a login, and takes what `knows` finds in it."""

    def answer(first: str, headers: dict[str, str]) -> bytes:
        protocol = first.rsplit(" ", 1)[1]
        given = headers.get("authorization")
        if given is None or not re.search(knows, given):
            return told("401 Unauthorized", asks, protocol=protocol)
        return told("200 OK", body=VIDEO, protocol=protocol)

    return answer


@pytest.mark.parametrize("scheme", ["rtsp", "http", "rtmp", "tcp"])
def test_a_port_where_nobody_listens(scheme: str) -> None:
    with nobody() as port:
        address = Address.parse(f"{scheme}://127.0.0.1:{port}/x", {})
        diagnosis = diagnose(address, None)
        assert not answers(address)
    assert diagnosis.cause is Cause.REFUSED
    assert diagnosis.reason == f"127.0.0.1:{port} refuses the connection"


@pytest.mark.parametrize(
    ("status", "cause", "reason"),
    [
        ("403 Forbidden", Cause.UNAUTHORISED, "forbids it (403 Forbidden)"),
        ("404 Not Found", Cause.NOT_FOUND, "has no such stream (404 Not Found)"),
        ("410 Gone", Cause.NOT_FOUND, "has no such stream (410 Gone)"),
        ("454 Session Not Found", Cause.UNKNOWN, "answers 454 Session Not Found"),
        ("500 Oops", Cause.UNKNOWN, "has trouble of its own (500 Oops)"),
        ("503", Cause.UNKNOWN, "has trouble of its own (503)"),
    ],
)
@pytest.mark.parametrize("protocol", ["RTSP/1.0", "HTTP/1.1"])
def test_a_status_is_said(protocol: str, status: str, cause: Cause, reason: str) -> None:
    diagnosis = found(answering(told(status, protocol=protocol)), protocol[:4].lower())
    assert diagnosis.cause is cause
    assert diagnosis.reason.endswith(f" {reason}")


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
@pytest.mark.parametrize("asks", [ASKS, ASKS_BASIC, ASKS_SHA])
class TestLogin:
    """A camera that asks who is there."""

    def test_it_is_wanted(self, scheme: str, asks: str) -> None:
        diagnosis = found(cameras_login(asks, "never"), scheme, login="")
        assert diagnosis.cause is Cause.UNAUTHORISED
        assert diagnosis.reason.endswith("wants a user and a password")
        assert f"{scheme}://USER:PASSWORD@127.0.0.1:" in (diagnosis.hint or "")

    def test_it_is_wrong(self, scheme: str, asks: str) -> None:
        diagnosis = found(cameras_login(asks, "never"), scheme)
        assert diagnosis.cause is Cause.UNAUTHORISED
        assert diagnosis.reason.endswith("says that user or password is wrong")

    def test_it_is_right(self, scheme: str, asks: str) -> None:
        knows = 'username="root"|Basic cm9vdDphI2JAYy8/LXNlY3JldA=='
        diagnosis = found(cameras_login(asks, knows), scheme)
        if asks is ASKS_SHA:
            assert diagnosis.cause is Cause.UNAUTHORISED
            assert diagnosis.reason.endswith("that FFmpeg lacks (digest, SHA-256)")
        else:
            assert diagnosis.cause is Cause.UNKNOWN
            assert diagnosis.reason.endswith("offers video, and yet no picture came")


def test_a_login_of_no_known_kind() -> None:
    diagnosis = found(answering(told("401 Unauthorized", "WWW-Authenticate: Negotiate")))
    assert diagnosis.cause is Cause.UNAUTHORISED
    assert diagnosis.reason.endswith("that FFmpeg lacks (unknown)")


def test_a_user_without_a_password_is_told_so() -> None:
    diagnosis = found(cameras_login(ASKS, "never"), login="root@")
    assert diagnosis.hint == "no password was given: USER:PASSWORD@"


def test_no_password_is_sent_before_it_is_asked_for() -> None:
    with ScriptedServer(answering(told("200 OK", body=VIDEO))) as server:
        diagnose(server.address("rtsp", login=LOGIN), None)
        assert server.asked
        assert not any("authorization" in headers for _, headers in server.asked)


@pytest.mark.parametrize(
    ("scheme", "answer", "reason"),
    [
        ("rtsp", web("400 Bad Request"), "speaks HTTP there, not RTSP"),
        ("http", told("400 Bad Request"), "speaks RTSP there, not HTTP"),
        ("rtsp", b"220 mail.example.com ESMTP\r\n\r\n", "answers, and it is no RTSP server"),
        ("http", b"SSH-2.0-OpenSSH_9.2\r\n", "answers, and it is no HTTP server"),
        ("rtsp", b"RTSP/1.0 banana\r\n\r\n", "answers, and it is no RTSP server"),
        ("rtsp", b"\0" * 100, "answers, and it is no RTSP server"),
    ],
)
def test_another_service_is_recognised(scheme: str, answer: bytes, reason: str) -> None:
    diagnosis = found(answering(answer), scheme)
    assert diagnosis.cause is Cause.NO_VIDEO
    assert diagnosis.reason.endswith(reason)


@pytest.mark.parametrize("url", ["udp://127.0.0.1:5000", "rtp://239.0.0.1:5000"])
def test_of_datagrams_it_is_known_only_that_none_comes(url: str) -> None:
    address = Address.parse(url, {})
    diagnosis = diagnose(address, None)
    assert diagnosis.cause is Cause.SILENT
    assert "nobody sends to port 5000" in diagnosis.reason
    assert answers(address)


def test_where_nothing_is_wrong_the_error_is_told() -> None:
    with ScriptedServer(answering(b"")) as server:
        address = server.address("rtmp", login="u:longer-secret@")
        error = SourceError(f"cannot open {address.url}")
        diagnosis = diagnose(address, error)
        assert answers(address)
    assert diagnosis.cause is Cause.UNKNOWN
    assert diagnosis.reason == f"cannot open rtmp://***@127.0.0.1:{server.port}/live"
