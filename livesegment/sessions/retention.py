"""What is removed when recordings grow too old or take too much room."""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from livesegment.errors import SourceError
from livesegment.sessions.facts import moment, number
from livesegment.sessions.overview import size_on_disk, state_of
from livesegment.sessions.owner import RECORDING, hold, owner
from livesegment.sessions.session import PINNED, Session, sessions

REMOVING = ".removing-"
"""How the name of a session's folder begins while it is being removed."""
QUIET = 3600.0
"""Seconds. A broken-off session that was written to since may be recorded by another machine."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What was removed."""

    removed: tuple[Path, ...] = ()
    """Folders of sessions: those that were too old, and then the oldest of the rest."""
    bytes: int = 0
    """Of them."""
    excess: int = 0
    """Bytes that what is left takes beyond what it may."""
    problems: tuple[str, ...] = ()
    """What could not be removed, and why."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A session in the folder."""

    path: Path
    started: datetime
    ended: datetime
    bytes: int
    removable: bool


def purge(
    parent: Path,
    *,
    keep: float | None,
    keep_size: int | None,
    now: datetime,
    spare: Path | None = None,
) -> Purged:
    """Remove whole sessions that are too old; then the oldest, while the rest is too much.

    What is pinned, is being recorded, or is no session of ours is never touched; neither is
    anything behind a link. What is pinned or being recorded does count for the size.

    Args:
        parent: where sessions are recorded.
        keep: seconds after its end that a session is kept; None: for ever.
        keep_size: bytes that all sessions together may take; None: any.
        now: the time of day.
        spare: a session that is kept in any case: the caller's own.
    """
    if keep is None and keep_size is None:
        return Purged()
    problems = _remove_leftovers(parent)
    found = sorted(_found(parent, now, spare), key=lambda one: (one.started, one.path.name))
    total = sum(one.bytes for one in found)
    removed: dict[Path, int] = {}
    old = [one for one in found if keep is not None and (now - one.ended).total_seconds() > keep]
    # What is too old goes first: what it took need not be made up for by younger ones.
    for one in (*old, *(one for one in found if one not in old)):
        much = keep_size is not None and total > keep_size
        if not one.removable or not (one in old or much):
            continue
        try:
            gone = _remove(one.path)
        except OSError as error:
            problems.append(f"{one.path} could not be removed: {error.strerror or error}")
            continue
        if gone:
            removed[one.path] = one.bytes
        if not one.path.exists():
            total -= one.bytes
    excess = max(0, total - keep_size) if keep_size is not None else 0
    return Purged(tuple(removed), sum(removed.values()), excess, tuple(problems))


def oldest_segments(
    videos: Sequence[Mapping[str, Any]], *, clock: float, keep: float | None, excess: int
) -> list[str]:
    """The finished video files of the running session that are too old or too much.

    Args:
        videos: as the manifest lists them; those that grow have no `seconds` yet.
        clock: the time now, on the session's clock.
        keep: seconds after its end that a file is kept; None: for ever.
        excess: bytes too many; `Purged.excess`.

    Returns:
        Their names, oldest first.
    """
    finished = []
    for video in videos:
        start, seconds = number(video.get("start")), number(video.get("seconds"))
        if start is not None and seconds is not None and "removed" not in video:
            finished.append((start, str(video.get("file")), start + seconds, video))
    names: list[str] = []
    for _, name, end, video in sorted(finished, key=lambda row: row[:2]):
        if (keep is not None and clock - end > keep) or excess > 0:
            excess -= int(number(video.get("bytes")) or 0)
            names.append(name)
    return names


def _found(parent: Path, now: datetime, spare: Path | None) -> Iterable[_Kept]:
    """The sessions in a folder; what has no manifest that we could have written is none."""
    for path in _looked_at(lambda: sessions(parent)):
        if path.is_symlink():
            continue
        try:
            manifest = Session.open(path).manifest
        except SourceError:
            continue  # damaged, or gone meanwhile
        started = moment(manifest.get("started"))
        if started is None or "source" not in manifest or type(manifest.get("schema")) is not int:
            continue
        pid = owner(manifest)
        state = state_of(manifest, pid)
        changed = _last_change(path) or started
        ended = max(started, moment(manifest.get("ended")) or changed)
        busy = state == RECORDING or (
            manifest.get("state") == RECORDING and abs((now - changed).total_seconds()) < QUIET
        )
        spared = spare is not None and _same(path, spare)
        free = not busy and not spared and not (path / PINNED).exists()
        yield _Kept(path, started, ended, size_on_disk(path), free)


def _remove(path: Path) -> bool:
    """Remove a session's folder; False where another program was quicker, or is at it.

    It gets another name first: what a kill leaves of it is no session any more.
    """
    with hold(path) as held:
        if not held or (path / PINNED).exists():
            return False
        going = path.with_name(f"{REMOVING}{path.name}")
        try:
            path.rename(going)
        except FileNotFoundError:
            return False
    _remove_tree(going)
    return True


def _remove_leftovers(parent: Path) -> list[str]:
    """Remove what was being removed when a program was killed; what went wrong with it."""
    problems = []
    for path in _looked_at(lambda: sorted(parent.glob(f"{REMOVING}*"))):
        if path.is_symlink() or not path.is_dir():
            continue
        try:
            _remove_tree(path)
        except OSError as error:
            problems.append(f"{path} could not be removed: {error.strerror or error}")
    return problems


def _remove_tree(path: Path) -> None:
    """Remove a folder and all in it; that another program removes it too is no failure."""
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        if path.exists():
            shutil.rmtree(path, ignore_errors=True)


def _looked_at(look: Callable[[], list[Path]]) -> list[Path]:
    """What a look into a folder finds: nothing where it is gone or may not be read."""
    try:
        return look()
    except (OSError, SourceError):
        return []


def _last_change(path: Path) -> datetime | None:
    """When anything directly in a session's folder was last written to."""
    newest = None
    for entry in _looked_at(lambda: list(path.iterdir())):
        try:
            changed = entry.lstat().st_mtime
        except OSError:
            continue
        newest = changed if newest is None else max(newest, changed)
    return None if newest is None else datetime.fromtimestamp(newest, UTC)


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return path.absolute() == other.absolute()
