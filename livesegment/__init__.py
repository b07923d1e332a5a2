"""Live instance segmentation: every object of a camera, stream or file outlined pixel by pixel."""

import os

__version__ = "0.1.0"


def most_pixels() -> int:
    """Pixels that a picture may have, as LIVESEGMENT_MAX_PIXELS in the environment says."""
    text = os.environ.get("LIVESEGMENT_MAX_PIXELS", "")
    typed = text.isascii() and text.isdecimal() and len(text) < 16 and int(text) > 0
    return int(text) if typed else 64_000_000


# OpenCV looks at a picture's stated size before it takes memory for it, and reads this as it is
# imported; its own limit is 17 times as high.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(most_pixels()))
