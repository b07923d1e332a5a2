"""Moving coloured shapes whose masks are known: a camera for demos and a truth for tests."""

import math
import threading
import time
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.frame import Frame, Image
from livesegment.instances import Instances
from livesegment.sources.base import SourceInfo

SIZE = (640, 360)
FPS = 30.0


@dataclass(frozen=True, slots=True)
class Shape:
    """One thing in the scene. Later ones lie in front of earlier ones."""

    class_id: int
    """0 red, 1 green, 2 blue, as the built-in model has them."""
    colour: tuple[int, int, int]
    """BGR."""
    corners: int
    """Of the polygon; 40 look like a circle."""
    radii: tuple[float, float]
    """Half width and half height before turning, pixels."""
    inner: float
    """Every other corner's share of the radius: 1 for a convex shape, less for a star."""
    centre: tuple[float, float]
    """Of its path, as a share of the picture's width and height."""
    swing: tuple[float, float]
    """Of its path, likewise."""
    periods: tuple[float, float]
    """Seconds for one swing in x and y."""
    turn: float
    """Turns a second."""

    def outline(self, seconds: float, size: tuple[int, int]) -> NDArray[np.int32]:
        """Its corners at a time, (n, 1, 2) in pixels."""
        across, down = (2 * math.pi * seconds / period for period in self.periods)
        x = size[0] * (self.centre[0] + self.swing[0] * math.sin(across))
        y = size[1] * (self.centre[1] + self.swing[1] * math.sin(down))
        angles = np.linspace(0, 2 * math.pi, self.corners, endpoint=False) + math.pi / 4
        reach = np.where(np.arange(self.corners) % 2 == 0, 1.0, self.inner)
        outline = np.stack(
            (self.radii[0] * reach * np.cos(angles), self.radii[1] * reach * np.sin(angles))
        )
        turned = 2 * math.pi * self.turn * seconds
        rotation = np.array(
            [[math.cos(turned), -math.sin(turned)], [math.sin(turned), math.cos(turned)]]
        )
        points = (rotation @ outline).T + np.array([x, y])
        corners: NDArray[np.int32] = np.round(points).astype(np.int32)[:, None]
        return corners


SHAPES = (
    Shape(0, (36, 40, 222), 40, (58, 58), 1.0, (0.2, 0.62), (0.13, 0.2), (7.0, 5.0), 0.0),
    Shape(1, (48, 205, 52), 4, (84, 84), 1.0, (0.5, 0.42), (0.16, 0.12), (9.0, 6.0), 0.06),
    Shape(2, (222, 52, 38), 10, (78, 78), 0.62, (0.8, 0.58), (0.13, 0.22), (8.0, 6.5), -0.05),
    Shape(0, (44, 36, 206), 4, (76, 62), 1.0, (0.84, 0.16), (0.1, 0.06), (6.0, 9.0), 0.03),
    Shape(1, (40, 190, 70), 40, (70, 46), 1.0, (0.17, 0.15), (0.1, 0.05), (10.0, 7.0), 0.08),
)


class Scene:
    """The picture and its truth at any time; a pure function of the frame's number."""

    def __init__(self, size: tuple[int, int] = SIZE, shapes: tuple[Shape, ...] = SHAPES) -> None:
        self.size = size
        self._shapes = shapes
        self._background = _background(size)

    def picture(self, seconds: float) -> Image:
        """The scene at a time."""
        image = self._background.copy()
        for shape in self._shapes:
            cv2.fillPoly(image, [shape.outline(seconds, self.size)], shape.colour)
        return image

    def truth(self, seconds: float) -> Instances:
        """What can be seen of each shape; those wholly hidden are left out."""
        width, height = self.size
        owner = np.zeros((height, width), np.uint8)
        for number, shape in enumerate(self._shapes, 1):
            cv2.fillPoly(owner, [shape.outline(seconds, self.size)], number)
        boxes, class_ids, masks, track_ids = [], [], [], []
        for number, shape in enumerate(self._shapes, 1):
            visible = owner == number
            columns, rows = np.flatnonzero(visible.any(0)), np.flatnonzero(visible.any(1))
            if not columns.size:
                continue
            x1, x2, y1, y2 = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
            boxes.append((x1, y1, x2, y2))
            class_ids.append(shape.class_id)
            masks.append(visible[y1:y2, x1:x2])
            track_ids.append(number)
        return Instances.from_rows(boxes, np.ones(len(boxes)), class_ids, masks, track_ids)


class SyntheticSource:
    """The scene as frames, as fast as they are wanted; endless. See `Source`."""

    is_live = False
    name = "synthetic"

    def __init__(self, scene: Scene | None = None, fps: float = FPS) -> None:
        self.scene = scene or Scene()
        self._fps = fps
        self._index = 0
        self._stopped = threading.Event()

    def open(self) -> SourceInfo:
        """Nothing to open; see `Source.open`."""
        return SourceInfo(size=self.scene.size, fps=self._fps, description="moving shapes")

    def read(self) -> Frame | None:
        """The next frame; see `Source.read`."""
        if self._stopped.is_set():
            return None
        index, self._index = self._index, self._index + 1
        pts = index / self._fps
        return Frame(self.scene.picture(pts), index, time.monotonic(), pts)

    def interrupt(self) -> None:
        """Let the next read end; see `Source.interrupt`."""
        self._stopped.set()

    def close(self) -> None:
        """Nothing is held open."""


def _background(size: tuple[int, int]) -> Image:
    """A dusk-grey room with a floor and a little grain, the same at every start."""
    width, height = size
    down = np.linspace(0, 1, height)[:, None, None]
    across = np.linspace(-1, 1, width)[None, :, None]
    wall = np.array([96, 88, 84]) + 44 * (1 - down) - 26 * across**2
    floor = np.array([74, 84, 92]) + 60 * (down - 0.7) - 18 * across**2
    image = np.where(down < 0.7, wall, floor)
    grain = np.random.default_rng(7).normal(0, 2.5, (height, width, 1))
    return np.clip(image + grain, 0, 255).astype(np.uint8)
