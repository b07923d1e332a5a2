"""How sessions are named on the command line, and how what is known of them is written."""

import os
import shlex
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from livesegment.errors import SourceError, UsageError

SESSIONS = Path("sessions")
"""Where they are recorded, if nothing else is said."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME|PATH|latest", help="A session, as `sessions list` names it, or its folder."
    ),
]
Parent = Annotated[
    Path | None,
    typer.Option(
        "--in", help="Where sessions are recorded; ./sessions, if not set.", metavar="DIR"
    ),
]


def folder(parent: Path | None) -> Path:
    """Where sessions are looked for.

    Raises:
        UsageError: somebody named a folder, and there is none.
    """
    if parent is not None and not parent.is_dir():
        raise UsageError(f"there is no folder {parent}", hint="--in takes the DIR of --record DIR")
    return parent or SESSIONS


def named(name: str, parent: Path | None) -> Path:
    """The folder of the session that somebody named.

    Raises:
        UsageError: there is none of that name.
        SourceError: it is no session.
    """
    from livesegment.sessions.manifest import MANIFEST
    from livesegment.sessions.session import find

    path = find(name, folder(parent))
    if not os.path.lexists(path / MANIFEST):
        raise SourceError(
            f"{path} is no session: it has no {MANIFEST}",
            hint="`livesegment sessions list` shows those there are",
        )
    return path


def typed(path: Path) -> str:
    """What to type for a session on the command line."""
    return shlex.quote(path.name if path.parent == SESSIONS else str(path))


def size(count: int) -> str:
    """Bytes, in the unit that suits them."""
    for unit, least in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= least:
            return f"{count / least:.1f} {unit}"
    return f"{count} B"


def span(seconds: float | None) -> str:
    """Seconds as 1:02:03, or as 4.5 s where they are few."""
    if seconds is None or seconds < 0:
        return ""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def local(moment: datetime | None) -> str:
    """A time of day where the user is."""
    try:
        return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}" if moment else ""
    except (OverflowError, ValueError):  # at the ends of the calendar
        return str(moment)
