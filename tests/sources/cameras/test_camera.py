"""A connection to a camera: what is asked of it, and what is told of it."""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

import cv2
import pytest

from livesegment.errors import SourceError, UsageError
from livesegment.sources.cameras import camera as camera_module
from livesegment.sources.cameras.camera import CameraSource
from livesegment.sources.cameras.wanted_camera import WantedCamera
from tests.fakes import image
from tests.sources.fake_camera_capture import MJPG, Capture
from tests.sources.fake_cameras import WEBCAM, Driver, Machine

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Video4Linux2")


@linux
def test_the_format_is_asked_for_before_the_size_and_the_rate_last(
    on: Callable[..., CameraSource],
) -> None:
    capture = Capture()
    on(capture, size=(1920, 1080)).open()
    assert capture.asked == [
        ("buffers", 2),
        ("format", MJPG),
        ("width", 1920),
        ("height", 1080),
        ("fps", 30.0),
        ("raw", 0),
    ]


@linux
def test_what_is_given_is_told(on: Callable[..., CameraSource]) -> None:
    source = on(Capture())
    info = source.open()
    assert (info.size, info.fps) == ((1280, 720), 30.0)
    assert info.description == "V4L2 camera, MJPG 1280x720 at 30 fps"
    assert source.given is not None
    assert source.given.format == "MJPG"


@linux
def test_what_is_given_instead_of_a_wish_is_told_and_warned_of_once(
    on: Callable[..., CameraSource], machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = WantedCamera(0, machine.places, machine.control)
    for _ in range(2):
        capture = Capture({"width": 1280, "height": 720, "fps": 30.0})
        source = on(capture, wanted=wanted, size=(1920, 1080), fps=60.0)
        info = source.open()
        assert info.size == (1280, 720)
        assert info.description == (
            "V4L2 camera, MJPG 1280x720 at 30 fps (asked for 1920x1080 at 60 fps)"
        )
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "camera 0 gives MJPG 1280x720 at 30 fps" in caplog.text


@linux
def test_a_camera_without_wishes_is_not_warned_of(
    on: Callable[..., CameraSource], caplog: pytest.LogCaptureFixture
) -> None:
    info = on(Capture({"width": 320, "height": 240})).open()
    assert "asked for" not in info.description
    assert not caplog.records


@linux
def test_the_picture_knows_its_size_better_than_the_driver(
    on: Callable[..., CameraSource],
) -> None:
    capture = Capture()
    capture.read = lambda: (True, image(size=(2560, 1472)))  # type: ignore[method-assign]
    source = on(capture)
    info = source.open()
    frame = source.read()
    assert frame is not None
    assert info.size == frame.size == (2560, 1472)


@linux
@pytest.mark.parametrize(
    ("stated", "told"),
    [(0.0, None), (-1.0, None), (float("inf"), None), (29.97, 29.97), (120.0, None), (1e7, None)],
)
def test_a_rate_that_is_nonsense_is_not_told(
    on: Callable[..., CameraSource], stated: float, told: float | None
) -> None:
    assert on(Capture({"fps": stated})).open().fps == told


@linux
def test_a_rate_of_a_quick_camera_is_believed(
    on: Callable[..., CameraSource], machine: Machine
) -> None:
    machine.plug(0, Driver({"MJPG": {(640, 480): [(1, 120)]}}))
    assert on(Capture(), fps=120.0).open().fps == 120.0


@linux
def test_a_format_that_is_not_known_is_not_told(on: Callable[..., CameraSource]) -> None:
    for code in (0.0, -1.0, 1.0, 2.0**40):
        info = on(Capture({"format": code})).open()
        assert info.description == "V4L2 camera, 1280x720 at 30 fps"


@linux
def test_opencv_does_not_wait_ten_seconds_for_a_picture(
    on: Callable[..., CameraSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", raising=False)
    on(Capture()).open()
    assert os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] == "2"


@pytest.mark.wheel
@pytest.mark.parametrize("text", ["9876", "/dev/video9876", "/dev/null", "no such webcam"])
def test_a_missing_camera_is_an_error_that_says_what_works_without(text: str) -> None:
    source = CameraSource(text)
    with pytest.raises(SourceError) as caught:
        source.open()
    source.close()
    assert "livesegment demo" in (caught.value.hint or "")


@linux
def test_a_formats_table_is_readable_by_its_code() -> None:
    for letters in (*WEBCAM, "Y16"):
        assert camera_module._letters(camera_module._code(letters)) == letters


def _elsewhere(
    monkeypatch: pytest.MonkeyPatch, platform: str, opens: Mapping[int, Capture]
) -> list[tuple[Any, int]]:
    """Go to another system; returns what is opened there, as target and backend."""
    opened: list[tuple[Any, int]] = []

    def open_capture(target: Any, backend: int) -> Capture | None:
        opened.append((target, backend))
        return opens.get(backend)

    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(camera_module, "open_capture", open_capture)
    return opened


def test_on_windows_directshow_is_asked_for_the_format_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    capture = Capture(backend="DSHOW")
    opened = _elsewhere(monkeypatch, "win32", {cv2.CAP_DSHOW: capture})
    info = CameraSource(1).open()
    assert opened == [(1, cv2.CAP_DSHOW)]
    assert capture.asked == [("width", 1280), ("height", 720), ("fps", 30.0), ("format", MJPG)]
    assert info.description == "DSHOW camera, MJPG 1280x720 at 30 fps"


def test_on_windows_media_foundation_comes_second(monkeypatch: pytest.MonkeyPatch) -> None:
    opens = {cv2.CAP_MSMF: Capture(backend="MSMF")}
    opened = _elsewhere(monkeypatch, "win32", opens)
    CameraSource(0).open()
    assert opened == [(0, cv2.CAP_DSHOW), (0, cv2.CAP_MSMF)]


def test_on_macos_avfoundation_is_asked_for_size_and_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = Capture(backend="AVFOUNDATION")
    _elsewhere(monkeypatch, "darwin", {cv2.CAP_AVFOUNDATION: capture})
    CameraSource(0, size=(640, 480)).open()
    assert [name for name, _ in capture.asked] == ["width", "height", "fps"]


def test_elsewhere_a_camera_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    _elsewhere(monkeypatch, "win32", {})
    with pytest.raises(SourceError, match="numbers only"):
        CameraSource("c920").open()


def test_a_format_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(UsageError, match="--camera-format H264"):
        CameraSource(0, format="H264")
