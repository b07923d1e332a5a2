"""Which codecs there are, and which of them works here."""

from livesegment.codecs.base import Encoder
from livesegment.errors import SinkError, UsageError
from livesegment.packages import install

AUTO = "auto"
CODECS = ("h264", "mpeg4", "mjpeg")
"""The best first: small and exact, small, exact."""
EXACT = ("h264", "mjpeg")
"""Those in which a picture may come at any time."""


def why_not(codec: str) -> str | None:
    """Why a codec cannot be had here; None where it can."""
    match codec:
        case "h264":
            from livesegment.codecs import h264

            return h264.why_not()
        case "mpeg4":
            from livesegment.codecs import mpeg4

            return None if mpeg4.here() else "this system has no named pipes"
        case _:
            return None


def chosen(codec: str, *, exact: bool = False) -> str:
    """The codec that will be used.

    Args:
        codec: one of `CODECS`, or auto.
        exact: whether every picture must keep its own time, as in raw recordings; a codec that
            cannot do that gives way to one that can.

    Raises:
        UsageError: there is no such codec.
        SinkError: it cannot be had here.
    """
    if codec not in {AUTO, *CODECS}:
        raise UsageError(
            f"--codec {codec!r} is not known", hint=f"one of: {', '.join((AUTO, *CODECS))}"
        )
    if codec == AUTO or (exact and codec not in EXACT):
        among: tuple[str, ...] = EXACT if exact else CODECS
        if codec != AUTO:  # a choice against the extra is kept to
            among = EXACT[-1:]
        return next(name for name in among if why_not(name) is None)
    reason = why_not(codec)
    if reason is not None:
        hint = install("h264") if codec == "h264" else "--codec mjpeg works"
        raise SinkError(f"--codec {codec} cannot be had: {reason}", hint=hint)
    return codec


def encoder(codec: str, size: tuple[int, int], fps: float) -> Encoder:
    """Make the encoder of one file.

    Args:
        codec: one of `CODECS`.
        size: (width, height) of the pictures, both even.
        fps: how many are expected a second.

    Raises:
        SinkError: it cannot be made.
    """
    match codec:
        case "h264":
            from livesegment.codecs.h264 import H264Encoder

            return H264Encoder(size, fps)
        case "mpeg4":
            from livesegment.codecs.mpeg4 import Mpeg4Encoder

            return Mpeg4Encoder(size, fps)
        case "mjpeg":
            from livesegment.codecs.mjpeg import MjpegEncoder

            return MjpegEncoder(size, fps)
        case _:
            raise ValueError(f"{codec!r} is no codec")
