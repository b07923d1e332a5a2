"""H.264 by the encoders of FFmpeg, through PyAV.

PyAV is an extra. Nothing of it is used but the encoder: the file is written by
`livesegment.matroska`. It brings an FFmpeg of its own, which OpenCV's does not meet.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import import_module
from typing import Any

import cv2

from livesegment.codecs.avc import ParameterSets, is_key, units
from livesegment.codecs.base import Packet
from livesegment.errors import SinkError, one_line
from livesegment.frame import Image
from livesegment.packages import install

INSTALL = install("h264")
MILLISECOND = Fraction(1, 1000)
KEY_MS = 2000
"""Longest way from one key frame to the next."""
COMMON = {
    # Parameter sets before the first packet, where the encoder can.
    "flags": "+global_header",
    # Pictures come out in the order in which they went in.
    "bf": "0",
    # The matrix is BT.601's for every size: so OpenCV makes I420 and reads it, whatever a file
    # says. Players go by what is stated here.
    "colorspace": "smpte170m",
    "color_range": "tv",
    "color_primaries": "bt709",
    "color_trc": "bt709",
}
"""Options of every encoder."""


def load() -> Any:
    """PyAV.

    Raises:
        SinkError: it is not installed, or cannot be loaded.
    """
    try:
        av = import_module("av")
    except ModuleNotFoundError as error:
        raise SinkError("H.264 needs PyAV, which is not installed", hint=INSTALL) from error
    except (ImportError, OSError) as error:
        raise SinkError(
            f"H.264 needs PyAV, which cannot be loaded: {one_line(error)}",
            hint=f"{INSTALL} --force-reinstall",
        ) from error
    av.logging.set_level(None)  # what goes wrong is raised
    return av


@dataclass(frozen=True, slots=True)
class Recipe:
    """An encoder and how it is set."""

    encoder: str
    """As FFmpeg calls it, such as "libx264"."""
    options: Mapping[str, str] = field(default_factory=dict)
    """As FFmpeg names them; beside `COMMON`, and before it."""
    pixels: str = "yuv420p"
    """The layout that the encoder takes."""
    name: str = ""
    """For people; empty: as FFmpeg calls it."""


class LibavEncoder:
    """One encoder of FFmpeg; see `Encoder`."""

    codec_id = "V_MPEG4/ISO/AVC"
    exact = True

    def __init__(self, recipe: Recipe, size: tuple[int, int], fps: float) -> None:
        """Open the encoder.

        Args:
            recipe: which, and how.
            size: (width, height) of the pictures, both even.
            fps: how many are expected a second.

        Raises:
            SinkError: PyAV is missing, or the encoder does not open.
        """
        self._av = load()
        self.name = recipe.name or recipe.encoder
        self.private = b""
        self._sets: ParameterSets | None = None
        self._key_at: int | None = None
        with self._translated("does not start"):
            context = self._av.CodecContext.create(recipe.encoder, "w")
            context.width, context.height = size
            context.pix_fmt = recipe.pixels
            context.time_base = MILLISECOND
            context.framerate = Fraction(fps).limit_denominator(1001)
            interval = {"g": str(max(1, round(fps * KEY_MS / 1000)))}
            context.options = {**COMMON, **interval, **recipe.options}
            context.open()
            self._learn(units(bytes(context.extradata or b"")))
        self._context: Any = context

    def encode(self, image: Image, ms: int) -> list[Packet]:
        """Compress one picture; see `Encoder.encode`."""
        with self._translated("failed"):
            # Twice as quick as FFmpeg's own conversion, and nearer to the picture.
            i420 = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)
            picture = self._av.VideoFrame.from_ndarray(i420, "yuv420p")
            picture.pts, picture.time_base = ms, MILLISECOND
            if self._key_at is None or ms - self._key_at >= KEY_MS:
                picture.pict_type = self._av.video.frame.PictureType.I
                self._key_at = ms
            return self._packets(picture)

    def flush(self) -> list[Packet]:
        """The packets that are still held back; see `Encoder.flush`."""
        with self._translated("failed at the end"):
            return self._packets(None)

    def close(self) -> None:
        """Give the encoder back. Safe to call twice."""
        self._context = None

    def _packets(self, picture: Any) -> list[Packet]:
        packets = []
        for packet in self._context.encode(picture):
            stream = units(bytes(packet))
            if self._sets is None:
                self._learn(stream)
            if self._sets is None:
                raise ValueError("no parameter sets before the first picture")
            key = is_key(stream)
            if key:
                self._key_at = max(packet.pts, self._key_at or 0)
            packets.append(Packet(self._sets.sample(stream), packet.pts, key))
        return packets

    def _learn(self, stream: list[bytes]) -> None:
        self._sets = ParameterSets.among(stream)
        if self._sets is not None:
            self.private = self._sets.configuration()

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        try:
            yield
        # PyAV's errors have no base of their own; an unknown encoder is a plain ValueError.
        except Exception as error:
            # Its messages hold the whole call; what the system calls the error is enough.
            reason = getattr(error, "strerror", None) or one_line(error)
            raise SinkError(f"{self.name} {what}: {reason}") from error
