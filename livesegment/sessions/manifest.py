"""manifest.json, read once: what of it is of the right kind and within bounds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from livesegment.atomic import opened
from livesegment.sessions.facts import (
    LARGEST,
    MOST_CLASS,
    MOST_SIDE,
    bounded,
    moment,
    number,
    objects,
    parsed,
    text,
    texts,
    whole_number,
)

MANIFEST = "manifest.json"
LONGEST_NAME = 200
"""Letters of a file's name; no file system takes twice as many."""
FPS = (0.001, 100_000.0)


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What a manifest says of a video file."""

    file: str = ""
    """Its name in the session's folder; empty where it is none."""
    kind: str = "overlay"
    """overlay or raw."""
    codec: str = ""
    start: float | None = None
    """Of its first picture, seconds on the session's clock."""
    seconds: float | None = None
    frames: int | None = None
    bytes: int | None = None
    size: tuple[int, int] | None = None
    """(width, height) of its pictures."""
    fps: float | None = None
    removed: bool = False
    """Whether retention took it."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """What one row of `videos` says."""
        width = whole_number(row.get("width"), 1, MOST_SIDE)
        height = whole_number(row.get("height"), 1, MOST_SIDE)
        name = Path(text(row.get("file"), LONGEST_NAME)).name
        return cls(
            file="" if name == ".." else name,
            kind=text(row.get("kind"), LONGEST_NAME) or "overlay",
            codec=text(row.get("codec"), LONGEST_NAME),
            start=number(row.get("start")),
            seconds=number(row.get("seconds"), 0.0),
            frames=whole_number(row.get("frames")),
            bytes=whole_number(row.get("bytes")),
            size=(width, height) if width and height else None,
            fps=number(row.get("fps"), *FPS),
            removed="removed" in row,
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says, of schema 2 or of the one before, as far as it is gone by."""

    schema: int
    source: str
    live: bool
    model: str
    runs_on: str
    labels: tuple[str, ...]
    """Class names in the order of class ids; empty where it does not say."""
    started: datetime | None
    ended: datetime | None
    end_reason: str
    frames: int | None
    videos: tuple[VideoFacts, ...]

    @classmethod
    def of(cls, known: Mapping[str, Any]) -> Self:
        """What a JSON object says; what it does not say, or says oddly, is not there."""
        labels = texts(known.get("labels"))[: MOST_CLASS + 1]
        rows = [row for row in objects(known.get("videos")) if isinstance(row.get("file"), str)]
        return cls(
            schema=whole_number(known.get("schema")) or 1,
            source=text(known.get("source")),
            live=known.get("live") is True,
            model=text(known.get("model")),
            runs_on=text(known.get("runs_on")),
            labels=tuple(name or f"class {i}" for i, name in enumerate(labels)),
            started=moment(known.get("started")),
            ended=moment(known.get("ended")),
            end_reason=text(known.get("end_reason")),
            frames=whole_number(known.get("frames")),
            # A file that is listed twice is there once.
            videos=tuple({row["file"]: VideoFacts.of(row) for row in rows}.values()),
        )


def read(folder: Path) -> dict[str, Any]:
    """All that the manifest in a session's folder says; numbers and texts within bounds.

    Raises:
        FileNotFoundError: there is none.
        OSError: it cannot be opened, or is a link, a pipe or the like.
        ValueError: it is none.
    """
    with opened(folder / MANIFEST) as file:
        found: dict[str, Any] = bounded(parsed(file.read(LARGEST + 1)))
    return found
