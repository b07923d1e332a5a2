"""The seam between the presenter and whatever takes the results."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from livesegment.frame import Frame, Image
from livesegment.instances import Instances
from livesegment.sessions.retention import Kept


class Ending(StrEnum):
    """Why a run ended."""

    END_OF_SOURCE = "end of source"
    LIMIT = "limit reached"
    USER = "ended by the user"
    INTERRUPTED = "interrupted"
    TERMINATED = "terminated"
    FAILED = "failed"


BY_ITSELF = (Ending.END_OF_SOURCE, Ending.LIMIT)
"""Endings in which the last frame was the end; otherwise time went on after it."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One shown frame: the same read-only pictures and values for every sink."""

    frame: Frame
    instances: Instances
    """Where the objects are in `frame`."""
    labels: tuple[str, ...]
    """Class names in the order of class ids."""
    picture: Image
    """The frame with its overlay: what is recorded."""
    screen: Image
    """`picture` with statistics or help on it, where these are switched on: what is shown."""
    fps: float | None
    """Frames a second as the source states them, where it does."""
    key_frame: int | None
    """Index of the frame that the masks were inferred on; None before the first result."""
    mask_age: float | None
    """Seconds between the captures of the key frame and of this one."""
    staleness: float
    """Seconds from this frame's capture to its hand-over to the sinks."""
    state: str | None = None
    """How its source is, such as live or frozen; None where nobody watches over it."""


class Sink(Protocol):
    """Takes what is shown. Called from the presenter's thread only."""

    stage: str
    """What its work is called in the table of stages."""

    def write(self, view: View) -> bool:
        """Take one view; False asks the run to end, as when a window is closed.

        Raises:
            SinkError: it could not be shown or written.
        """
        ...

    def idle(self, remade: View | None) -> bool:
        """Called some 30 times a second while no frame comes; False as in `write`.

        A window answers its user here even when the camera does not.

        Args:
            remade: the view on screen made anew, where a key or the source's state changed how it
                looks; None otherwise. Never to be recorded.
        """
        ...

    def close(self, ending: Ending) -> None:
        """Finish what was begun. Safe to call twice.

        Raises:
            SinkError: it could not be finished.
        """
        ...


class Watch(Protocol):
    """What makes clips of events; called from the presenter's thread."""

    @property
    def events(self) -> int:
        """How many there were."""
        ...

    @property
    def problems(self) -> list[str]:
        """What went wrong and was got over."""
        ...

    @property
    def dropped(self) -> int:
        """Pictures that its encoder was too late for."""
        ...

    def write(self, view: View, clock: float) -> object:
        """Look at one view, whose time on the session's clock is told.

        Raises:
            SinkError: a clip could not be written.
        """
        ...

    def kept(self, clock: float) -> list[Kept]:
        """The finished clips, for retention; `clock`: the time now, on the session's clock."""
        ...

    def idle(self) -> object:
        """See whether it still works; raises as `write` does."""
        ...

    def close(self, ending: Ending) -> None:
        """Finish clips and events. Safe to call twice; raises as `write` does."""
        ...
