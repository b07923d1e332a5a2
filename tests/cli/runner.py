"""Runs the command line as a user does, in this process or in one of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from livesegment.cli import app

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> list[str]:
        """What stderr says, as lines, each on one line however long."""
        return [line for line in self.err.splitlines() if line.startswith(("error:", "hint:"))]


class Cli:
    """`livesegment ...` in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capfd = capfd

    def __call__(self, *arguments: str | Path) -> Ended:
        """Run it to its end."""
        self._monkeypatch.setattr(sys, "argv", ["livesegment", *map(str, arguments)])
        self._monkeypatch.delenv("DISPLAY", raising=False)
        self._capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            app.main()
        out, err = self._capfd.readouterr()
        return Ended(end.value.code if isinstance(end.value.code, int) else 1, out, err)


def spawn(
    *arguments: str | Path,
    folder: Path,
    display: str | None = None,
    stdout: int | IO[Any] = subprocess.PIPE,
    stderr: int | IO[Any] = subprocess.PIPE,
    script: str = 'exec "$@"',
) -> "subprocess.Popen[str]":
    """`livesegment ...` in a process of its own, started by a line of shell.

    Without a display where none is named.
    """
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    if display is not None:
        environment["DISPLAY"] = display
    environment["PYTHONPATH"] = str(ROOT)
    return subprocess.Popen(
        ["sh", "-c", script, "sh", sys.executable, "-m", "livesegment", *map(str, arguments)],
        cwd=folder,
        env=environment,
        stdout=stdout,
        stderr=stderr,
        text=True,
    )
