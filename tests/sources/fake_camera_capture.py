"""Stands in for `cv2.VideoCapture` on a camera."""

from collections.abc import Mapping
from typing import Any

import cv2
import pytest

from livesegment.sources.cameras import camera as camera_module
from livesegment.sources.cameras.camera import CameraSource
from livesegment.sources.cameras.wanted_camera import WantedCamera
from tests.fakes import image
from tests.sources.fake_cameras import Machine

NAMES = {
    cv2.CAP_PROP_FOURCC: "format",
    cv2.CAP_PROP_FRAME_WIDTH: "width",
    cv2.CAP_PROP_FRAME_HEIGHT: "height",
    cv2.CAP_PROP_FPS: "fps",
    cv2.CAP_PROP_BUFFERSIZE: "buffers",
    cv2.CAP_PROP_CONVERT_RGB: "raw",
}
MJPG = int.from_bytes(b"MJPG", "little")


class Capture:
    """Takes what it is asked for, except what it insists on."""

    def __init__(
        self,
        insists: Mapping[str, float] | None = None,
        reads: list[bool] | None = None,
        backend: str = "V4L2",
    ) -> None:
        self.insists = dict(insists or {})
        self.reads = None if reads is None else iter(reads)
        self.asked: list[tuple[str, float]] = []
        self.released = 0
        self.backend = backend
        self.is_now: dict[str, float] = {"width": 64, "height": 48, "fps": 30.0}

    def set(self, prop: int, value: float) -> bool:
        self.asked.append((NAMES[prop], value))
        self.is_now[NAMES[prop]] = value
        return True

    def get(self, prop: int) -> float:
        return (self.is_now | self.insists).get(NAMES[prop], 0)

    def read(self) -> tuple[bool, Any]:
        size = (int(self.get(cv2.CAP_PROP_FRAME_WIDTH)), int(self.get(cv2.CAP_PROP_FRAME_HEIGHT)))
        arrived = True if self.reads is None else next(self.reads, False)
        return arrived, image(size=size) if arrived else None

    def getBackendName(self) -> str:  # noqa: N802 -- OpenCV's name
        return self.backend

    def release(self) -> None:
        self.released += 1


def source_on(
    capture: Capture | None, machine: Machine, monkeypatch: pytest.MonkeyPatch, **wishes: Any
) -> CameraSource:
    """A machine's first camera, which OpenCV opens as that capture; None: not at all."""
    monkeypatch.setattr(camera_module, "open_capture", lambda *_: capture)
    wanted = wishes.pop("wanted", WantedCamera(0, machine.places, machine.control))
    return CameraSource(wanted, **wishes)
