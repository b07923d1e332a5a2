"""A chart of bars, as SVG or PNG: milliseconds a picture, and what there is to say beside each.

Laid out once as rectangles, lines and texts, then written in either format.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from xml.sax.saxutils import escape

import cv2
import numpy as np

from livesegment.errors import SinkError, UsageError

WIDTH = 960
MARGIN = 32
ROW, THICK = 44, 22
"""Height of a row and of the bar in it."""
LETTER, BOLD = 0.58, 0.66
"""Width of a letter in heights of the type, plain and bold, as wide as common faces have it."""
GAP = 16
SCALE = 2
"""Pixels of a PNG a unit of the layout."""
TICKS = 5
FACES = "Helvetica, Arial, sans-serif"

PAPER, INK, DIM, GRID = "#ffffff", "#1f2933", "#66727f", "#e4e8ec"
WHOLE, PART = "#a9cbe8", "#3d7fb8"
BEST_WHOLE, BEST_PART = "#a8dcc0", "#2b9a66"
WRONG = "#c0392b"


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of the chart."""

    label: str
    value: float
    """Length of the bar."""
    part: float = 0.0
    """How much of it is drawn dark."""
    note: str = ""
    """Beside the bar."""
    best: bool = False
    """Drawn in another colour."""
    wrong: bool = False
    """Whether the note is a warning."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What is to be drawn."""

    title: str
    subtitle: str
    unit: str
    """Behind the figures, such as "ms"."""
    bars: Sequence[Bar]
    part: str
    """What the dark parts are."""
    rest: str
    """What the light parts are."""
    best: str
    """What the other colour says."""


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    top: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class _Text:
    x: float
    y: float
    """Of the base line."""
    text: str
    size: float
    colour: str = INK
    anchor: str = "start"
    """"start", "middle" or "end": which of its points lies at x."""
    bold: bool = False


_Shape: TypeAlias = _Box | _Text


def writer_for(path: Path) -> Callable[[Chart], None]:
    """What writes a chart to a file, by the file's suffix.

    Raises:
        UsageError: neither .svg nor .png.
    """
    formats: dict[str, Callable[[Chart], bytes]] = {".svg": as_svg, ".png": as_png}
    form = formats.get(path.suffix.lower())
    if form is None:
        raise UsageError(
            f"--chart {path}: a chart is an .svg or a .png",
            hint=f"such as --chart {path.with_suffix('.svg')}",
        )

    def write(chart: Chart) -> None:
        try:
            path.write_bytes(form(chart))
        except OSError as error:
            raise SinkError(f"cannot write {path}: {error.strerror}") from error

    return write


def as_svg(chart: Chart) -> bytes:
    """The chart as an SVG file."""
    shapes, height = _layout(chart)
    sides = f'width="{WIDTH}" height="{height}"'
    view = f'viewBox="0 0 {WIDTH} {height}" {sides} font-family="{FACES}"'
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {view}>',
        f'<rect {sides} fill="{PAPER}"/>',
    ]
    for shape in shapes:
        if isinstance(shape, _Box):
            rows.append(
                f'<rect x="{shape.left:.1f}" y="{shape.top:.1f}" width="{shape.width:.1f}" '
                f'height="{shape.height:.1f}" fill="{shape.colour}"/>'
            )
        else:
            weight = ' font-weight="bold"' if shape.bold else ""
            rows.append(
                f'<text x="{shape.x:.1f}" y="{shape.y:.1f}" font-size="{shape.size:g}" '
                f'fill="{shape.colour}" text-anchor="{shape.anchor}"{weight}>'
                f"{escape(_printable(shape.text))}</text>"
            )
    return "\n".join([*rows, "</svg>", ""]).encode("utf-8")


def as_png(chart: Chart) -> bytes:
    """The chart as a PNG file."""
    shapes, height = _layout(chart)
    canvas = np.full((SCALE * height, SCALE * WIDTH, 3), 255, np.uint8)
    for shape in shapes:
        if isinstance(shape, _Box):
            left, top = round(SCALE * shape.left), round(SCALE * shape.top)
            right = max(left + 1, round(SCALE * (shape.left + shape.width)))
            bottom = max(top + 1, round(SCALE * (shape.top + shape.height)))
            canvas[top:bottom, left:right] = _bgr(shape.colour)
        else:
            _write(canvas, shape)
    return cv2.imencode(".png", canvas)[1].tobytes()


