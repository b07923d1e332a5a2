"""A page is told from a film, and a redirect is not followed."""

import pytest

from livesegment.sources.probes.diagnosis import diagnose
from livesegment.sources.supervision.health import Cause
from tests.sources.scripted_server import (
    LOGIN,
    ScriptedServer,
    answering,
    found,
    web,
)


@pytest.mark.parametrize(
    ("kind", "body"),
    [("text/html; charset=utf-8", b"hello"), ("", b" <!DOCTYPE HTML><title>"), ("text/plain", b"")],
)
def test_a_web_page_is_no_video(kind: str, body: bytes) -> None:
    diagnosis = found(answering(web("200 OK", f"Content-Type: {kind}", body=body)), "http")
    assert diagnosis.cause is Cause.NO_VIDEO
    assert "gives no video there, but" in diagnosis.reason


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/x-mixed-replace; boundary=x", b"--x\r\n"),
        ("text/plain", b"#EXTM3U\n"),
        ("video/mp2t", b"G"),
    ],
)
def test_a_film_is_no_web_page(kind: str, body: bytes) -> None:
    diagnosis = found(answering(web("200 OK", f"Content-Type: {kind}", body=body)), "http")
    assert diagnosis.cause is Cause.UNKNOWN


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("/other", "http://127.0.0.1:{}/other"),
        ("https://root:a#b@c/?-secret@elsewhere/x?pwd=secret", "https://***@elsewhere/x?pwd=***"),
        ("file:///etc/passwd", "file:///etc/passwd"),
    ],
)
def test_a_redirect_is_named_and_not_followed(location: str, shown: str) -> None:
    with ScriptedServer(answering(web("302 Found", f"Location: {location}"))) as server:
        diagnosis = diagnose(server.address("http", login=LOGIN), None)
        assert len(server.asked) == 1
        assert diagnosis.reason.endswith(f"sends on to {shown.format(server.port)}")
