"""What can be told of a session at a glance, without reading its videos."""

import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from livesegment.atomic import growing, opened
from livesegment.errors import SourceError, one_line
from livesegment.sessions.lines import frame
from livesegment.sessions.owner import RECORDING, owner
from livesegment.sessions.session import LINES, PINNED, Session, sessions

FINISHED, REPAIRED = "finished", "repaired"
INTERRUPTED, DAMAGED = "interrupted", "damaged"
LONGEST_LINE = 1 << 20
"""Bytes at the end of frames.jsonl that are searched for its last line."""
LAST_LINES = 50
"""That are looked at, until one can be read."""


@dataclass(frozen=True, slots=True)
class Overview:
    """One session as a row of `sessions list`."""

    path: Path
    state: str
    """recording, finished, repaired, interrupted, or damaged: its manifest cannot be read."""
    pinned: bool
    bytes: int
    """Of all files in the folder."""
    started: datetime | None = None
    ended: datetime | None = None
    seconds: float | None = None
    """From its first frame to its last."""
    frames: int | None = None
    """Lines in frames.jsonl; of one that was broken off or goes on, what the manifest knows."""
    end_reason: str = ""
    pid: int | None = None
    """The process that records it."""
    problem: str = ""
    """Why the manifest cannot be read."""

    def as_json(self) -> dict[str, Any]:
        """All of it; times in UTC, seconds, bytes."""
        return {
            "name": self.path.name,
            "path": str(self.path.absolute()),
            "state": self.state,
            "pinned": self.pinned,
            "started": self.started and self.started.isoformat(),
            "ended": self.ended and self.ended.isoformat(),
            "seconds": self.seconds,
            "frames": self.frames,
            "bytes": self.bytes,
            "end_reason": self.end_reason,
            "pid": self.pid,
            "problem": self.problem,
        }


def overview(path: Path) -> Overview:
    """What can be told of a session; never fails because of what is in its folder."""
    pinned, size = (path / PINNED).exists(), size_on_disk(path)
    try:
        session = Session.open(path)
    except SourceError as error:
        return Overview(path, DAMAGED, pinned, size, problem=one_line(error))
    facts, pid = session.facts, owner(session.manifest)
    return Overview(
        path,
        state_of(session.manifest, pid),
        pinned,
        size,
        facts.started,
        facts.ended,
        _seconds(session),
        facts.frames,
        facts.end_reason,
        pid,
    )


def overviews(parent: Path) -> list[Overview]:
    """All sessions in a folder, oldest first; those without a time of their own at the end.

    Raises:
        SourceError: the folder cannot be read.
    """
    rows = [overview(path) for path in sessions(parent, lost=True)]
    last = datetime.max.replace(tzinfo=UTC)
    return sorted(rows, key=lambda row: (row.started or last, row.path.name))


def state_of(manifest: Mapping[str, Any], pid: int | None) -> str:
    """How a session ended, or that it goes on.

    Args:
        manifest: of the session. Before schema 2 it says how the session ended, or nothing.
        pid: the process that records it at this moment, if there is one.
    """
    state = manifest.get("state", FINISHED if "ended" in manifest else None)
    if state in (FINISHED, REPAIRED):
        return str(state)
    return INTERRUPTED if pid is None else RECORDING


def size_on_disk(path: Path) -> int:
    """Bytes of all files below a folder, as far as it can be read; links count for nothing."""
    total, folders = 0, [path]
    while folders:
        try:
            entries = list(folders.pop().iterdir())
        except OSError:
            continue
        for entry in entries:
            try:
                facts = entry.lstat()
            except OSError:
                continue  # gone meanwhile
            if stat.S_ISDIR(facts.st_mode):
                folders.append(entry)
            elif stat.S_ISREG(facts.st_mode):
                total += facts.st_size
    return total


def _seconds(session: Session) -> float | None:
    """From the first frame to the end of the last, by the videos, else by lines or times."""
    begun, ended = [], []
    facts = session.facts
    placed = [video for video in facts.videos if video.start is not None]
    for video in placed:
        begun.append(video.start or 0.0)
        ended.append(begun[-1] + (video.seconds or 0.0))
    if any(video.seconds is None for video in placed):  # still growing, or broken off
        ended.append(_last_clock(session.path) or 0.0)
    if begun:
        return max(ended) - min(begun)
    return (facts.ended - facts.started).total_seconds() if facts.started and facts.ended else None


def _last_clock(path: Path) -> float | None:
    """The session's clock in the last whole line of frames.jsonl."""
    for name in (path / LINES, growing(path / LINES)):
        try:
            with opened(name) as file:
                file.seek(max(0, file.seek(0, 2) - LONGEST_LINE))
                lines = file.read(LONGEST_LINE).rsplit(b"\n", LAST_LINES)
        except OSError:
            continue
        for line in reversed(lines):
            with suppress(ValueError):
                return frame(line).clock
    return None
