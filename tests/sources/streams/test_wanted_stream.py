"""A stream that is slow to begin gets more time at the next try."""

import pytest

from livesegment.errors import SourceError
from livesegment.sources.addresses.address import Address
from livesegment.sources.probes.diagnosis import Diagnosis
from livesegment.sources.probes.rtsp_probe import MOST_REDIRECTS, sent_on
from livesegment.sources.probes.wire import Deadline
from livesegment.sources.streams import wanted_stream
from livesegment.sources.streams.stream import OPEN_TIMEOUT
from livesegment.sources.streams.wanted_stream import LONG_TIMEOUT, WantedStream
from livesegment.sources.supervision.health import Cause
from tests.sources.scripted_server import LOGIN, VIDEO, ScriptedServer, answering, told


@pytest.mark.parametrize(
    ("cause", "seconds"), [(Cause.UNKNOWN, LONG_TIMEOUT), (Cause.REFUSED, OPEN_TIMEOUT)]
)
def test_what_answers_and_gives_no_picture_in_time_is_given_more(
    cause: Cause, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wanted_stream, "diagnose", lambda *_: Diagnosis(cause, "why"))
    wanted = WantedStream(Address.parse("rtsp://camera.example/live"))
    assert wanted.connect().open_timeout == OPEN_TIMEOUT
    assert wanted.diagnose().reason == "why"
    assert wanted.connect().open_timeout == seconds
    assert wanted.connect().name == "camera.example/live"


# Redirects


def _opened(address: Address) -> SourceError:
    source = WantedStream(address).connect()
    try:
        with pytest.raises(SourceError) as caught:
            source.open()
    finally:
        source.close()
    assert "secret" not in f"{caught.value} {caught.value.hint}"
    return caught.value


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "305 Use Proxy"])
@pytest.mark.parametrize("first", [(), ("401 Unauthorized",)], ids=["at once", "once logged in"])
def test_a_login_is_sent_on_to_nobody_else(status: str, first: tuple[str, ...]) -> None:
    wants = told("401 Unauthorized", 'WWW-Authenticate: Basic realm="a"')
    with ScriptedServer(answering(wants)) as other:
        moved = told(status, f"Location: rtsp://127.0.0.1:{other.port}/live")
        with ScriptedServer(answering(*[wants] * len(first), moved)) as server:
            error = _opened(server.address("rtsp", login=LOGIN))
        assert other.asked == []
    assert f"sends on to rtsp://127.0.0.1:{other.port}/live" in str(error)


@pytest.mark.parametrize("location", ["http://127.0.0.1/x", "rtsp://[bad", "file:///etc/passwd"])
def test_nor_to_anything_else(location: str) -> None:
    with ScriptedServer(answering(told("302 Found", f"Location: {location}"))) as server:
        error = _opened(server.address("rtsp", login=LOGIN))
    assert "sends on to" in str(error)


def test_a_server_that_sends_on_for_ever_is_given_up() -> None:
    with ScriptedServer(answering(told("302 Found", "Location: /again"))) as server:
        error = _opened(server.address("rtsp", login=LOGIN))
        assert len(server.asked) == MOST_REDIRECTS
    assert "again and again" in str(error)


def test_where_it_cannot_be_told_nothing_is_opened() -> None:
    with ScriptedServer(answering(b"nonsense\r\n\r\n")) as server:
        assert "cannot open rtsp://***@" in str(_opened(server.address("rtsp", login=LOGIN)))
        assert len(server.asked) == 1


def test_within_a_server_a_login_is_sent_on() -> None:
    def answer(first: str, headers: dict[str, str]) -> bytes:
        moved = told("302 Found", "Location: /other")
        return told("200 OK", body=VIDEO) if "/other" in first else moved

    with ScriptedServer(answer) as server:
        address = server.address("rtsp", login=LOGIN)
        assert sent_on(address, Deadline(5)) is None
        assert [first.split()[1].rpartition("/")[2] for first, _ in server.asked] == [
            "live",
            "other",
        ]


def test_without_a_login_nothing_is_asked_beforehand() -> None:
    with ScriptedServer(answering(told("404 Not Found"))) as server:
        _opened(server.address("rtsp"))
        assert not any("livesegment" in headers["user-agent"] for _, headers in server.asked)
