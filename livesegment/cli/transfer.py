"""How far a download is, for people."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from livesegment.cli.console import PEOPLE

REDRAW = 0.1
"""Seconds between two drawings of the bar."""
STEP = 50_000_000
"""Bytes between two lines where the size is not known."""


class Bar:
    """A bar on a terminal's standard error; see `livesegment.download.Progress`."""

    def __init__(self, name: str) -> None:
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=PEOPLE,
            auto_refresh=False,  # drawn as bytes come: no thread of its own
        )
        self._drawn = 0.0
        self._task = self._bar.add_task(name, total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def __call__(self, done: int, total: int | None) -> None:
        """Draw it, if the last time is long enough ago."""
        now = time.monotonic()
        due = now - self._drawn >= REDRAW or done == total
        self._bar.update(self._task, completed=done, total=total, refresh=due)
        if due:
            self._drawn = now


class Lines:
    """A line each tenth, for logs; see `livesegment.download.Progress`."""

    def __init__(self, name: str, say: Callable[[str], None]) -> None:
        self._name = name
        self._say = say
        self._said = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to tidy up."""

    def __call__(self, done: int, total: int | None) -> None:
        """Say it where a tenth has passed."""
        tenths = done * 10 // total if total else done // STEP
        if tenths <= self._said:
            return
        self._said = tenths
        size = f"{done / 1e6:.1f} MB"
        self._say(
            f"{self._name}: {size} of {total / 1e6:.1f} MB" if total else f"{self._name}: {size}"
        )
