"""A recorded session, read: its manifest, its videos, its lines."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self

from livesegment.atomic import growing, is_regular
from livesegment.errors import SourceError, UsageError
from livesegment.sessions import manifest
from livesegment.sessions.lines import Frames
from livesegment.sessions.manifest import MANIFEST, Manifest, VideoFacts

LINES = "frames.jsonl"
PINNED = "pinned"
"""An empty file of this name keeps retention away from a session."""
LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Video:
    """One video file of a session."""

    path: Path
    """Where it is; of a session that was broken off, the file that was growing."""
    facts: VideoFacts
    """What the manifest says of it."""

    @property
    def start(self) -> float:
        """Of its first picture, seconds on the session's clock."""
        return self.facts.start or 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """The folder of a session, and what its manifest says."""

    path: Path
    manifest: Mapping[str, Any]
    """All of it, also what this version does not know."""
    facts: Manifest = field(init=False)
    """What is gone by."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", Manifest.of(self.manifest))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the manifest of a session folder.

        Raises:
            SourceError: there is none, or it cannot be read.
        """
        try:
            return cls(path, manifest.read(path))
        except FileNotFoundError as error:
            raise SourceError(
                f"{path} is no session: it has no {MANIFEST}",
                hint="`livesegment sessions list` shows those there are",
            ) from error
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise SourceError(
                f"{path / MANIFEST} cannot be read: {why}",
                hint="`livesegment sessions repair` writes it anew",
            ) from error

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def pinned(self) -> bool:
        """Whether retention leaves it alone."""
        return (self.path / PINNED).exists()

    def videos(self, kind: str | None = None) -> list[Video]:
        """Video files that are there, in order; of one kind (overlay, raw), or all."""
        found: list[Video] = []
        for facts in self.facts.videos:
            if not facts.file or kind not in {None, facts.kind}:
                continue
            path = self.path / facts.file
            path = path if is_regular(path) else growing(path)
            if is_regular(path):
                found.append(Video(path, facts))
        return found

    def lines(self) -> "Frames":
        """The frames, one by one.

        Raises:
            SourceError: there is no file of them, or no regular one.
        """
        path = self.path / LINES
        path = path if os.path.lexists(path) else growing(path)
        return Frames(path)

    def labels(self) -> tuple[str, ...]:
        """Class names in the order of class ids.

        Sessions of schema 1 do not say them: there the lines are read for those that were found.

        Raises:
            SourceError: the lines cannot be read.
        """
        if self.facts.labels:
            return self.facts.labels
        found = {one.class_id: one.label for frame in self.lines() for one in frame.instances}
        return tuple(found.get(i, f"class {i}") for i in range(max(found, default=-1) + 1))


def sessions(parent: Path, *, lost: bool = False) -> list[Path]:
    """Folders of sessions inside a folder, oldest first; hidden ones are being removed.

    Args:
        parent: where sessions are recorded.
        lost: whether those count that have lines of frames, but lost their manifest.

    Raises:
        SourceError: the folder cannot be read.
    """
    if not parent.is_dir():
        return []
    names = (MANIFEST, LINES, growing(Path(LINES)).name) if lost else (MANIFEST,)
    try:
        found = [path for path in parent.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise SourceError(f"cannot read {parent}: {error.strerror}") from error
    return sorted(path for path in found if _has_one(path, names))


def _has_one(path: Path, names: Iterable[str]) -> bool:
    try:
        return path.is_dir() and any(os.path.lexists(path / name) for name in names)
    except OSError:
        return False  # somebody else's


def find(name: str, parent: Path) -> Path:
    """The folder of a session that somebody named.

    Args:
        name: a path, the name of a folder in `parent` or the only beginning or part of one, or
            `latest`.
        parent: where sessions are recorded.

    Raises:
        UsageError: there is none of that name, or several.
    """
    if os.path.isdir(name):  # noqa: PTH112 -- takes a name of any length
        return Path(name)
    known = sessions(parent, lost=True)
    if name == LATEST and known:
        return known[-1]
    found = [path for path in known if path.name == name] or [
        path for path in known if name and name in path.name
    ]
    if len(found) == 1:
        return found[0]
    if found:
        few = ", ".join(path.name for path in found[:3])
        raise UsageError(f"{name!r} names {len(found)} sessions in {parent}: {few}")
    near = get_close_matches(name, [path.name for path in known], 1)
    raise UsageError(
        f"there is no session {name!r} in {parent}",
        hint=f"did you mean {near[0]!r}?"
        if near
        else "`livesegment sessions list` shows those there are; `latest` is the newest",
    )
