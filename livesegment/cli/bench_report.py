"""What came of engines and setups, as tables, charts and JSON."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from livesegment.cli.console import PlainConsole, tables

if TYPE_CHECKING:
    from livesegment.bench.chart import Chart
    from livesegment.bench.engines import Absent, Result
    from livesegment.segmenters.agreement import Agreement
    from livesegment.segmenters.verdicts import Choice

WIDTH = 100
"""Columns where the table goes into a file or a pipe."""
MARK = "*"
BYTES_A_MB = 1e6
LONGEST = 200
"""Letters of a problem; runtimes can be wordy."""


class Report:
    """What came of the engines, for people and for programs."""

    def __init__(
        self, results: "Sequence[Result]", absent: "Sequence[Absent]", known: "Choice | None"
    ) -> None:
        from livesegment.bench.engines import agreement, reference, winner

        self.first = reference(results)
        """What the others are compared with; None where nothing ran."""
        self._results = results
        self._absent = absent
        self._known = known
        """What `--engine auto` remembers."""
        self._best = winner(results)
        self._agreements: list[Agreement | None] = [
            agreement(self.first, result) if self.first and result.rounds else None
            for result in results
        ]

    def as_json(self) -> dict[str, Any]:
        """All of it; times in seconds, memory in bytes."""
        return {
            "reference": _place(self.first),
            "fastest": _place(self._best),
            "auto": self._known and {"engine": self._known.engine, "device": self._known.device},
            "results": [
                result_row(result, found)
                for result, found in zip(self._results, self._agreements, strict=True)
            ],
            "absent": [
                {"engine": a.engine, "device": a.device, "reason": a.reason, "hint": a.hint}
                for a in self._absent
            ],
        }

    def show(self, facts: dict[str, Any]) -> None:
        """The table, and below it what it says, what failed and what is not here."""
        console = data_console()
        table = _table()
        for result, found in zip(self._results, self._agreements, strict=True):
            table.add_row(*self._cells(result, found))
        console.print(table)
        console.print()
        lines = [
            f"{facts['model']}, {_pictures(facts)}; {medians(facts)}; pixels in, objects out",
            *self._verdict(),
            *(
                f"{r.setup} failed: {r.problem[:LONGEST]}{_hint(r.hint)}"
                for r in self._results
                if r.problem
            ),
            *_not_here(self._absent),
        ]
        for text in lines:
            console.say(text)

    def chart(self, facts: dict[str, Any]) -> "Chart":
        """The engines that ran, as bars."""
        from livesegment.bench.chart import Bar, Chart

        bars = [
            Bar(
                label=result.runs_on,
                value=1000 * result.p50,
                part=1000 * result.infer,
                note="the reference" if result is self.first else _agreed(found),
                best=result is self._best,
                wrong=not (found.same or found.empty),
            )
            for result, found in zip(self._results, self._agreements, strict=True)
            if found is not None
        ]
        return Chart(
            title=f"{Path(facts['model']).name}, {_pictures(facts)}",
            subtitle=f"{medians(facts)}; right: the reference's objects that were found, overlap "
            "of their masks",
            unit="ms",
            bars=bars,
            part="the network",
            rest="making its input, and objects with masks of its output",
            best="the fastest that agrees",
        )

    def _verdict(self) -> list[str]:
        """What `--engine auto` makes of it."""
        if self._best is None:
            return []
        taken = self._best.setup
        said = [f"{MARK} {taken}: the fastest that agrees, the rule of `--engine auto`"]
        known = self._known
        if known is not None and (known.engine, known.device) != (taken.engine, taken.device):
            said.append(
                f"`--engine auto` takes {known.engine} on {known.device} all the same: "
                + (f"it remembers {known.why}" if known.why else "nothing else suits this model")
            )
        return said

    def _cells(self, result: "Result", found: "Agreement | None") -> list[str]:
        setup = result.setup
        if found is None:
            return ["", setup.engine, setup.device, "failed", *[""] * 9]
        place = setup.device
        if result.precision and not place.endswith(result.precision):
            place += f" {result.precision}"
        return [
            MARK if result is self._best else "",
            result.runs_on.partition(" on ")[0],
            place,
            f"{result.load:.2f}",
            f"{result.warm_up:.2f}",
            milliseconds(result.p50),
            milliseconds(result.p95),
            milliseconds(result.infer),
            f"{1 / result.p50:.1f}",
            recall(found),
            f"{found.overlap:.3f}",
            f"{found.score_error:.4f}",
            "-" if result.peak_memory is None else f"{result.peak_memory / BYTES_A_MB:.0f}",
        ]


def result_row(result: "Result", found: "Agreement | None") -> dict[str, Any]:
    """One setup as JSON: times in seconds, memory in bytes; null for what failed."""
    setup = result.setup
    row: dict[str, Any] = {
        "engine": setup.engine,
        "device": setup.device,
        "threads": setup.threads,
        "input_size": setup.input_size,
        "runs_on": result.runs_on or None,
        "precision": result.precision or None,
        "problem": result.problem or None,
        "hint": result.hint or None,
    }
    keys = ("load", "warm_up", "p50", "p95", "infer")
    ran = found is not None
    row |= {key: round(getattr(result, key), 6) if ran else None for key in keys}
    row["fps"] = round(1 / result.p50, 3) if ran else None
    row["peak_memory"] = result.peak_memory if ran else None
    row["agreement"] = found and {
        "reference": found.reference,
        "found": found.found,
        "extra": found.extra,
        "recall": round(found.recall, 4),
        "mask_iou": round(found.overlap, 4),
        "score_error": round(found.score_error, 6),
        "same": found.same,
    }
    return row


def data_console() -> PlainConsole:
    """Standard output, for tables: as wide as the terminal, or `WIDTH` where there is none."""
    console = tables()
    if not console.is_terminal:
        console.width = WIDTH
    return console


def recall(found: "Agreement") -> str:
    """How many of the reference's objects were found, and how many besides."""
    return f"{found.found}/{found.reference}" + (f" +{found.extra}" if found.extra else "")


