"""`livesegment models`: what there is; fetch it, check it, add one of your own."""

import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from livesegment.cli import converting, importing, licences, model_rows
from livesegment.cli.console import print_json, print_line, printable, say, tables
from livesegment.cli.transfer import Bar, Lines
from livesegment.download import check_address, fetch
from livesegment.errors import ModelError
from livesegment.spec import ModelFile
from livesegment.store import (
    all_specs,
    download_folder,
    expanded,
    find_model,
    find_spec,
)

SHOWN_LABELS = 8

app = typer.Typer(
    help="Models: list, show, fetch, check, or add one of your own.", no_args_is_help=True
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A name from `models list`.")]


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """List the models: those that come with the program and those imported."""
    rows = [model_rows.summary(spec) for spec in model_rows.in_order(all_specs().values())]
    if as_json:
        print_json(rows)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("name", box=None)
    for title in ("family", "installed", "size", "licence"):
        table.add_column(title, no_wrap=True)
    for row in rows:
        # The description goes below the name: a column of its own is too narrow on a terminal.
        name = row["name"] + (" (default)" if row["default"] else "")
        words = Text(name, "bold")
        if row["description"]:
            words.append("\n" + printable(row["description"]), "not bold dim")
        size = _megabytes(row["size"]) if row["size"] else ""
        cells = (row["family"], _state(row), size, licences.short(row["licence"]))
        table.add_row(words, *(printable(cell) for cell in cells))
    tables().print(table)
    for line in dict.fromkeys(licences.obligation(row["licence"]) for row in rows):
        if line:
            say(line)


@app.command()
def show(name: Name, *, as_json: Json = False) -> None:
    """Show what is known of one model: classes, licence, files, sums and where they are."""
    spec = find_spec(name)
    facts = model_rows.summary(spec)
    facts |= {key: value for key, value in asdict(spec).items() if key not in facts}
    for row, file in zip(facts["files"], spec.files, strict=True):
        row["path"] = model_rows.place(file)
    if as_json:
        print_json(facts)
        return
    labels = ", ".join(spec.labels[:SHOWN_LABELS])
    more = ", ..." if len(spec.labels) > SHOWN_LABELS else ""
    lines = {
        "name": spec.name + (" (default)" if facts["default"] else ""),
        "description": spec.description,
        "family": spec.family,
        "installed": _state(facts),
        "size": _megabytes(facts["size"]) if facts["size"] else "",
        "classes": f"{len(spec.labels)}: {labels}{more}" if spec.labels else "as the file says",
        "input size": "{}x{} pixels".format(*spec.input_size) if spec.input_size else "",
        "licence": spec.licence or "not stated",
        "obligation": licences.obligation(spec.licence),
        "homepage": spec.homepage,
    }
    _print_lines(lines)
    for row in facts["files"]:
        print_line("")
        _print_lines({key: value for key, value in row.items() if key != "path"})
        _print_lines({"path": row["path"] or "not installed"})


@app.command()
def pull(name: Name) -> None:
    """Fetch a model's files, and check them against their sums."""
    spec = find_spec(name)
    if not spec.files:
        say(f"{spec.name} is built in: there is nothing to fetch")
        return
    wanted = [file for file in spec.files if not model_rows.is_there(file)]
    if not wanted:
        say(f"{spec.name} is already there{_checked(spec.files)}")
        return
    for file in wanted:
        check_address(file)
    folder = download_folder()
    for file in wanted:
        inside = f" (out of it: {file.member})" if file.member else ""
        say(f"fetching {file.url}{inside}")
    say(f"into {folder}")
    say(f"licence of the model, as its makers state it: {spec.licence or 'not stated'}")
    if obligation := licences.obligation(spec.licence):
        say(obligation)
    for number, file in enumerate(wanted):
        with Bar(file.name) if sys.stderr.isatty() else Lines(file.name, say) as progress:
            path = fetch(file, folder, progress, others=wanted[number + 1 :])
        say(f"{path}: there{_checked([file])}")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="An .onnx file, or a .pb with its .pbtxt beside.")],
    name: Annotated[
        str | None, typer.Option("--name", help="Its name from now on; else the file's.")
    ] = None,
) -> None:
    """Add a model of your own, after a trial run in a process of its own."""
    file = expanded(file)
    imported = importing.import_model(file, name)
    spec, size = imported.spec, imported.input_size
    if name is None and spec.name != file.stem:
        say(f"its name is {spec.name}: letters, digits, '.', '-' and '_' only; or choose --name")
    say(f"family: {spec.family}, recognised by {imported.recognised_by}")
    say(f"classes: {len(spec.labels) or 'not named in the file'}")
    say(f"input size: {f'{size[0]}x{size[1]} pixels, fixed' if size else 'any'}")
    if imported.blind:
        say(
            "it finds nothing in the test picture: whether it works, or an engine spoils it, "
            "could not be seen"
        )
    say(f"licence: {spec.licence or 'not stated in the file'}")
    if obligation := licences.obligation(spec.licence):
        say(obligation)
    say(f"{spec.name} is ready: livesegment run --model {spec.name}")


