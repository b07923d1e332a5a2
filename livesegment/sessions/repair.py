"""Makes a session whole that was broken off: its videos, its lines, its manifest.

Nothing is destroyed. What was growing is moved into `interrupted/` once what could be saved of it
is safely on the disk; the manifest comes last, so that a repair that was itself broken off is
seen to be unfinished.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livesegment.atomic import growing, is_regular, opened, own_folder
from livesegment.errors import SourceError, UsageError
from livesegment.sessions.anew import Story, renewed
from livesegment.sessions.durable import changing, move, put_bytes
from livesegment.sessions.facts import LARGEST, bounded
from livesegment.sessions.films import Film, watch
from livesegment.sessions.lines import Parse, T, event_id, frame, read
from livesegment.sessions.manifest import MANIFEST
from livesegment.sessions.overview import INTERRUPTED, state_of
from livesegment.sessions.owner import hold, owner
from livesegment.sessions.salvage import Saved, finished, save_lines, save_video
from livesegment.sessions.session import LINES, Session, sessions

ASIDE = "interrupted"
"""The folder in a session that keeps what the repair replaced."""
EVENTS = "events.jsonl"
CLIPS = "clips"
PATTERNS = ("overlay-*.mkv", "raw-*.mkv")
MAKING = f"{MANIFEST}.mending"


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did."""

    path: Path
    """The session."""
    saved: tuple[Saved, ...]
    """The files that were changed; none where everything was whole."""


def repair(path: Path) -> Repaired:
    """Make a session whole; of one that is whole, nothing is touched.

    Args:
        path: its folder.

    Raises:
        UsageError: it is being recorded or repaired at this moment.
        SourceError: there is nothing in it that could be saved.
        SinkError: the disk refuses; nothing is lost, and the next repair goes on.
    """
    with hold(path) as held:
        manifest = read_manifest(path)
        pid = owner(manifest or {})
        if pid is not None or not held:
            by = f"by process {pid}" if pid is not None else "or repaired"
            raise UsageError(
                f"{path} is being recorded {by} at this moment", hint="wait until that has ended"
            )
        with changing(path):
            _check(path)
        return Repaired(path, tuple(_steps(path, manifest)))


def read_manifest(path: Path) -> Mapping[str, Any] | None:
    """What the manifest of a session says; None where it is missing or damaged."""
    with suppress(SourceError):
        return Session.open(path).manifest
    return None


def is_whole(path: Path) -> bool:
    """Whether the names of a session's files and its manifest say that it needs no repair."""
    manifest = read_manifest(path)
    return manifest is not None and _ended(manifest) and not _parts(path)


def broken(parent: Path) -> list[Path]:
    """The sessions in a folder that need a repair, oldest first.

    Raises:
        SourceError: the folder cannot be read.
    """
    return [path for path in sessions(parent, lost=True) if not is_whole(path)]


def _steps(path: Path, manifest: Mapping[str, Any] | None) -> Iterator[Saved]:
    aside = path / ASIDE
    changed = manifest is None or not _ended(manifest)
    for part in _parts(path):
        changed = True
        if part.suffix == ".mkv":
            yield save_video(part, aside)
        elif part.suffix != ".jsonl":
            with changing(part):
                move(part, aside)
    for name, parse in ((LINES, frame), (EVENTS, event_id)):
        saved = save_lines(path / name, aside, parse)
        if saved is not None:
            changed = True
            yield saved
    films = []
    with changing(path):
        for video in _videos(path):
            film = watch(video)
            if (film is None or not film.whole) and not (aside / growing(video).name).exists():
                changed = True
                video.rename(growing(video))
                yield save_video(growing(video), aside)
                film = watch(video) if video.exists() else None
            if film is not None:
                films.append(film)
    if changed:
        with changing(path):
            yield _write_manifest(path, manifest, films)


def _write_manifest(path: Path, old: Mapping[str, Any] | None, films: list[Film]) -> Saved:
    events = set(_values(path / EVENTS, event_id))
    story = Story.of(_values(path / LINES, frame))
    facts = renewed(path, old, films, story, len(events))
    data = (json.dumps(bounded(facts), indent=2) + "\n").encode()
    before = _bytes(path / MANIFEST)
    if before is None and os.path.lexists(path / MANIFEST):
        move(path / MANIFEST, path / ASIDE)
    elif before is not None and before != data:
        _keep(before, path / ASIDE)
    put_bytes(data, path / MANIFEST, path / MAKING)
    return Saved(MANIFEST, note="made anew" if old is None else "brought up to date")


def _keep(manifest: bytes, aside: Path) -> None:
    """Put a copy of the old manifest aside, unless there is one from an attempt before."""
    own_folder(aside)
    number, kept = 1, aside / MANIFEST
    while os.path.lexists(kept):
        if _bytes(kept) == manifest:
            return
        number += 1
        kept = aside / f"manifest-{number}.json"
    put_bytes(manifest, kept, aside / MAKING)


def _check(path: Path) -> None:
    """See that something can be saved, before anything is touched."""
    lines = (path / LINES, growing(path / LINES))
    if any(next(_values(file, frame), None) for file in lines):
        return
    videos = (*_parts(path), *_videos(path), *_inside(path / CLIPS, "*.mkv"))
    if any(video.suffix == ".mkv" and watch(video) is not None for video in videos):
        return
    raise SourceError(f"{path}: there is no video and no line in it that could be saved")


def _ended(manifest: Mapping[str, Any]) -> bool:
    """Whether a manifest was written at the end."""
    return state_of(manifest, None) != INTERRUPTED


def _parts(path: Path) -> list[Path]:
    """Files that were growing."""
    found = {*path.glob("*.part.*"), *path.glob("*.part"), *_inside(path / CLIPS, "*.part.*")}
    return sorted(filter(is_regular, found))


def _inside(folder: Path, pattern: str) -> list[Path]:
    """Files in a folder of the session; a link to a folder is none."""
    return [] if folder.is_symlink() else [*folder.glob(pattern)]


def _videos(path: Path) -> list[Path]:
    """Videos of a session that have their final names."""
    found = [video for pattern in PATTERNS for video in path.glob(pattern)]
    return sorted(video for video in found if video == finished(video) and is_regular(video))


def _values(path: Path, parse: Parse[T]) -> Iterator[T]:
    """What the lines of a file say, as far as they can be read."""
    if is_regular(path):
        yield from (line.value for line in read(path, parse) if line.value is not None)


def _bytes(path: Path) -> bytes | None:
    """What is in a file; None where there is none, or it is too large for a manifest."""
    if not is_regular(path):
        return None
    with opened(path) as file:
        data = file.read(LARGEST + 1)
    return data if len(data) <= LARGEST else None
