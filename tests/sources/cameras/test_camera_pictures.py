"""Pictures of a camera: those passed over, those that stay out, and the end."""

import sys
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from livesegment.errors import SourceError
from livesegment.sources.cameras.camera import SILENT_AFTER, CameraSource
from tests.fakes import image
from tests.sources.fake_camera_capture import Capture
from tests.sources.fake_cameras import Machine

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Video4Linux2")


def test_the_first_picture_is_the_first_frame(on: Callable[..., CameraSource]) -> None:
    source = on(Capture(reads=[True, True]))
    source.open()
    frames = [source.read(), source.read()]
    assert [frame and frame.index for frame in frames] == [0, 1]
    assert frames[0] is not None
    assert frames[0].pts == 0.0


def test_single_reads_that_fail_are_passed_over(on: Callable[..., CameraSource]) -> None:
    source = on(Capture(reads=[False, True, False, False, True]))
    source.open()
    assert [frame.index for frame in (source.read(), source.read()) if frame is not None] == [0, 1]


def test_a_damaged_jpeg_is_passed_over(on: Callable[..., CameraSource]) -> None:
    jpeg = cv2.imencode(".jpg", image(200))[1].reshape(1, -1)
    rubbish = [np.zeros((1, 0), np.uint8), np.full((1, 900), 7, np.uint8), jpeg[:, :20]]
    pictures = iter([jpeg, *rubbish, jpeg])
    capture = Capture()
    capture.read = lambda: (True, next(pictures))  # type: ignore[method-assign]
    source = on(capture)
    assert source.open().size == (64, 48)
    assert ("raw", 0) in capture.asked
    frames = [source.read(), source.read()]
    assert [frame and frame.index for frame in frames] == [0, 1]
    assert frames[1] is not None
    assert abs(int(frames[1].image.mean()) - 200) < 3


def test_a_camera_that_gives_nothing_more_is_lost(on: Callable[..., CameraSource]) -> None:
    source = on(Capture(reads=[True]))
    source.open()
    source.read()
    with pytest.raises(SourceError, match="camera 0 gives no more frames"):
        source.read()


def test_a_camera_that_keeps_its_reader_waiting_is_lost_before_five_seconds(
    on: Callable[..., CameraSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = Capture(reads=[True])
    source = on(capture)
    source.open()
    source.read()
    now = [100.0]

    def late() -> tuple[bool, Any]:
        now[0] += 2.0
        return False, None

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    capture.read = late  # type: ignore[method-assign]
    with pytest.raises(SourceError, match="no more frames"):
        source.read()
    assert SILENT_AFTER < now[0] - 100.0 < 5.0


def test_a_camera_without_a_first_picture_is_given_back_with_the_reason(
    on: Callable[..., CameraSource], machine: Machine
) -> None:
    machine.use(0, "obs", 4321)
    capture = Capture(reads=[])
    with pytest.raises(SourceError, match=r"gives no picture: .* is open in obs \(pid 4321\)"):
        on(capture).open()
    assert capture.released == 1


def test_a_camera_that_opencv_cannot_open_has_a_hint(on: Callable[..., CameraSource]) -> None:
    with pytest.raises(SourceError, match="camera 0: OpenCV cannot open it") as caught:
        on(None).open()
    assert "--camera-format MJPG" in (caught.value.hint or "")


def test_an_interrupted_camera_ends_without_an_error(on: Callable[..., CameraSource]) -> None:
    source = on(Capture(reads=[True]))
    source.open()
    source.interrupt()
    assert source.read() is None
    source = on(Capture(reads=[]))
    source.interrupt()
    source.open()
    assert source.read() is None


def test_a_camera_is_released_once(on: Callable[..., CameraSource]) -> None:
    capture = Capture()
    source = on(capture)
    source.open()
    source.close()
    source.close()
    assert capture.released == 1
