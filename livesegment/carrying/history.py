"""The last frames and the motion between them."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from livesegment.carrying.motion import (
    BackwardFlow,
    Field,
    Fineness,
    Grey,
    Picture,
    Size,
    Trail,
    lattice,
    look_up,
    raster_for,
)
from livesegment.frame import Frame

KEPT = 32
"""Frames that a trail can be made for afterwards; about a second, and 24 MB."""
CUT = 170.0
"""Of `strangeness`: at most 100 from frame to frame of DAVIS films, from film to film 210 on."""
SAMPLED = 8
"""Every so many cells are enough to tell."""


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
        self.raster = raster_for(frame_size)
        self._moments: deque[Moment] = deque(maxlen=KEPT)
        self._flow = BackwardFlow()

    @property
    def newest(self) -> Moment:
        """The last frame; there must have been one."""
        return self._moments[-1]

    def add(self, frame: Frame, fineness: Fineness) -> Moment:
        """Find the motion to a new frame; a cut empties the history before it.

        Args:
            frame: of the history's size.
            fineness: of the flow to it.
        """
        picture = Picture(frame.image, self.raster)
        flow = None
        if self._moments:
            grid = fineness.grid(self.raster)
            newer, older = picture.at(grid), self.newest.picture.at(grid)
            flow = self._flow(newer, older, fineness)
            if strangeness(newer, older, flow, fineness.ratio) > CUT:
                flow = None
                self._moments.clear()
        moment = Moment(frame.index, frame.captured_at, picture, flow)
        self._moments.append(moment)
        return moment

    def trail(self, index: int, fineness: Fineness) -> Trail:
        """The trail of a frame, or of the nearest to it that is still known, up to the newest."""
        moments = list(self._moments)
        start = min(range(len(moments)), key=lambda i: (abs(moments[i].index - index), -i))
        key = moments[start]
        trail = Trail(key.picture.at(fineness.grid(self.raster)), key.index, key.captured_at)
        for moment in moments[start + 1 :]:
            if moment.flow is not None:
                trail.follow(moment.flow)
        return trail


def strangeness(newer: Grey, older: Grey, flow: Field, ratio: float) -> float:
    """How little a frame is the frame before, moved and lit otherwise.

    Both what the motion leaves unexplained and how wildly it turns from place to place: one alone
    is large in fast scenes too, and between two scenes the flow explains much, but nowhere the
    same way.

    Args:
        newer: (h, w).
        older: (h, w).
        flow: (h, w, 2) back from the newer.
        ratio: raster pixels to a cell.

    Returns:
        Mean grey levels times raster pixels.
    """
    height, width = newer.shape
    here, sparse = lattice((width, height), SAMPLED), flow[::SAMPLED, ::SAMPLED]
    change = newer[::SAMPLED, ::SAMPLED].astype(np.float32) - look_up(older, here + sparse)
    unexplained = np.abs(change - np.median(change)).mean()
    turns = [np.abs(np.diff(sparse, axis=axis)).sum(axis=-1).ravel() for axis in (0, 1)]
    return float(unexplained * np.median(np.concatenate(turns)) * ratio)
