"""Captures are opened with the options that they were to have, and none waits for another."""

import os
import socket
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from livesegment.sources import capture as capture_module
from livesegment.sources.capture import OPTIONS, as_bgr, open_capture
from livesegment.threads.worker import Worker
from tests.fakes import CEILING, wait_for
from tests.sources.films import film

pytestmark = pytest.mark.wheel


class _Captures:
    """Stands in for `cv2.VideoCapture`: opens what is called "hangs" only when it is let."""

    def __init__(self) -> None:
        self.options: dict[str, str | None] = {}
        """What each one was opened with."""
        self.begun, self.let = threading.Event(), threading.Event()

    def __call__(self, target: str, *_: Any) -> Any:
        self.options[target] = os.environ.get(OPTIONS)
        if target == "hangs":
            self.begun.set()
            wait_for(self.let)
        return self

    def isOpened(self) -> bool:  # noqa: N802 -- OpenCV's name
        return True


@pytest.fixture
def captures(monkeypatch: pytest.MonkeyPatch) -> Generator[_Captures]:
    fake = _Captures()
    monkeypatch.setenv(OPTIONS, "")
    monkeypatch.delenv(OPTIONS)
    monkeypatch.setattr(capture_module, "_options", capture_module._Options())
    monkeypatch.setattr(cv2, "VideoCapture", fake)
    yield fake
    fake.let.set()


def _hanging(options: str, captures: _Captures) -> Worker:
    worker = Worker(
        "test-open", lambda: open_capture("hangs", cv2.CAP_FFMPEG, ffmpeg_options=options)
    )
    worker.start()
    wait_for(captures.begun)
    return worker


def test_each_capture_is_opened_with_its_options(captures: _Captures) -> None:
    for target, options in (("a", "x;1"), ("b", "x;2"), ("c", ""), ("d", "x;1")):
        open_capture(target, cv2.CAP_FFMPEG, ffmpeg_options=options)
    assert captures.options == {"a": "x;1", "b": "x;2", "c": "", "d": "x;1"}


def test_without_options_the_environment_is_left_alone(captures: _Captures) -> None:
    open_capture("a", cv2.CAP_FFMPEG)
    assert captures.options == {"a": None}
    assert OPTIONS not in os.environ


def test_options_of_the_user_count(captures: _Captures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OPTIONS, "user;1")
    open_capture("a", cv2.CAP_FFMPEG, ffmpeg_options="x;1")
    assert captures.options == {"a": "user;1"}


@pytest.mark.parametrize("options", ["x;1", "x;2", ""])
def test_an_open_that_hangs_holds_up_no_other(options: str, captures: _Captures) -> None:
    hanging = _hanging("x;1", captures)
    assert open_capture("other", cv2.CAP_FFMPEG, ffmpeg_options=options) is captures
    assert captures.options["other"] == options
    assert hanging.is_alive()
    captures.let.set()
    assert hanging.stop(CEILING)


def test_an_open_with_other_options_waits_until_those_before_are_read(
    captures: _Captures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture_module, "READ_BY_THEN", CEILING)
    first = _hanging("x;1", captures)
    second = Worker("test-open", lambda: open_capture("b", cv2.CAP_FFMPEG, ffmpeg_options="x;2"))
    second.start()
    assert not second.stop(0.05)
    assert os.environ[OPTIONS] == "x;1"
    captures.let.set()
    assert second.stop(CEILING)
    assert first.stop(CEILING)
    assert captures.options["b"] == "x;2"


@pytest.mark.skipif(sys.platform != "linux", reason="OpenCV's own lock is lifted there only")
def test_a_server_that_never_answers_holds_up_nobody(tmp_path: Path) -> None:
    path = film(tmp_path / "film.avi", 2)
    timeout = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 1000]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"rtsp://127.0.0.1:{listener.getsockname()[1]}/"
        hanging = Worker("test-open", lambda: open_capture(url, cv2.CAP_FFMPEG, timeout))
        hanging.start()
        with listener.accept()[0]:
            assert open_capture(str(path), cv2.CAP_FFMPEG) is not None
            assert hanging.is_alive()
            assert hanging.stop(CEILING)


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 6, 2), (4, 6, 3), (4, 6, 4)])
@pytest.mark.parametrize(("kind", "light"), [("uint8", 255), ("uint16", 65535), ("float32", 1)])
def test_every_kind_of_picture_becomes_colour(
    shape: tuple[int, ...], kind: str, light: int
) -> None:
    image = as_bgr(np.full(shape, light, kind))
    assert image.shape == (4, 6, 3)
    assert image.dtype == np.uint8
    assert image.min() == 255
