"""A recorded session, read: its manifest, its videos, its lines."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self

from livesegment.atomic import growing
from livesegment.errors import SourceError, UsageError
from livesegment.sessions.facts import number, objects, texts

MANIFEST = "manifest.json"
LINES = "frames.jsonl"
PINNED = "pinned"
"""An empty file of this name keeps retention away from a session."""
LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Video:
    """One video file of a session."""

    path: Path
    """Where it is; of a session that was broken off, the file that was growing."""
    kind: str
    """overlay or raw."""
    start: float
    """Of its first picture, seconds on the session's clock."""
    facts: Mapping[str, Any]
    """All that the manifest says of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """The folder of a session, and what its manifest says."""

    path: Path
    manifest: Mapping[str, Any]

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the manifest of a session folder.

        Raises:
            SourceError: there is none, or it cannot be read.
        """
        try:
            manifest = json.loads((path / MANIFEST).read_text("utf-8"))
        except FileNotFoundError as error:
            raise SourceError(
                f"{path} is no session: it has no {MANIFEST}",
                hint="`livesegment sessions list` shows those there are",
            ) from error
        except (OSError, ValueError, RecursionError) as error:
            raise SourceError(
                f"{path / MANIFEST} cannot be read: {error}",
                hint="`livesegment sessions repair` writes it anew",
            ) from error
        if not isinstance(manifest, dict):
            raise SourceError(
                f"{path / MANIFEST} is not the manifest of a session",
                hint="`livesegment sessions repair` writes it anew",
            )
        return cls(path, manifest)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names in the order of class ids; empty where the manifest does not say."""
        return tuple(texts(self.manifest.get("labels")))

    @property
    def pinned(self) -> bool:
        """Whether retention leaves it alone."""
        return (self.path / PINNED).exists()

    def videos(self, kind: str | None = None) -> list[Video]:
        """Video files that are there, in order; of one kind (overlay, raw), or all."""
        found: list[Video] = []
        for facts in objects(self.manifest.get("videos")):
            path = self.path / Path(str(facts.get("file", ""))).name
            path = path if path.exists() else growing(path)
            own = str(facts.get("kind", "overlay"))
            if path.is_file() and kind in {None, own}:
                found.append(Video(path, own, number(facts.get("start")) or 0.0, facts))
        return found

    def lines(self) -> Iterator[dict[str, Any]]:
        """The frames, as docs/output.md has them; a line that a kill cut off is left out.

        Raises:
            SourceError: a line before the last is no JSON object, or the file cannot be read.
        """
        path = self.path / LINES
        path = path if path.exists() else growing(path)
        try:
            file = path.open("rb")
        except OSError as error:
            raise SourceError(f"cannot read {path}: {error.strerror}") from error
        with file:
            for number, line in enumerate(file, 1):
                try:
                    frame = json.loads(line)
                except ValueError as error:
                    if not line.endswith(b"\n"):
                        return
                    raise SourceError(
                        f"{path}, line {number} is no JSON",
                        hint="`livesegment sessions repair` sets such lines aside",
                    ) from error
                if not isinstance(frame, dict):
                    raise SourceError(f"{path}, line {number} is no JSON object")
                yield frame


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
        return any((path / name).is_file() for name in names)
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
    if Path(name).is_dir():
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