@app.command()
def convert(
    model: Annotated[
        str, typer.Argument(metavar="NAME|FILE", help="A name from `models list`, or a .pb file.")
    ],
) -> None:
    """Rebuild a TensorFlow Mask R-CNN as ONNX for each engine that needs it, and prove it the same.

    A run does this by itself, once; the result is kept.
    """
    made = converting.convert_model(
        model, lambda engine: say(f"rebuilding {model} as ONNX for {engine}, and comparing")
    )
    for one in made:
        say(f"{one.engine}: {one.seconds:.1f} s; {one.verdict}")
        print_line(one.folder)


@app.command()
def verify(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A name from `models list`; else all.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Compare the installed files with their sums."""
    specs = model_rows.in_order(all_specs().values()) if name is None else [find_spec(name)]
    rows = [model_rows.verdict(spec, file) for spec in specs for file in spec.files]
    if as_json:
        print_json(rows)
    for row in [] if as_json else rows:
        print_line(
            f"{row['status']}: {printable(row['path'] or row['file'])}"
            + (f" ({row['detail']})" if row["detail"] else "")
        )
    if not rows:
        say("nothing to check: built in")
    damaged = [row for row in rows if row["status"] == "damaged"]
    if damaged:
        raise ModelError(
            f"damaged: {', '.join(str(row['path']) for row in damaged)}",
            hint="; ".join(
                f"`livesegment models pull {model}` fetches it again"
                if any(row["url"] for row in damaged if row["model"] == model)
                else f"`livesegment models import` puts {model} right from its own file"
                for model in dict.fromkeys(row["model"] for row in damaged)
            ),
        )
    if name is not None:
        model_rows.paths(specs[0])


@app.command()
def forget(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME|FILE", help="Of this model; else of all.")
    ] = None,
) -> None:
    """Forget which engine was found to be the fastest, so that the next run compares them again."""
    model = None if name is None else find_model(name)
    # Engines take longer to import than --help may take.
    from livesegment.segmenters import verdicts

    count = verdicts.forget(model)
    say(f"{count} {'comparison' if count == 1 else 'comparisons'} forgotten")


@app.command()
def path(name: Name) -> None:
    """Print where a model's files are, one a line."""
    spec = find_spec(name)
    if not spec.files:
        say(f"{spec.name} is built in: it has no files")
    for place in model_rows.paths(spec):
        print_line(place)


def _checked(files: Iterable[ModelFile]) -> str:
    return ", and its sums are right" if all(file.sha256 or file.sha1 for file in files) else ""


def _state(row: dict[str, Any]) -> str:
    if row["built_in"]:
        return "built in"
    return "yes" if row["installed"] else "no"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _print_lines(lines: dict[str, str]) -> None:
    for key, value in lines.items():
        if value:
            print_line(f"{key + ':':<14}{printable(value)}")
