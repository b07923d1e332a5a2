"""`livesegment sessions repair`: what a kill, a crash or a power cut left, made whole."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livesegment.cli.console import print_json, printable, say, tables
from livesegment.cli.session_rows import (
    Json,
    Parent,
    folder,
    size,
    span,
)
from livesegment.errors import LiveSegmentError, UsageError

if TYPE_CHECKING:
    from livesegment.sessions.repair import Repaired

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME|PATH|latest...]", help="Sessions, as `sessions list` names them."
    ),
]
All = Annotated[bool, typer.Option("--all", help="Every session that needs it.")]


def repair(
    names: Names = None, *, every: All = False, parent: Parent = None, as_json: Json = False
) -> None:
    """Make interrupted sessions whole: index and length of videos, lines, manifest.

    Nothing is destroyed: what was growing is moved into `interrupted/` inside the session. A
    session that is whole is not touched.
    """
    from livesegment.sessions.repair import repair as make_whole

    paths = _named(names or [], folder(parent), every=every)
    done: list[Repaired] = []
    errors: list[LiveSegmentError] = []
    for path in paths:
        try:
            repaired = make_whole(path)
        except LiveSegmentError as error:
            errors.append(error)
            if len(paths) > 1:
                say(f"{path.name}: {error}")
            continue
        done.append(repaired)
        if not as_json:
            _print(repaired)
    if as_json:
        print_json([_as_json(repaired) for repaired in done])
    if not paths:
        say("no session needs a repair")
    if errors:
        raise errors[0]


def _named(names: list[str], parent: Path, *, every: bool) -> list[Path]:
    """The folders of the sessions that are meant.

    Raises:
        UsageError: none or both are given, or there is none of a name.
    """
    from livesegment.sessions.owner import owner
    from livesegment.sessions.repair import broken, read_manifest
    from livesegment.sessions.session import find

    if bool(names) == every:
        raise UsageError(
            "name sessions to repair, or give --all" + (", not both" if names else ""),
            hint="such as `livesegment sessions repair latest`",
        )
    if not every:
        return list(dict.fromkeys(find(name, parent) for name in names))
    paths = []
    for path in broken(parent):
        pid = owner(read_manifest(path) or {})
        if pid is None:
            paths.append(path)
        else:
            say(f"{path.name}: left alone, as process {pid} is recording it")
    return paths


def _print(repaired: "Repaired") -> None:
    from rich.table import Table

    name = repaired.path.name
    if not repaired.saved:
        say(f"{name}: whole already; nothing was changed")
        return
    table = Table("file", "frames saved", "seconds", "cut off", "", box=None)
    for file in repaired.saved:
        is_data = bool(file.frames or file.cut)
        cells = (
            file.file,
            str(file.frames) if is_data else "",
            span(file.seconds) if file.frames else "",
            size(file.cut) if is_data else "",
            file.note,
        )
        table.add_row(*(printable(cell) for cell in cells))
    tables().print(table)
    aside = repaired.path / "interrupted"
    say(f"{name}: whole now" + (f"; the originals are in {aside}" if aside.is_dir() else ""))


def _as_json(repaired: "Repaired") -> dict[str, object]:
    return {
        "name": repaired.path.name,
        "path": str(repaired.path.absolute()),
        "changed": bool(repaired.saved),
        "files": [asdict(file) for file in repaired.saved],
    }
