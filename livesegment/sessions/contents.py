"""What lies in a session's folder: files that were recorded, known by their names, and the rest."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from livesegment.sessions.overview import size_on_disk

_ENDING = r"(?:\.(?:part|mending))?"
_TOP = re.compile(
    rf"pinned|manifest\.json{_ENDING}|(?:frames(?:\.part)?|events)\.jsonl{_ENDING}"
    rf"|(?:overlay|raw)-\d{{4,}}(?:\.part)?\.mkv{_ENDING}"
)
_BELOW = {
    "clips": re.compile(rf"event-\d{{4,}}(?:-\d+)?(?:\.part)?\.(?:mkv|jpg){_ENDING}"),
    "snapshots": re.compile(r"[\dT:.-]+Z_frame-\d+\.png"),
    # What a repair keeps of the originals: a number is added where a name was taken.
    "interrupted": re.compile(
        r"(?:manifest|frames|events|(?:overlay|raw|event)-\d{4,}(?:-\d+)?)(?:-\d+)?"
        r"(?:\.part)?\.(?:json|jsonl|mkv|jpg)(?:\.part|\.mending)?"
    ),
}
"""Folders of a session, and what the files in them are called."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a look into a session's folder found; no link was followed, no other disk looked at."""

    files: dict[Path, os.stat_result] = field(default_factory=dict)
    """Regular files that were recorded."""
    folders: list[Path] = field(default_factory=list)
    """That hold some of them, besides the session's own."""
    foreign: list[Path] = field(default_factory=list)
    """All else: what others put there, links, and what is on another disk."""

    @classmethod
    def of(cls, session: Path) -> "Contents":
        """Look into a session's folder.

        Raises:
            OSError: it cannot be read.
        """
        found = cls()
        device = session.lstat().st_dev
        for entry, facts in _entries(session):
            path, known = Path(entry.path), _BELOW.get(entry.name)
            if stat.S_ISREG(facts.st_mode) and _TOP.fullmatch(entry.name):
                found.files[path] = facts
            elif known and stat.S_ISDIR(facts.st_mode) and facts.st_dev == device:
                found.folders.append(path)
                for inner, inner_facts in _entries(path):
                    if stat.S_ISREG(inner_facts.st_mode) and known.fullmatch(inner.name):
                        found.files[Path(inner.path)] = inner_facts
                    else:
                        found.foreign.append(Path(inner.path))
            else:
                found.foreign.append(path)
        return found

    @property
    def bytes(self) -> int:
        """That all of it takes, what is foreign included."""
        return sum(facts.st_size for facts in self.files.values()) + sum(
            size_on_disk(path) for path in self.foreign
        )


def _entries(folder: Path) -> Iterator[tuple[os.DirEntry[str], os.stat_result]]:
    """What is in a folder; what goes meanwhile is passed over."""
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                yield entry, entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
