"""What is removed when recordings grow too old or take too much room."""

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from errno import EBUSY, EEXIST
from functools import partial
from pathlib import Path

from livesegment.errors import SourceError, one_line
from livesegment.sessions.contents import Contents
from livesegment.sessions.facts import moment
from livesegment.sessions.manifest import MANIFEST
from livesegment.sessions.overview import state_of
from livesegment.sessions.owner import RECORDING, hold, owner
from livesegment.sessions.session import PINNED, Session, sessions

REMOVING = ".removing-"
"""How the name of a session's folder begins while it is being removed; a random token follows."""
_REMOVED = re.compile(rf"{re.escape(REMOVING)}[0-9a-f]{{16}}")
QUIET = 3600.0
"""Seconds. A broken-off session that was written to since may be recorded by another machine."""
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
"""No session is older than the program: one that says so was recorded by a clock not yet set."""
AHEAD = 3600.0
"""Seconds that a session may lie in the future: machines that share a folder differ a little."""
LEFT = 10
"""Part of the size that what may be removed has in any case: however much is pinned, and however
long the lines of a session have grown, its newest videos are not removed as they are finished."""
PAUSE = 366 * 86400.0
"""Seconds without any recording, after which rather the clock is wrong."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that takes room, whole or not at all: a session, a video file, a clip."""

    name: str
    age: float | None
    """Seconds since its end; None: by a clock that cannot be believed."""
    bytes: int
    remove: Callable[[], bool] | None = None
    """Removes it, unless another program was quicker; None: it is to stay. Raises OSError."""
    why: str = ""
    """It is to stay, where that is to be said when its turn comes."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What was removed."""

    removed: tuple[Kept, ...] = ()
    """Oldest first."""
    excess: int = 0
    """Bytes that what is left takes beyond what it may."""
    problems: tuple[str, ...] = ()
    """What could not be removed, what is doubted, and why."""


