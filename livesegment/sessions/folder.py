"""The folder of one session and its manifest."""

import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Any

from livesegment.errors import SinkError
from livesegment.sessions.durable import put
from livesegment.sessions.timeline import iso

SCHEMA = 2
"""Of the manifest; a change that readers would trip over raises it."""


@dataclass(slots=True)
class SessionFolder:
    """`DIR/<UTC time>_<source>/`: videos, frames.jsonl, snapshots/ and manifest.json.

    The folder is made at once, so that a place that cannot be written is known before the first
    frame.
    """

    parent: Path
    source: str
    """Name of the source, without a password."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the manifest says besides."""
    path: Path = field(init=False)
    started: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.started = datetime.now(UTC)
        stem = f"{self.started:%Y-%m-%dT%H-%M-%SZ}_{slug(self.source)}"
        for attempt in range(1, 100):
            self.path = self.parent / (stem if attempt == 1 else f"{stem}-{attempt}")
            try:
                self.path.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise SinkError(
                    f"cannot record into {self.parent}: {error.strerror}",
                    hint="--record takes a folder that you may write to",
                ) from error
            return
        raise SinkError(f"cannot record into {self.parent}: {stem} exists a hundred times")

    def write_manifest(self, *, durable: bool = False, **facts: Any) -> None:
        """Write manifest.json anew, in one step, so that it is never half there.

        Args:
            durable: whether to wait until the disk has it, however long that takes.
            facts: what it says from now on.

        Raises:
            SinkError: it could not be written.
        """
        self.facts |= facts
        content = {"schema": SCHEMA, "source": self.source, "started": iso(self.started)}
        part = self.path / "manifest.json.part"
        try:
            part.write_text(json.dumps(content | self.facts, indent=2) + "\n", "utf-8")
            (put if durable else os.replace)(part, self.path / "manifest.json")
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)  # half of it
            if not self.path.exists():
                raise SinkError(
                    f"cannot write the manifest: {self.path} was taken away while it was recorded"
                ) from error
            full = error.errno in {ENOSPC, EDQUOT}
            raise SinkError(
                f"cannot write {part}: {error.strerror}",
                hint="make room, and record again" if full else None,
            ) from error

    def remove_if_empty(self) -> bool:
        """Take the folder away again if nothing was recorded into it; whether it is gone."""
        try:
            own = {self.path / "manifest.json", self.path / "manifest.json.part"}
            if not own.issuperset(self.path.iterdir()):
                return False
            for path in own:
                path.unlink(missing_ok=True)
            self.path.rmdir()
        except FileNotFoundError:
            return True  # the user was quicker
        except OSError as error:
            raise SinkError(f"cannot remove {self.path}: {error.strerror}") from error
        return True


def slug(name: str) -> str:
    """A name as part of a file name: letters, digits, dots and dashes."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.")[:60] or "source"