def milliseconds(seconds: float) -> str:
    """With a digit after the point where there are few."""
    return f"{1000 * seconds:.0f}" if seconds >= 1 else f"{1000 * seconds:.1f}"


def medians(facts: dict[str, Any]) -> str:
    """How often it was measured."""
    rounds, runs = facts["rounds"], facts["runs"]
    if rounds == 1:
        return f"medians of one round of up to {runs} runs"
    return f"medians of {rounds} rounds of up to {runs} runs"


def _not_here(absent: "Sequence[Absent]") -> list[str]:
    """What is not here, devices of one engine together where they lack the same."""
    by_reason: dict[tuple[str, str, str], list[str]] = {}
    for item in absent:
        by_reason.setdefault((item.engine, item.reason, item.hint), []).append(item.device)
    return [
        f"not here: {engine} on {', '.join(devices)}: {reason}{_hint(hint)}"
        if all(devices)
        else f"not here: {engine}: {reason}{_hint(hint)}"
        for (engine, reason, hint), devices in by_reason.items()
    ]


def _table() -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("")
    table.add_column("engine")
    table.add_column("device")
    for name in (
        *("load\ns", "first\ns", "p50\nms", "p95\nms", "network\nms", "fps"),
        *("recall", "mask\nIoU", "score\nerror", "peak\nMB"),
    ):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _place(result: "Result | None") -> dict[str, str] | None:
    if result is None:
        return None
    return {"engine": result.setup.engine, "device": result.setup.device}


def _agreed(found: "Agreement") -> str:
    return f"{recall(found)}, IoU {found.overlap:.3f}"


def _pictures(facts: dict[str, Any]) -> str:
    if facts["source"] is None:
        return "the drawn picture"
    count = facts["pictures"]
    name = Path(facts["source"]).name
    return f"{name}" if count == 1 else f"{count} pictures of {name}"


def _hint(text: str) -> str:
    return f" ({text})" if text else ""