def purge(
    parent: Path,
    *,
    keep: float | None,
    keep_size: int | None,
    now: datetime | None,
    spare: Path | None = None,
    own: Sequence[Kept] = (),
) -> Purged:
    """Remove what is too old; then the oldest, while the rest is too much.

    What is pinned, is being recorded, or is no session of ours is never touched; neither is
    a session that holds anything that was not recorded, nor anything behind a link or on another
    disk. What may not be removed does count for the size, yet leaves a tenth of it to what may.

    Args:
        parent: where sessions are recorded.
        keep: seconds after its end that something is kept; None: for ever.
        keep_size: bytes that all sessions together may take; None: any.
        now: the time of day; None where no clock can be believed: then no session is too old.
        spare: a session that is kept in any case: the caller's own.
        own: the parts of it that may go.
    """
    if keep is None and keep_size is None:
        return Purged()
    problems = _finish_removals(parent)
    others = list(_found(parent, now, spare, sum(one.bytes for one in own), problems))
    if min((one.age for one in others if one.age is not None), default=0.0) > PAUSE:
        problems.append(
            "nothing was recorded for more than a year, or the clock is wrong: no session is "
            "removed for its age before the next run"
        )
        others = [replace(one, age=None) for one in others]
    found = [*others, *own]
    total = sum(one.bytes for one in found)
    stays = sum(one.bytes for one in found if one.remove is None)
    room = None if keep_size is None else max(keep_size, stays + keep_size // LEFT)
    removed = []
    for one in sorted(found, key=lambda one: (one.age is None, -(one.age or 0.0), one.name)):
        old = keep is not None and one.age is not None and one.age > keep
        if not (old or (room is not None and total > room)):
            continue
        if one.remove is None:
            problems += [f"{one.name} stays: {one.why}"] if one.why else []
            continue
        try:
            gone = one.remove()
        except OSError as error:
            problems.append(f"{one.name} could not be removed: {error.strerror or error}")
            continue
        if gone:
            removed.append(one)
        if gone or not Path(one.name).exists():
            total -= one.bytes
    excess = max(0, total - keep_size) if keep_size is not None else 0
    return Purged(tuple(removed), excess, tuple(problems))


def _found(
    parent: Path, now: datetime | None, spare: Path | None, apart: int, problems: list[str]
) -> Iterator[Kept]:
    """The sessions in a folder; what has no manifest that we could have written is none.

    Args:
        parent: the folder.
        now: the time of day, where it is known.
        spare: the caller's own session.
        apart: bytes of it that are counted elsewhere.
        problems: takes what is to be said.
    """
    for path in _looked_at(lambda: sessions(parent)):
        try:
            kept = _session(path, parent, now, problems)
        except SourceError:
            continue  # damaged, or gone meanwhile
        except Exception as error:  # noqa: BLE001 -- one odd session must not keep all others
            problems.append(f"{path} is left alone: {one_line(error)}")
            continue
        if kept is not None and spare is not None and _same(path, spare):
            kept = replace(kept, bytes=max(0, kept.bytes - apart), remove=None)
        if kept is not None:
            yield kept


def _session(path: Path, parent: Path, now: datetime | None, problems: list[str]) -> Kept | None:
    """A session; None where it is none of ours, or lies elsewhere."""
    if path.is_symlink() or path.lstat().st_dev != parent.stat().st_dev:
        return None
    manifest = Session.open(path).manifest
    started = moment(manifest.get("started"))
    if started is None or "source" not in manifest or type(manifest.get("schema")) is not int:
        return None
    contents = Contents.of(path)
    written = [facts.st_mtime for facts in contents.files.values()]
    changed = datetime.fromtimestamp(max(written, default=0.0), UTC)
    ended = max(started, moment(manifest.get("ended")) or changed)
    state = state_of(manifest, owner(manifest))
    quiet = now is not None and abs((now - changed).total_seconds()) >= QUIET
    if state == RECORDING or (manifest.get("state") == RECORDING and not quiet):
        return Kept(str(path), None, contents.bytes)
    age = None if now is None else (now - ended).total_seconds()
    if ended < FIRST or (age is not None and age < -AHEAD):
        age = None
        problems.append(
            f"{path} is not removed for its age: it ended on {ended:%Y-%m-%d}, by a clock that "
            "was wrong"
        )
    if path / PINNED in contents.files:
        return Kept(str(path), age, contents.bytes)
    if contents.foreign:
        why = f"{contents.foreign[0].name} in it was not recorded"
        return Kept(str(path), age, contents.bytes, why=why)
    return Kept(str(path), age, contents.bytes, partial(_remove, path))


def _remove(path: Path) -> bool:
    """Remove a session's folder; False where another program was quicker, or is at it.

    It gets another name first: what a kill leaves of it is no session any more.
    """
    with hold(path) as held:
        if not held or (path / PINNED).exists():
            return False
        going = path.with_name(f"{REMOVING}{secrets.token_hex(8)}")
        try:
            _refuse_mounts(Contents.of(path).folders)
            path.rename(going)
        except FileNotFoundError:
            return False
    _empty(going)
    return True


def _finish_removals(parent: Path) -> list[str]:
    """Remove what was being removed when a program was killed; what went wrong with it."""
    problems = []
    for path in _looked_at(lambda: list(parent.iterdir())):
        if not _REMOVED.fullmatch(path.name):
            continue
        try:
            if _session(path, parent, None, []) is not None:
                _empty(path)
        except SourceError:
            continue  # it has no manifest of ours
        except Exception as error:  # noqa: BLE001 -- as above
            why = getattr(error, "strerror", None) or one_line(error)
            problems.append(f"{path} could not be removed: {why}")
    return problems


def _empty(path: Path) -> None:
    """Remove a session's files, then its folders; its manifest, which names it ours, last.

    Raises:
        OSError: something is left.
    """
    contents = Contents.of(path)
    _refuse_mounts(contents.folders)
    last = path / MANIFEST
    for file in contents.files:
        if file != last:
            file.unlink(missing_ok=True)
    for folder in contents.folders:
        with suppress(FileNotFoundError):
            folder.rmdir()
    if contents.foreign:
        raise OSError(EEXIST, f"{contents.foreign[0].name} in it was not recorded")
    last.unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        path.rmdir()


def _refuse_mounts(folders: list[Path]) -> None:
    """See that no other folder of the same disk is mounted over one of these; empty ones go.

    Raises:
        OSError: there is one.
    """
    for folder in folders:
        try:
            folder.rmdir()  # the system looks for a mount before it looks for files
        except OSError as error:
            if error.errno == EBUSY:
                raise


def _looked_at(look: Callable[[], list[Path]]) -> list[Path]:
    """What a look into a folder finds: nothing where it is gone or may not be read."""
    try:
        return look()
    except (OSError, SourceError):
        return []


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return path.absolute() == other.absolute()
