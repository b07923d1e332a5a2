"""Lines of text in a corner of the window."""

from collections.abc import Sequence

import cv2
import numpy as np

from livesegment.compositing.overlay import FONT
from livesegment.frame import Image


def with_text(picture: Image, lines: Sequence[str]) -> Image:
    """A copy of the picture with lines on a dimmed plate in its upper left corner.

    Args:
        picture: (h, w, 3) BGR; not written to.
        lines: ASCII; what follows a tab is set in a second column.
    """
    drawn = picture.copy()
    if not lines:
        return drawn
    height, width = drawn.shape[:2]
    scale = float(np.clip(min(height, width) / 900, 0.4, 0.9))
    columns = [line.partition("\t") for line in lines]
    second = max((_width(left, scale) for left, tab, _ in columns if tab), default=0) + 24
    ends = [
        _width(left, scale) if not tab else second + _width(right, scale)
        for left, tab, right in columns
    ]
    step = round(cv2.getTextSize("Ag", FONT, scale, 1)[0][1] * 1.9)
    plate = drawn[: step * len(lines) + 10, : max(ends) + 16]
    plate[:] = cv2.convertScaleAbs(plate, alpha=0.35)
    for row, (left, _, right) in enumerate(columns, 1):
        for text, x in ((left, 8), (right, 8 + second)):
            place = (x, row * step)
            cv2.putText(drawn, text, place, FONT, scale, (255, 255, 255), 1, cv2.LINE_AA)
    return drawn


def with_notice(picture: Image, lines: Sequence[str]) -> Image:
    """A dimmed copy of the picture with lines in its middle: what is shown is not what is.

    Args:
        picture: (h, w, 3) BGR; not written to.
        lines: ASCII; the first one is a heading.
    """
    drawn = cv2.convertScaleAbs(picture, alpha=0.35)
    height, width = drawn.shape[:2]
    scale = float(np.clip(min(height, width) / 700, 0.4, 1.2))
    step = round(cv2.getTextSize("Ag", FONT, scale, 1)[0][1] * 2.2)
    top = (height - step * (len(lines) - 1)) // 2
    for row, text in enumerate(lines):
        size = scale * (1.3 if row == 0 else 1.0)
        size = min(size, size * (width - 8) / max(1, _width(text, size)))  # long reasons fit, too
        place = ((width - _width(text, size)) // 2, top + row * step)
        cv2.putText(drawn, text, place, FONT, size, (255, 255, 255), 1, cv2.LINE_AA)
    return np.asarray(drawn, np.uint8)


def _width(text: str, scale: float) -> int:
    return cv2.getTextSize(text, FONT, scale, 1)[0][0]
