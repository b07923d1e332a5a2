"""Cameras: what is none is refused before OpenCV, which crashes on some of it, hears of it."""

import cv2
import pytest

from livesegment.errors import SourceError, UsageError
from livesegment.sources import camera as camera_module
from livesegment.sources.camera import CameraSource
from livesegment.sources.locate import camera
from tests.fakes import image

MISSING = 9876


class _Capture:
    """As `cv2.VideoCapture`: gives what it is told, then nothing."""

    def __init__(self, reads: list[bool]) -> None:
        self.reads = iter(reads)
        self.released = 0

    def read(self) -> tuple[bool, object]:
        arrived = next(self.reads, False)
        return arrived, image() if arrived else None

    def get(self, prop: int) -> float:
        return {cv2.CAP_PROP_FRAME_WIDTH: 64, cv2.CAP_PROP_FRAME_HEIGHT: 48}.get(prop, 0)

    def getBackendName(self) -> str:  # noqa: N802 -- OpenCV's name
        return "FAKE"

    def release(self) -> None:
        self.released += 1


def _opened(monkeypatch: pytest.MonkeyPatch, reads: list[bool]) -> tuple[CameraSource, _Capture]:
    capture = _Capture(reads)
    monkeypatch.setattr(camera_module, "open_capture", lambda *_: capture)
    source = CameraSource(0)
    info = source.open()
    assert info.size == (64, 48)
    assert info.fps is None
    return source, capture


@pytest.mark.parametrize("text", ["-1", "-5", "abc", "", "1.5", "0x1", "12345", "1 2", "film.mp4"])
def test_what_is_no_camera_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="a camera is a number") as caught:
        camera(text)
    assert "--source" in (caught.value.hint or "")


def test_a_url_given_as_camera_is_refused_without_its_password() -> None:
    with pytest.raises(UsageError) as caught:
        camera("rtsp://admin:s3cret@10.0.0.7/live")
    assert "s3cret" not in str(caught.value)


@pytest.mark.wheel
@pytest.mark.parametrize("text", [str(MISSING), "/dev/video9876", "/dev/null"])
def test_a_missing_camera_is_an_error_that_says_what_works_without(text: str) -> None:
    source = camera(text)
    with pytest.raises(SourceError) as caught:
        source.open()
    source.close()
    assert "livesegment demo" in (caught.value.hint or "")


def test_a_camera_is_named_as_it_was_called() -> None:
    assert camera("0").name == "camera 0"
    assert camera("/dev/video2").name == "video2"


def test_single_reads_that_fail_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    source, _ = _opened(monkeypatch, [True, False, False, True])
    assert [frame.index for frame in (source.read(), source.read()) if frame is not None] == [0, 1]


def test_a_camera_that_gives_nothing_more_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    source, _ = _opened(monkeypatch, [True])
    source.read()
    with pytest.raises(SourceError, match="camera 0 gives no more frames"):
        source.read()


def test_a_camera_that_is_lost_after_an_interrupt_is_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source, _ = _opened(monkeypatch, [True])
    source.interrupt()
    assert source.read() is None


def test_a_camera_is_released_once(monkeypatch: pytest.MonkeyPatch) -> None:
    source, capture = _opened(monkeypatch, [])
    source.close()
    source.close()
    assert capture.released == 1
