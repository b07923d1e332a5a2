"""Motion JPEG: every picture by itself, at any time; large, quick, and in every wheel."""

import cv2

from livesegment.codecs.base import Packet
from livesegment.errors import SinkError
from livesegment.frame import Image

QUALITY = 90
"""Of a JPEG, 0..100: no difference is seen beside the original."""


def jpeg(image: Image, quality: int = QUALITY) -> bytes:
    """A picture as JPEG.

    Raises:
        SinkError: it cannot be one, such as with a side of more than 65535 pixels.
    """
    try:
        made, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    except cv2.error as error:
        raise SinkError(f"a picture of shape {image.shape} cannot be a JPEG") from error
    if not made:
        raise SinkError(f"a picture of shape {image.shape} cannot be a JPEG")
    return data.tobytes()


class MjpegEncoder:
    """Motion JPEG by OpenCV; see `Encoder`."""

    name = f"OpenCV JPEG, quality {QUALITY}"
    codec_id = "V_MJPEG"
    exact = True
    private = b""

    def __init__(self, size: tuple[int, int], fps: float) -> None:
        del size, fps

    def encode(self, image: Image, ms: int) -> list[Packet]:
        """Compress one picture; see `Encoder.encode`."""
        return [Packet(jpeg(image), ms, key=True)]

    def flush(self) -> list[Packet]:
        """Nothing is held back."""
        return []

    def close(self) -> None:
        """Nothing is held."""
