"""Objects that are hard on masks, and the frames of a session in one call."""

from pathlib import Path

import numpy as np

from livesegment.sessions.export.base import Selection, frames
from livesegment.sessions.lines import RecordedFrame
from livesegment.sessions.session import Session
from tests.sessions.made import Thing, make_session


def hard(frame: int, size: tuple[int, int]) -> list[Thing]:
    """At the borders, full, empty, one pixel, a ring, two parts, columns from end to end."""
    width, height = size
    rows, columns = np.mgrid[:height, :width]
    far = (columns - 30) ** 2 + (rows - 20) ** 2
    empty = np.zeros((height, width), bool)
    corner, pixel, line, parts = empty.copy(), empty.copy(), empty.copy(), empty.copy()
    corner[-5:, -7 - frame :] = True
    pixel[frame, 3] = True
    line[:, 10:13] = True
    parts[30:36, 2:8] = parts[38:44, 20 + frame : 29] = True
    return [
        Thing(empty | True, 0, 0.95, 1),
        Thing(corner, 1, 0.9, 2),
        Thing(empty, 1, 0.85, 3),
        Thing(pixel, 2, 0.8, 0),
        Thing(line, 0, 0.75, 5),
        Thing((far <= 196) & (far > 25), 1, 0.7, 6),
        Thing(parts, 2, 0.65, 7),
    ]


def hard_session(folder: Path, *, count: int = 4, raw: bool = False) -> Session:
    """A session of these."""
    return Session.open(make_session(folder, frames=count, raw=raw, objects=hard))


def every(session: Session) -> list[RecordedFrame]:
    """All of its frames."""
    return list(frames(session.lines(), Selection()))
