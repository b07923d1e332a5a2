"""The last frames and the motion between them."""

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from livesegment.carrying.motion import (
    BackwardFlow,
    Field,
    Picture,
    Size,
    Trail,
    fitted,
    lattice,
    look_up,
    RASTER,
)
from livesegment.frame import Frame

KEPT = 32
"""Frames that a trail can be made for afterwards; about a second, and 15 MB."""
CUT = 30.0
"""Mean grey levels that the motion leaves unexplained from which on the scene is another."""
SAMPLED = 4


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A frame that was shown."""

    index: int
    captured_at: float
    picture: Picture
    flow: Field | None
    """From here back to the moment before; None where there is none, or the scene was cut."""


class History:
    """What was shown last; of one frame size."""

    def __init__(self, frame_size: Size) -> None:
        self.frame_size = frame_size
        self.raster = fitted(frame_size, RASTER)
        self._moments: deque[Moment] = deque(maxlen=KEPT)
        self._flow = BackwardFlow()

    @property
    def newest(self) -> Moment:
        """The last frame; there must have been one."""
        return self._moments[-1]

    def add(self, frame: Frame, grid: Size) -> Moment:
        """Find the motion to a new frame; a cut empties the history before it.

        Args:
            frame: of the history's size.
            grid: size that the flow is found at.
        """
        picture = Picture(frame.image, self.raster)
        flow = None
        if self._moments:
            newer, older = picture.at(grid), self.newest.picture.at(grid)
            flow = self._flow(newer, older)
            if unexplained(newer, older, flow) > CUT:
                flow = None
                self._moments.clear()
        moment = Moment(frame.index, frame.captured_at, picture, flow)
        self._moments.append(moment)
        return moment

    def trail(self, index: int, grid: Size) -> Trail:
        """The trail of a frame, or of the nearest to it that is still known, up to the newest."""
        moments = list(self._moments)
        start = min(range(len(moments)), key=lambda i: (abs(moments[i].index - index), -i))
        key = moments[start]
        trail = Trail(key.picture.at(grid), key.index, key.captured_at)
        for moment in moments[start + 1 :]:
            if moment.flow is not None:
                trail.follow(moment.flow)
        return trail


def unexplained(newer: np.ndarray, older: np.ndarray, flow: Field) -> float:
    """How much of a frame is not the frame before, moved and lit otherwise: mean grey levels."""
    height, width = newer.shape
    here = lattice((width, height), SAMPLED)
    moved = look_up(older, here + flow[::SAMPLED, ::SAMPLED])
    change = newer[::SAMPLED, ::SAMPLED].astype(np.float32) - moved
    return float(np.abs(change - np.median(change)).mean())
