"""`livesegment doctor`: what works on this machine, and what to type where it does not."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from livesegment import __version__
from livesegment.cli.console import PEOPLE, print_json, tables
from livesegment.cli.model_options import DEFAULT_MODEL
from livesegment.doctor.finding import Finding, Topic, Verdict, exit_code

STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red"}

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def doctor(*, as_json: Json = False) -> None:
    """Look at what runs need: OpenCV, engines, GPUs, windows, recordings, cameras, models.

    Each is really tried, in a process of its own. The status is 0 where no row says fail, else
    that of the first row that does: 3 for a camera, 4 for a model, 6 for the display or for
    recording, 5 for all others.
    """
    # What it looks at is a lot to import; --help does without.
    from livesegment.doctor.examination import examine

    with PEOPLE.busy() as tell:

        def about_to(topic: Topic) -> None:
            tell(f"looking at {topic}")

        found = examine(DEFAULT_MODEL, about_to)
    if as_json:
        rows = [asdict(row) for row in found]
        print_json({"version": __version__, "findings": rows})
    else:
        _print(found)
    raise typer.Exit(exit_code(found))


def _print(found: Sequence[Finding]) -> None:
    """A paragraph a finding under its topic, what to type below it; last, the count of verdicts."""
    console = tables()
    for topic, rows in groupby(found, lambda row: row.topic):
        console.print(Text(topic, "bold"))
        table = Table("", "", box=None, show_header=False)
        for row in rows:
            words = Text.assemble((row.name, "bold"), ": ", row.says)
            if row.hint:
                words.append(f"\nhint: {row.hint}", "dim")
            table.add_row(Text(row.verdict, STYLES[row.verdict]), words)
        console.print(table)
    counts = Counter(row.verdict for row in found)
    console.print(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict))
