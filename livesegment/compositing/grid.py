"""Pictures of several sources beside each other on one canvas."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import cv2
import numpy as np

from livesegment.compositing.overlay import FONT
from livesegment.frame import Image

ASPECT = 16 / 9
"""Of most cameras."""
BACKGROUND = (24, 22, 20)
GAP = (60, 56, 52)
CHOSEN = (60, 190, 255)
"""BGR of the selected cell's frame."""
INK = (255, 255, 255)

Rect: TypeAlias = tuple[int, int, int, int]
"""x1, y1, x2, y2 in pixels, the last two exclusive."""


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """What one place of the grid shows."""

    name: str
    picture: Image | None = None
    """None where there is none yet."""
    note: str = ""
    """How the source is, behind its name."""
    selected: bool = False


def layout(count: int, size: tuple[int, int], aspect: float = ASPECT) -> tuple[Rect, ...]:
    """Places for `count` pictures, row by row, that together fill a canvas.

    Of all numbers of columns that which shows the pictures largest; where two do, that which
    leaves fewer places empty, or else has fewer rows.

    Args:
        count: of pictures.
        size: (width, height) of the canvas.
        aspect: width by height of the pictures.
    """
    if count < 1:
        return ()

    def worth(columns: int) -> tuple[int, int, int]:
        rows = math.ceil(count / columns)
        shown = min(size[0] / columns, size[1] / rows * aspect)
        return round(shown), -columns * rows, columns

    columns = max(range(1, count + 1), key=worth)
    rows = math.ceil(count / columns)
    xs = [size[0] * i // columns for i in range(columns + 1)]
    ys = [size[1] * i // rows for i in range(rows + 1)]
    places = [(x1, y1, x2, y2) for y1, y2 in pairwise(ys) for x1, x2 in pairwise(xs)]
    return tuple(places[:count])


def blank(size: tuple[int, int]) -> Image:
    """An empty canvas of a size (width, height)."""
    canvas = np.empty((size[1], size[0], 3), np.uint8)
    _clear(canvas)
    return canvas


def draw_cell(canvas: Image, place: Rect, cell: Cell) -> None:
    """Draw one source into its place, and nothing outside it.

    Args:
        canvas: (h, w, 3) BGR, drawn into.
        place: within the canvas.
        cell: what to draw; its picture keeps its aspect.
    """
    x1, y1, x2, y2 = place
    part = canvas[y1:y2, x1:x2]
    height, width = part.shape[:2]
    if height < 1 or width < 1:
        return
    if cell.picture is None:
        _clear(part)
        _write(part, "no picture yet", (width // 2, height // 2), centred=True)
    else:
        _fit(part, cell.picture)
    _plate(part, f"{cell.name}  {cell.note}".strip())
    thick = max(2, width // 160) if cell.selected else 1
    colour = CHOSEN if cell.selected else GAP
    # A line lies on both sides of where it is drawn; half of a thick one would be cut off.
    inset = thick // 2
    corner = (width - 1 - inset, height - 1 - inset)
    cv2.rectangle(part, (inset, inset), corner, colour, thick)


def compose_grid(cells: Sequence[Cell], size: tuple[int, int]) -> Image:
    """All sources on a new canvas of a size (width, height)."""
    canvas = blank(size)
    for place, cell in zip(layout(len(cells), size), cells, strict=True):
        draw_cell(canvas, place, cell)
    return canvas


def _fit(part: Image, picture: Image) -> None:
    """Scale a picture into the middle of a part of the canvas, and blank what it leaves."""
    height, width = part.shape[:2]
    scale = min(width / picture.shape[1], height / picture.shape[0])
    wide = min(width, max(1, round(picture.shape[1] * scale)))
    high = min(height, max(1, round(picture.shape[0] * scale)))
    x, y = (width - wide) // 2, (height - high) // 2
    for bar in (part[:y], part[y + high :], part[y : y + high, :x], part[y : y + high, x + wide :]):
        _clear(bar)
    # Means of two by two and then between pixels: a tenth of what INTER_AREA takes at once.
    while picture.shape[1] >= 2 * wide and picture.shape[0] >= 2 * high:
        half = picture.shape[1] // 2, picture.shape[0] // 2
        even = picture[: 2 * half[1], : 2 * half[0]]
        picture = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
    cv2.resize(picture, (wide, high), dst=part[y : y + high, x : x + wide])


def _clear(part: Image) -> None:
    """Drawn, as that is five times as fast as numpy's assignment."""
    if part.size:
        cv2.rectangle(part, (0, 0), (part.shape[1], part.shape[0]), BACKGROUND, cv2.FILLED)


def _plate(part: Image, text: str) -> None:
    """A line of text on a dimmed plate in the lower left corner."""
    text = text.encode("ascii", "replace").decode()  # all that OpenCV's fonts have
    scale = _scale(part)
    (wide, high), below = cv2.getTextSize(text, FONT, scale, 1)
    height, width = part.shape[:2]
    plate = part[max(0, height - high - below - 10) :, : min(width, wide + 16)]
    plate[:] = cv2.convertScaleAbs(plate, alpha=0.35)
    _write(part, text, (8, height - below - 5))


def _write(part: Image, text: str, place: tuple[int, int], *, centred: bool = False) -> None:
    scale = _scale(part)
    if centred:
        (wide, high), _ = cv2.getTextSize(text, FONT, scale, 1)
        place = (place[0] - wide // 2, place[1] + high // 2)
    cv2.putText(part, text, place, FONT, scale, INK, 1, cv2.LINE_AA)


def _scale(part: Image) -> float:
    return float(np.clip(min(part.shape[:2]) / 600, 0.4, 0.8))
