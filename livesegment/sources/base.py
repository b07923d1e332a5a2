"""The seam between the pipeline and whatever gives frames."""

from dataclasses import dataclass
from typing import Protocol

from livesegment.frame import Frame


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a source says of itself once it is open."""

    size: tuple[int, int]
    """(width, height) of its frames, in pixels."""
    fps: float | None
    """Frames a second as the source states them, or None where it states nothing usable."""
    frame_count: int | None = None
    """How many frames there will be, where that is known."""
    description: str = ""
    """How it was opened: backend, format."""


class Source(Protocol):
    """Gives frames, one after the other.

    One thread alone opens, reads and closes: OpenCV crashes when a capture is released while
    another thread reads from it. `interrupt` is for all others.
    """

    @property
    def name(self) -> str:
        """For people and for file names; holds no password."""
        ...

    @property
    def is_live(self) -> bool:
        """Whether frames come at their own pace, so that a late reader must miss some."""
        ...

    def open(self) -> SourceInfo:
        """Open it.

        Raises:
            SourceError: it cannot be opened.
        """
        ...

    def read(self) -> Frame | None:
        """The next frame, waiting for it; None after the last, or once interrupted.

        Raises:
            SourceError: the source failed before its end.
        """
        ...

    def interrupt(self) -> None:
        """From any thread: let no more frames come, and wake a waiting `read` where possible."""
        ...

    def close(self) -> None:
        """Give the device or file back. Safe to call twice."""
        ...