def _write(canvas: Any, shape: _Text) -> None:
    """Put a text on a PNG; OpenCV's own letters are of ASCII only."""
    text = shape.text.encode("ascii", "replace").decode()
    font, thick = cv2.FONT_HERSHEY_DUPLEX, SCALE if shape.bold else 1
    size = SCALE * shape.size / 30  # its capitals are some 22 units high, those of type 0.72
    width = cv2.getTextSize(text, font, size, thick)[0][0]
    left = SCALE * shape.x - {"start": 0.0, "middle": width / 2, "end": width}[shape.anchor]
    at = round(left), round(SCALE * shape.y)
    cv2.putText(canvas, text, at, font, size, _bgr(shape.colour), thick, cv2.LINE_AA)


def _layout(chart: Chart) -> tuple[list[_Shape], int]:
    """Everything to be drawn, hindmost first, and the height that it takes."""
    shapes: list[_Shape] = [
        _Text(MARGIN, 44, _fitted(chart.title, 22, WIDTH - 2 * MARGIN, bold=True), 22, bold=True),
        _Text(MARGIN, 68, _fitted(chart.subtitle, 14, WIDTH - 2 * MARGIN), 14, DIM),
    ]
    labels = [_fitted(bar.label, 15, 0.4 * WIDTH, bold=True) for bar in chart.bars]
    figures = [f"{_figure(bar.value)} {chart.unit}" for bar in chart.bars]
    ends = [
        _width(figure, 15, bold=bar.best) + GAP + _width(bar.note, 14)
        for bar, figure in zip(chart.bars, figures, strict=True)
    ]
    widths = [_width(label, 15, bold=True) for label in labels]
    left = MARGIN + max(widths, default=0) + 14
    room = max(0.2 * WIDTH, WIDTH - MARGIN - left - max(ends, default=0) - 10)
    step = _step(max((bar.value for bar in chart.bars), default=0))
    most = max((bar.value for bar in chart.bars), default=0) or step
    top = 112
    bottom = top + ROW * len(chart.bars)
    shapes += _legend(chart)
    for i in range(math.floor(most / step + 1e-9) + 1):
        x = left + room * i * step / most
        shapes += [
            _Box(x, top, 1, bottom - top, GRID),
            _Text(x, bottom + 20, f"{i * step:g}", 12, DIM, "middle"),
        ]
    shapes.append(_Text(MARGIN, bottom + 20, f"{chart.unit} a picture", 12, DIM))
    for i, (bar, label, figure) in enumerate(zip(chart.bars, labels, figures, strict=True)):
        y = top + ROW * i + (ROW - THICK) / 2
        length, dark = room * bar.value / most, room * bar.part / most
        base = y + THICK / 2 + 5
        after = left + length + 10
        note_at = after + _width(figure, 15, bold=bar.best) + GAP
        shapes += [
            _Text(left - 12, base, label, 15, anchor="end", bold=bar.best),
            _Box(after - 5, y, ends[i] + 10, THICK, PAPER),  # no grid behind the letters
            _Box(left, y, length, THICK, BEST_WHOLE if bar.best else WHOLE),
            _Box(left, y, dark, THICK, BEST_PART if bar.best else PART),
            _Text(after, base, figure, 15, bold=bar.best),
            _Text(note_at, base, bar.note, 14, WRONG if bar.wrong else DIM),
        ]
    return shapes, bottom + 40


def _legend(chart: Chart) -> list[_Shape]:
    """What the colours mean, on one line above the bars."""
    shapes: list[_Shape] = []
    x: float = MARGIN
    entries = [(PART, chart.part), (WHOLE, chart.rest)]
    if any(bar.best for bar in chart.bars):
        entries.append((BEST_PART, chart.best))
    for colour, text in entries:
        shapes += [_Box(x, 85, 12, 12, colour), _Text(x + 18, 96, text, 13, DIM)]
        x += 18 + _width(text, 13) + 26
    return shapes


def _step(most: float) -> float:
    """Between two lines of the grid: 1, 2 or 5 times a power of ten."""
    if most <= 0:
        return 1.0
    rough = most / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * f for f in (1, 2, 5, 10) if power * f >= rough * 0.999)


def _figure(value: float) -> str:
    """With as many digits as are worth reading."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def _width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide a text is."""
    return (BOLD if bold else LETTER) * size * len(text)


def _fitted(text: str, size: float, width: float, *, bold: bool = False) -> str:
    """A text cut to a width."""
    most = max(4, int(width / ((BOLD if bold else LETTER) * size)))
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _printable(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _bgr(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return blue, green, red
