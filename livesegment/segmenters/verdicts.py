"""Which engine runs a model, as it was found out: kept for a while, for the same files and engines.

Engines, drivers and machines change, and what was measured on a busy machine may be wrong.
"""

import hashlib
import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from livesegment.atomic import writing
from livesegment.engines.registry import engine_factory
from livesegment.segmenters.trial import Setup
from livesegment.store import Model, data_folder, digest

VERSION = 3
"""Of the verdicts: raised when engines or families change what they do."""
DAY = 24 * 3600.0
HOLDS = {True: 30 * DAY, False: DAY}
"""Seconds that a verdict holds, by whether all of it was measured while the machine was idle."""


@dataclass(frozen=True, slots=True)
class Rival:
    """One engine and device, and how it did."""

    engine: str
    device: str
    seconds: float | None = None
    """Of the median run; None where it failed."""
    objects: int = 0
    """Of the reference's, how many it found."""
    problem: str = ""
    """Why it is out; empty where it is not."""
    steady: bool = True
    """Whether it would do the same at another time; not where the machine was busy."""

    def __str__(self) -> str:
        return f"{self.engine} on {self.device}"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a model is to run on."""

    engine: str
    device: str
    why: str = ""
    """One line; empty where nothing was chosen."""
    rivals: tuple[Rival, ...] = ()
    """What was compared, the reference first."""

    @property
    def blind(self) -> bool:
        """Whether the reference found nothing, so that nothing could be compared."""
        ran = [rival for rival in self.rivals if rival.seconds is not None]
        return bool(ran) and not ran[0].objects


@dataclass(frozen=True, slots=True)
class Verdict:
    """The file that keeps a choice."""

    path: Path
    files: Mapping[str, str]
    """Role -> sum, of the files that it is about."""

    def read(self) -> Choice | None:
        """What was chosen; None where that is not known, or too long ago."""
        told = _told(self.path)
        try:
            rivals = tuple(Rival(**rival) for rival in told["rivals"])
            choice = Choice(told["engine"], told["device"], told["why"], rivals)
            age = time.time() - self.path.stat().st_mtime
        except (OSError, KeyError, TypeError):
            return None  # not there, or of another version: it is found again
        holds = HOLDS[all(rival.steady for rival in rivals)]
        return choice if abs(age) < holds else None  # a clock may have been wrong

    def write(self, choice: Choice) -> None:
        """Keep a choice; a home that cannot be written costs a comparison each time, no more."""
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part = self.path.with_suffix(f".{os.getpid()}.part")
            part.write_text(json.dumps({**asdict(choice), "files": self.files}, indent=2), "utf-8")
            part.replace(self.path)


def verdict(model: Model, setups: Sequence[Setup]) -> Verdict:
    """The one on these files, versions, devices and this processor."""
    files = _digests(model)
    facts: dict[str, Any] = {
        "version": VERSION,
        "family": model.spec.family,
        "input_size": model.spec.input_size,
        "files": files,
        "engines": {s.engine: engine_factory(s.engine).version() for s in setups},
        "setups": [{**asdict(setup), "model": ""} for setup in setups],
        "processor": _processor(),
    }
    key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return Verdict(_folder() / f"{key[:32]}.json", files)


def _folder() -> Path:
    return data_folder() / "verdicts"


def _digests(model: Model) -> dict[str, str]:
    return {role: digest(path, "sha256") for role, path in sorted(model.paths.items())}


def _processor() -> str:
    """The processor as far as the system names it."""
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def forget(model: Model | None) -> int:
    """Have what was found out about a model, or with None about all, found out again.

    Returns:
        How many verdicts there were.

    Raises:
        ModelError: they cannot be removed.
    """
    files = None if model is None else _digests(model)
    forgotten = 0
    for path in sorted(_folder().glob("*.json")):
        if files is None or _told(path).get("files") == files:
            with writing(path):
                path.unlink(missing_ok=True)
            forgotten += 1
    return forgotten


def _told(path: Path) -> dict[str, Any]:
    """What a verdict's file says; nothing where it cannot be read."""
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return {}
