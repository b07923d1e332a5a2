"""Streams over HTTP, from a server that stalls, dies, and asks for a password."""

import itertools
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager

import cv2
import numpy as np
import pytest

from livesegment.errors import SourceError
from livesegment.frame import Frame
from livesegment.sources import stream as stream_module
from livesegment.sources.stream import StreamSource
from livesegment.threads.worker import Worker
from tests.fakes import CEILING
from tests.servers.mjpeg import mjpeg_server
from tests.sources.films import pictures

pytestmark = pytest.mark.wheel

SOON = 2.0
"""Seconds; a person waits so long without wondering."""


@contextmanager
def _opened(url: str) -> Generator[StreamSource]:
    source = StreamSource(url)
    try:
        source.open()
        yield source
    finally:
        source.close()


def _read(source: StreamSource, count: int) -> list[Frame]:
    frames = list(itertools.islice(iter(source.read, None), count))
    assert len(frames) == count
    return frames


def test_frames_of_a_stream_arrive() -> None:
    with mjpeg_server(pictures(3)) as server, _opened(server.url()) as source:
        first, second = (frame.image.mean() for frame in _read(source, 2))
        assert {round(abs(first - second))} <= {8, 16}


@pytest.mark.parametrize("fps", [12.5, 60])
def test_a_stream_without_time_stamps_goes_by_the_time_of_arrival(fps: float) -> None:
    with mjpeg_server(pictures(3), fps=fps) as server, _opened(server.url()) as source:
        frames = _read(source, 12)
    spent = frames[-1].captured_at - frames[0].captured_at
    assert frames[-1].pts - frames[0].pts == pytest.approx(spent, rel=0.1, abs=0.02)


def test_a_scheme_in_capitals_is_a_scheme() -> None:
    with (
        mjpeg_server(pictures(3)) as server,
        _opened(server.url().replace("http", "HTTP")) as source,
    ):
        _read(source, 1)


def test_a_server_that_dies_is_an_error_soon() -> None:
    with mjpeg_server(pictures(3)) as server, _opened(server.url()) as source:
        _read(source, 3)
        server.die()
        started = time.monotonic()
        with pytest.raises(SourceError, match="stopped") as caught:
            _read(source, 1000)
        assert time.monotonic() - started < SOON
    assert caught.value.hint


def test_a_server_that_falls_silent_is_an_error_within_the_time_for_reading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream_module, "READ_TIMEOUT", 0.3)
    with mjpeg_server(pictures(3)) as server, _opened(server.url()) as source:
        _read(source, 3)
        server.silent.set()
        with pytest.raises(SourceError, match="stopped"):
            _read(source, 1000)


def test_a_server_that_never_answers_is_an_error_within_the_time_for_opening(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream_module, "OPEN_TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        started = time.monotonic()
        with pytest.raises(SourceError, match="cannot open"):
            StreamSource(f"http://127.0.0.1:{port}/").open()
        assert time.monotonic() - started < SOON


def test_a_refused_connection_is_an_error_without_the_password() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(SourceError, match=r"cannot open http://\*\*\*@127") as caught:
        StreamSource(f"http://admin:s3cret@127.0.0.1:{port}/").open()
    assert "s3cret" not in str(caught.value) + (caught.value.hint or "")


def test_a_user_with_the_password_gets_in() -> None:
    with (
        mjpeg_server(pictures(3), credentials="admin:s3cret") as server,
        _opened(server.url("admin:s3cret")) as source,
    ):
        _read(source, 1)


@pytest.mark.parametrize("credentials", ["", "admin:wr0ng"])
def test_a_user_without_the_password_gets_an_error(credentials: str) -> None:
    with mjpeg_server(pictures(3), credentials="admin:s3cret") as server:
        source = StreamSource(server.url(credentials))
        with pytest.raises(SourceError, match="cannot open") as caught:
            source.open()
    assert "wr0ng" not in str(caught.value)


def test_the_name_and_the_errors_hold_no_password() -> None:
    with mjpeg_server(pictures(3), credentials="admin:s3cret") as server:
        with _opened(server.url("admin:s3cret")) as source:
            _read(source, 1)
            server.die()
            with pytest.raises(SourceError) as caught:
                _read(source, 1000)
        assert "s3cret" not in source.name + str(caught.value)


def test_an_interrupt_while_reading_ends_the_reading_at_the_next_frame() -> None:
    with mjpeg_server(pictures(3)) as server, _opened(server.url()) as source:
        reader = Worker("test-reader", lambda: list(iter(source.read, None)).clear())
        reader.start()
        source.interrupt()
        assert reader.stop(SOON)
        assert reader.error is None


class _Capture:
    """As `cv2.VideoCapture` on a finite film over HTTP, or on HLS, that arrives all at once."""

    def __init__(self, frames: int, *, finite: bool) -> None:
        self.next = 0
        self._frames = frames
        self._finite = finite

    def read(self) -> tuple[bool, object]:
        self.next += 1
        arrived = self.next <= self._frames
        return arrived, np.zeros((48, 64, 3), np.uint8) if arrived else None

    def get(self, prop: int) -> float:
        return {
            cv2.CAP_PROP_FPS: 50,
            cv2.CAP_PROP_FRAME_COUNT: self._frames if self._finite else -9.2e18,
            cv2.CAP_PROP_POS_MSEC: 20.0 * (self.next - 1),
            cv2.CAP_PROP_PTS: self.next,
        }.get(prop, 0)

    def release(self) -> None:
        pass


@pytest.mark.parametrize(
    ("url", "finite"), [("http://host/film.mp4", True), ("http://host/live.m3u8?x=1", False)]
)
def test_what_arrives_in_bursts_is_played_at_its_own_rate(
    url: str, finite: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = _Capture(11, finite=finite)
    monkeypatch.setattr(stream_module, "open_capture", lambda *_, **__: capture)
    with _opened(url) as source:
        frames = _read(source, 11)
    assert frames[-1].captured_at - frames[0].captured_at >= 0.199
    assert frames[-1].pts == pytest.approx(0.2)


def test_the_end_of_a_film_over_http_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "open_capture", lambda *_, **__: _Capture(2, finite=True))
    with _opened("http://host/film.mp4") as source:
        _read(source, 2)
        assert source.read() is None


def test_a_wait_for_the_next_frame_of_a_film_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Capture, "get", lambda *_: 3000.0)
    monkeypatch.setattr(stream_module, "open_capture", lambda *_, **__: _Capture(2, finite=True))
    with _opened("http://host/film.mp4") as source:
        source._clock.tell(0)  # the first frame stands an hour later
        reader = Worker("test-reader", lambda: list(iter(source.read, None)).clear())
        reader.start()
        source.interrupt()
        assert reader.stop(CEILING)
