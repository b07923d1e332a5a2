"""`livesegment sessions`: what was recorded, and what can be made of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livesegment.cli import export, replay, session_repair, session_show
from livesegment.cli.console import print_json, printable, say, tables
from livesegment.cli.session_rows import (
    SESSIONS,
    Json,
    Parent,
    folder,
    local,
    named,
    size,
    span,
)
from livesegment.errors import SinkError, UsageError

if TYPE_CHECKING:
    from livesegment.sessions.overview import Overview

Folder = Annotated[
    Path | None,
    typer.Argument(metavar="[DIR]", help="Where sessions are recorded; ./sessions, if not set."),
]
Names = Annotated[
    list[str],
    typer.Argument(metavar="NAME|PATH|latest...", help="Sessions, as `sessions list` names them."),
]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="What was recorded: list, show, repair, replay, export, pin.",
)


def list_(given: Folder = None, *, parent: Parent = None, as_json: Json = False) -> None:
    """List what was recorded, oldest first."""
    from livesegment.sessions.overview import DAMAGED, INTERRUPTED, overviews

    if given is not None and parent is not None:
        raise UsageError("DIR is given twice, with --in and without", hint="one of them will do")
    place = folder(given or parent)
    rows = overviews(place)
    if as_json:
        print_json([row.as_json() for row in rows])
        return
    if not rows:
        say(
            f"there are no sessions in {place}: `livesegment --camera 0 --record {place}` makes one"
        )
        return
    _print(rows)
    if any(row.state in {INTERRUPTED, DAMAGED} for row in rows):
        where = "" if place == SESSIONS else f" --in {place}"
        say(f"`livesegment sessions repair --all{where}` makes interrupted sessions whole")


def pin(names: Names, *, parent: Parent = None) -> None:
    """Keep sessions for ever: --keep and --keep-size leave them alone."""
    from livesegment.atomic import fresh
    from livesegment.sessions.session import PINNED

    for path in [named(name, parent) for name in names]:
        before = (path / PINNED).exists()
        try:
            if not before:
                fresh(path / PINNED).close()
        except OSError as error:
            raise SinkError(f"cannot pin {path}: {error.strerror}") from error
        say(f"{path.name}: {'was pinned already' if before else 'pinned'}")


def unpin(names: Names, *, parent: Parent = None) -> None:
    """Let --keep and --keep-size remove sessions again."""
    from livesegment.sessions.session import PINNED

    for path in [named(name, parent) for name in names]:
        before = (path / PINNED).exists()
        try:
            (path / PINNED).unlink(missing_ok=True)
        except OSError as error:
            raise SinkError(f"cannot unpin {path}: {error.strerror}") from error
        say(f"{path.name}: {'not pinned any more' if before else 'was not pinned'}")


def _print(rows: "list[Overview]") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table("name", box=None)
    for title in ("duration", "frames", "size", "state"):
        table.add_column(title, no_wrap=True, justify="left" if title == "state" else "right")
    for row in rows:
        # The rest goes below the name: columns of their own are too narrow on a terminal.
        words = Text(printable(row.path.name), "bold", overflow="fold")
        told = (local(row.started), row.end_reason or row.problem)
        words.append("\n" + printable(", ".join(text for text in told if text)), "not bold dim")
        state = row.state + (", pinned" if row.pinned else "")
        frames = "" if row.frames is None else str(row.frames)
        table.add_row(words, span(row.seconds), frames, size(row.bytes), state)
    tables().print(table)


app.command("list")(list_)
app.command("show")(session_show.show)
app.command("repair")(session_repair.repair)
app.command("replay")(replay.replay)
app.command("export")(export.export)
app.command("pin")(pin)
app.command("unpin")(unpin)
