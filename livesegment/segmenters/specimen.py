"""A drawn picture that networks trained on photographs find objects in.

A comparison of engines needs objects, and a photograph is not for a program to carry along. Traffic
signs and clocks look the same drawn; the plain shapes are for the model that ships. It is drawn by
arithmetic alone, without OpenCV, whose lines and letters differ from version to version: what was
once found in it can be compared with what is found elsewhere.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from livesegment.frame import Image

SIZE = (640, 480)
"""(width, height) in pixels."""

WHITE, DARK, GREY = (245, 245, 245), (35, 35, 35), (150, 150, 150)
RED, GREEN, BLUE, ORANGE = (20, 10, 215), (20, 200, 20), (220, 30, 10), (40, 140, 245)

Place: TypeAlias = tuple[float, float]
Plane: TypeAlias = NDArray[np.float64]


class Shape(NamedTuple):
    """What can be painted."""

    low: Place
    """Upper left corner of a box round it."""
    high: Place
    distance: Callable[[Plane, Plane], Plane]
    """Pixels from the outline, negative inside, for places x (1, w) and y (h, 1)."""


TWELFTHS = tuple(
    (x * across, y * down)
    for across, down, turns in (
        (1, -1, (0, 1, 2)),
        (1, 1, (3, 2, 1)),
        (-1, 1, (0, 1, 2)),
        (-1, -1, (3, 2, 1)),
    )
    for x, y in (
        ((0.0, 1.0), (0.5, 0.8660254), (0.8660254, 0.5), (1.0, 0.0))[turn] for turn in turns
    )
)
"""Where the hours 12, 1, 2 ... 11 lie on a circle of radius 1, y downwards."""

LETTERS: dict[str, tuple[tuple[Place, ...], ...]] = {
    "S": (
        (
            (1, 0.15),
            (0.7, 0),
            (0.3, 0),
            (0, 0.2),
            (0.15, 0.42),
            (0.85, 0.58),
            (1, 0.8),
            (0.7, 1),
            (0.3, 1),
            (0, 0.85),
        ),
    ),
    "T": (((0, 0), (1, 0)), ((0.5, 0), (0.5, 1))),
    "O": (
        ((0.3, 0), (0.7, 0), (1, 0.3), (1, 0.7), (0.7, 1), (0.3, 1), (0, 0.7), (0, 0.3), (0.3, 0)),
    ),
    "P": (((0, 1), (0, 0), (0.7, 0), (1, 0.2), (1, 0.35), (0.7, 0.55), (0, 0.55)),),
    "0": (((0, 0), (1, 0), (1, 1), (0, 1), (0, 0)),),
    "1": (((0.2, 0.25), (0.6, 0), (0.6, 1)),),
    "2": (((0, 0.1), (0.5, 0), (1, 0.2), (0, 1), (1, 1)),),
    "3": (((0, 0), (1, 0), (0.4, 0.45), (1, 0.7), (0.5, 1), (0, 0.9)),),
    "4": (((0.8, 1), (0.8, 0), (0, 0.7), (1, 0.7)),),
    "5": (((1, 0), (0.1, 0), (0, 0.5), (0.6, 0.4), (1, 0.7), (0.6, 1), (0, 0.95)),),
    "6": (((0.9, 0), (0.2, 0.3), (0, 0.7), (0.4, 1), (1, 0.8), (0.6, 0.5), (0, 0.7)),),
    "7": (((0, 0), (1, 0), (0.4, 1)),),
    "8": (
        (
            (0.5, 0.45),
            (0, 0.2),
            (0.5, 0),
            (1, 0.2),
            (0.5, 0.45),
            (0, 0.75),
            (0.5, 1),
            (1, 0.75),
            (0.5, 0.45),
        ),
    ),
    "9": (((1, 0.3), (0.6, 0.5), (0, 0.25), (0.5, 0), (1, 0.3), (0.8, 0.8), (0.2, 1)),),
}
"""Strokes in a box of 1 by 1."""


@cache
def specimen() -> Image:
    """A stop sign, a clock, a ball and two blocks before a sky; (480, 640, 3) BGR, read-only."""
    picture = _backdrop()
    _stop_sign(picture, (120, 110), 72)
    _clock(picture, (330, 110), 76)
    _paint(picture, _disc((330, 390), 46, 46), ORANGE)
    _paint(picture, _box((470, 60), (590, 170)), GREEN)
    _paint(picture, _disc((530, 370), 62, 54), BLUE)
    drawn = np.floor(picture + 0.5).astype(np.uint8)
    drawn.flags.writeable = False
    return drawn


def _backdrop() -> Plane:
    """A sky that grows lighter downwards, above a road."""
    width, height = SIZE
    down = (np.arange(height) / (height - 1))[:, None, None]
    sky = (1 - down) * np.array([230.0, 200, 150]) + down * np.array([200.0, 215, 225])
    picture = np.repeat(sky, width, axis=1)
    picture[330:] = 110, 115, 118
    return picture


def _stop_sign(picture: Plane, centre: Place, radius: float) -> None:
    x, y = centre
    _paint(picture, _box((x - 4, y), (x + 4, y + 290)), GREY)
    for size, colour in ((radius, WHITE), (radius - 6, RED)):
        _paint(picture, _octagon(centre, size), colour)
    for number, letter in enumerate("STOP"):
        _write(picture, letter, (x - 54 + 29 * number, y - 17), (21, 34), 6, WHITE)


def _clock(picture: Plane, centre: Place, radius: float) -> None:
    x, y = centre
    _paint(picture, _disc(centre, radius, radius), DARK)
    _paint(picture, _disc(centre, radius - 9, radius - 9), WHITE)
    for hour, (right, down) in enumerate(TWELFTHS):
        near, far = (
            (x + length * right, y + length * down) for length in (radius - 21, radius - 12)
        )
        _paint(picture, _stroke(near, far, 3), DARK)
        text = str(hour or 12)
        left = x + (radius - 32) * right - 4.5 * len(text) + 1
        for number, digit in enumerate(text):
            at = left + 9 * number, y + (radius - 32) * down - 4.5
            _write(picture, digit, at, (6, 9), 1.5, DARK)
    _paint(picture, _stroke(centre, (x, y - radius + 26), 3), DARK)
    _paint(picture, _stroke(centre, (x + 32, y + 15), 5), DARK)


def _write(
    picture: Plane,
    letter: str,
    corner: Place,
    size: tuple[float, float],
    thickness: float,
    colour: Sequence[int],
) -> None:
    """A letter in a box from its upper left corner, size (width, height)."""
    for line in LETTERS[letter]:
        points = [(corner[0] + u * size[0], corner[1] + v * size[1]) for u, v in line]
        for start, end in pairwise(points):
            _paint(picture, _stroke(start, end, thickness), colour)


def _paint(picture: Plane, shape: Shape, colour: Sequence[int]) -> None:
    """Paint what is inside of an outline; a pixel on it is covered in part."""
    left, top = (max(0, int(side) - 1) for side in shape.low)
    right, bottom = (min(int(side) + 2, most) for side, most in zip(shape.high, SIZE, strict=True))
    x, y = np.arange(left, right, dtype=np.float64), np.arange(top, bottom, dtype=np.float64)
    cover = np.clip(0.5 - shape.distance(x[None], y[:, None]), 0, 1)[..., None]
    here = picture[top:bottom, left:right]
    here[...] = (1 - cover) * here + cover * np.array(colour, np.float64)


def _disc(centre: Place, across: float, down: float) -> Shape:
    """An ellipse with half axes."""

    def distance(x: Plane, y: Plane) -> Plane:
        reach = np.sqrt(((x - centre[0]) / across) ** 2 + ((y - centre[1]) / down) ** 2)
        return np.asarray((reach - 1) * min(across, down))

    low, high = ((centre[0] + n * across, centre[1] + n * down) for n in (-1, 1))
    return Shape(low, high, distance)


def _box(low: Place, high: Place) -> Shape:
    """A box that covers the pixels from one to the other, both included."""

    def distance(x: Plane, y: Plane) -> Plane:
        sides = (low[0] - x, x - high[0], low[1] - y, y - high[1])
        return np.maximum(np.maximum(sides[0], sides[1]), np.maximum(sides[2], sides[3]))

    return Shape(low, high, distance)


def _octagon(centre: Place, radius: float) -> Shape:
    """One that stands on a side; the radius is that of its corners."""
    reach = radius * 0.92387953

    def distance(x: Plane, y: Plane) -> Plane:
        right, down = np.abs(x - centre[0]), np.abs(y - centre[1])
        return np.maximum(np.maximum(right, down), (right + down) * 0.70710678) - reach

    low, high = ((centre[0] + n * radius, centre[1] + n * radius) for n in (-1, 1))
    return Shape(low, high, distance)


def _stroke(start: Place, end: Place, thickness: float) -> Shape:
    """A line with round ends."""
    across, down = end[0] - start[0], end[1] - start[1]
    length = across**2 + down**2

    def distance(x: Plane, y: Plane) -> Plane:
        along = np.clip(((x - start[0]) * across + (y - start[1]) * down) / length, 0, 1)
        right, below = x - start[0] - along * across, y - start[1] - along * down
        return np.asarray(np.sqrt(right**2 + below**2) - thickness / 2)

    low = min(start[0], end[0]) - thickness, min(start[1], end[1]) - thickness
    high = max(start[0], end[0]) + thickness, max(start[1], end[1]) + thickness
    return Shape(low, high, distance)
