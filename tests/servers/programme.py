"""What the cameras of the tests show: moving shapes, and on every picture its number."""

import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from livesegment.frame import Image
from livesegment.sources.synthetic import Scene

BITS = 16
CELL = 16
"""Pixels a side, as is a block of JPEG's and H.264's coarsest plane."""
INNER = 4
"""Pixels left out on each side of a cell when it is read."""

Painter: TypeAlias = Callable[[int, tuple[int, int]], Image]
"""The picture of a number in a size (width, height), at least `BITS` cells wide."""


def stamp(image: Image, number: int) -> Image:
    """Write a number into the upper left corner: a row of black and white cells, and its negative.

    Args:
        image: (h, w, 3), is written to.
        number: from 0 on; what goes beyond 16 bits is cut off.
    """
    for bit in range(BITS):
        light = 255 * (number >> bit & 1)
        columns = slice(CELL * bit, CELL * (bit + 1))
        image[:CELL, columns] = light
        image[CELL : 2 * CELL, columns] = 255 - light
    return image


def number_of(image: Image) -> int | None:
    """The number that a picture carries; None where there is none, or it is damaged."""
    if image.shape[0] < 2 * CELL or image.shape[1] < BITS * CELL:
        return None
    corner = image[: 2 * CELL, : BITS * CELL].mean(2)
    cells = corner.reshape(2, CELL, BITS, CELL)[:, INNER:-INNER, :, INNER:-INNER].mean((1, 3))
    upper, lower = cells > 128
    if not np.array_equal(upper, ~lower) or np.abs(cells - 128).min() < 64:
        return None
    return int((upper << np.arange(BITS)).sum())


class Programme:
    """The pictures that a camera sends, one after the other; tests change it as it goes on."""

    def __init__(
        self,
        size: tuple[int, int] = (320, 240),
        fps: float = 40.0,
        painter: Painter | None = None,
    ) -> None:
        self.size = size
        """(width, height); another one holds from the next picture on."""
        self.fps = fps
        self.black = 0
        """So many of the next pictures are black, without a number."""
        self.frozen = False
        """Whether the last picture is sent again and again."""
        self.sent_at: dict[int, float] = {}
        """Monotonic seconds when each number was handed over to be sent, encoded already."""
        self.count = 0
        """Pictures so far; the next one's number."""
        self._painter = painter or self._scene
        self._scenes: dict[tuple[int, int], Scene] = {}
        self._last: Image | None = None

    def next(self) -> tuple[int, Image]:
        """The next picture and its number."""
        number, self.count = self.count, self.count + 1
        if self.black:
            self.black -= 1
            return number, np.zeros((self.size[1], self.size[0], 3), np.uint8)
        if self._last is None or not self.frozen:
            self._last = self._painter(number, self.size)
        return number, self._last

    def age(self, image: Image) -> float | None:
        """Seconds since a picture was sent; None where it carries no number."""
        number = number_of(image)
        sent = None if number is None else self.sent_at.get(number)
        return None if sent is None else time.monotonic() - sent

    def _scene(self, number: int, size: tuple[int, int]) -> Image:
        scene = self._scenes.setdefault(size, Scene(size))
        return stamp(scene.picture(number / self.fps), number)


def repeated(pictures: Sequence[Image], fps: float) -> Programme:
    """Given pictures, again and again, without numbers."""
    height, width = pictures[0].shape[:2]
    return Programme((width, height), fps, lambda number, _: pictures[number % len(pictures)])
