"""Pictures made into what goes over the network: JPEG, and H.264 where PyAV is there."""

from fractions import Fraction
from typing import Any, Protocol

import cv2
import numpy as np
import pytest

from livesegment.codecs.avc import units
from livesegment.frame import Image

KEY_EVERY = 10
"""Pictures; so soon a viewer that comes late can begin."""


class Coder(Protocol):
    """Encodes the pictures of one camera, in order."""

    def encode(self, image: Image) -> tuple[bytes, bool]:
        """One picture encoded, and whether it can be read without those before."""
        ...


class JpegCoder:
    """Each picture a JPEG of its own; see `Coder`."""

    def encode(self, image: Image) -> tuple[bytes, bool]:
        return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes(), True


class H264Coder:
    """Baseline H.264 of x264, a packet a picture, without delay; see `Coder`."""

    def __init__(self, fps: float) -> None:
        """Look for the encoder; the test is skipped where there is none."""
        self._av: Any = pytest.importorskip("av", reason="H.264 is made by PyAV")
        self._fps = fps
        self._context: Any = None
        self._count = 0

    def encode(self, image: Image) -> tuple[bytes, bool]:
        size = image.shape[1], image.shape[0]
        if self._context is None or (self._context.width, self._context.height) != size:
            self._context = self._open(size)
        frame = self._av.VideoFrame.from_ndarray(
            cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), "yuv420p"
        )
        frame.pts, self._count = self._count, self._count + 1
        (packet,) = self._context.encode(frame)
        return bytes(packet), packet.is_keyframe

    def parameter_sets(self, size: tuple[int, int]) -> list[bytes]:
        """The SPS and the PPS of pictures of a size (width, height)."""
        apart = H264Coder(self._fps)
        first, _ = apart.encode(np.zeros((size[1], size[0], 3), np.uint8))
        return [unit for unit in units(first) if unit[0] & 31 in {7, 8}]

    def _open(self, size: tuple[int, int]) -> Any:
        context = self._av.CodecContext.create("libx264", "w")
        context.width, context.height = size
        context.pix_fmt = "yuv420p"
        context.framerate = Fraction(self._fps).limit_denominator(1001)
        context.time_base = 1 / context.framerate
        context.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "g": str(KEY_EVERY),
            "crf": "18",
            "threads": "1",
        }
        return context
