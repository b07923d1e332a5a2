"""Streams over HTTP, from a server that stalls, dies, and asks for a password."""

import itertools
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from livesegment.errors import SourceError
from livesegment.frame import Frame
from livesegment.sources.streams.stream import StreamSource
from livesegment.threads.worker import Worker
from tests.servers.mjpeg import mjpeg_server
from tests.sources.films import pictures

pytestmark = pytest.mark.wheel

SOON = 2.0
"""Seconds; a person waits so long without wondering."""


@contextmanager
def _opened(url: str, **options: Any) -> Generator[StreamSource]:
    source = StreamSource(url, **options)
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


def test_a_server_that_falls_silent_is_an_error_within_the_time_for_reading() -> None:
    with mjpeg_server(pictures(3)) as server, _opened(server.url(), read_timeout=0.3) as source:
        _read(source, 3)
        server.silent.set()
        with pytest.raises(SourceError, match="stopped"):
            _read(source, 1000)


def test_a_server_that_never_answers_is_an_error_within_the_time_for_opening() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        started = time.monotonic()
        with pytest.raises(SourceError, match="cannot open"):
            StreamSource(f"http://127.0.0.1:{port}/", open_timeout=0.3).open()
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
