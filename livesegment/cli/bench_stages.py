"""`livesegment bench stages`: where the time of a run goes."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from livesegment.cli.bench_report import data_console, milliseconds
from livesegment.cli.console import PEOPLE, print_json
from livesegment.cli.options import RunOptions, takes_run_options
from livesegment.cli.run import ConfigFile, chosen
from livesegment.cli.values import size
from livesegment.errors import UsageError

if TYPE_CHECKING:
    from livesegment.bench.stages import Report
    from livesegment.cli.live_run import LiveRun

FRAMES = 150
"""Of a run, where nothing says how many."""
KEPT = 12
"""Frames that the loops go round."""
AGES = frozenset({"staleness", "mask age"})
"""Rows of a run's table that are ages and no work."""
THREADS = {
    "capture": "capture",
    **dict.fromkeys(("prepare", "infer", "decode", "edges"), "segment"),
    "encode": "recorder",
}
"""Stage -> whose thread does it; all others are the presenter's."""
NOTES = {"capture": "read and decoded", "record": "handed to the recorder", "jsonl": "written"}


@takes_run_options
def stages(
    *,
    config: ConfigFile = None,
    rounds: Annotated[int, typer.Option(help="Turns that each has.", min=1, max=100)] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    **flags: Any,
) -> None:
    """Time every stage of a run on a film, and compare it with the network running by itself.

    The run draws and records, into a folder that is removed again, and shows no window without
    --window. In turn with it runs the bare network, on frames made ready beforehand, and the
    segmenter alone; not so with --idle, --roi, --max-fps and --segment-rate, which spare work.
    Takes the options of `run`; 150 frames where neither --max-frames nor --duration says otherwise.
    """
    options = _checked(chosen(RunOptions(), config, flags))

    from livesegment.bench.pictures import spread
    from livesegment.bench.stages import BareLoops, compare
    from livesegment.families.base import Thresholds
    from livesegment.segmenters.choice import choose
    from livesegment.segmenters.load import load_segmenter
    from livesegment.segmenters.network import NetworkSegmenter
    from livesegment.store import find_model

    input_size = (options.input_size and size(options.input_size, "--input-size")) or None
    model = find_model(options.model)
    named = model.spec.family != "motion"
    frames = spread(options.wanted[0].text, KEPT)
    with PEOPLE.busy() as tell:
        if named:
            taken = choose(
                model,
                engine=options.engine,
                device=options.device,
                threads=options.threads,
                input_size=input_size,
                lossy_proposals=options.lossy_proposals,
                progress=tell,
            )
            options = replace(options, engine=taken.engine, device=taken.device)
        tell(f"loading {model.spec.name}")
        alone = (
            None
            if _spares(options)
            else load_segmenter(
                model,
                Thresholds(
                    score=options.score,
                    mask=options.mask_threshold,
                    nms=options.nms,
                    max_instances=options.max_instances,
                ),
                engine=options.engine,
                device=options.device,
                threads=options.threads,
                input_size=input_size,
                lossy_proposals=options.lossy_proposals,
            )
        )
        loops = None
        if isinstance(alone, NetworkSegmenter):
            loops = BareLoops(alone, frames, options.max_frames or FRAMES)

        @contextmanager
        def ready() -> "Iterator[LiveRun]":
            from livesegment.cli.live_run import LiveRun

            with tempfile.TemporaryDirectory(prefix="livesegment-") as folder:
                yield LiveRun(replace(options, record=folder), PEOPLE, quiet=True)

        report = compare(ready, loops, rounds=rounds, progress=tell)
    facts = {
        "model": options.model,
        "source": options.wanted[0].text,
        "engine": options.engine if named else None,
        "device": options.device if named else None,
        "threads": options.threads,
        "rounds": rounds,
        "frames": report.frames,
    }
    if as_json:
        print_json(facts | _as_json(report))
    else:
        _show(facts, report)


def _checked(options: RunOptions) -> RunOptions:
    """The options of the run that is timed.

    Raises:
        UsageError: they do not describe a film that is played as fast as it goes.
    """
    if len(options.wanted) != 1 or options.camera or options.realtime:
        raise UsageError(
            "bench stages plays a film as fast as it goes",
            hint="name just one by --source, without --camera and --realtime",
        )
    if options.record is not None or options.jsonl is not None:
        raise UsageError(
            "bench stages records into a folder that it removes again",
            hint="leave out --record and --jsonl",
        )
    if options.max_frames is None and options.duration is None:
        options = replace(options, max_frames=FRAMES)
    return replace(options, window=bool(options.window))


def _spares(options: RunOptions) -> bool:
    """Whether the run leaves out work that the loops would do: they could not be compared."""
    return bool(options.idle or options.roi or options.max_fps or options.segment_rate)


def _as_json(report: "Report") -> dict[str, Any]:
    """Times in seconds, rates in frames a second."""
    return {
        "fps": _rounded(report.fps),
        "network_fps": _rounded(report.network),
        "segmenter_fps": _rounded(report.segmenter),
        "ratio": _rounded(report.ratio),
        "stages": [
            asdict(stage) | {"thread": THREADS.get(stage.name, "presenter")}
            for stage in report.stages
            if stage.name not in AGES
        ],
        "rounds_each": [
            {
                "fps": _rounded(one.run.fps),
                "seconds": _rounded(one.run.seconds),
                "network_fps": _rounded(one.network),
                "segmenter_fps": _rounded(one.segmenter),
                "ratio": _rounded(one.ratio),
            }
            for one in report.rounds
        ],
    }


def _show(facts: dict[str, Any], report: "Report") -> None:
    """A table of the stages, then one of the rates."""
    console = data_console()
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("stage")
    table.add_column("thread")
    for name in ("frames", "p50 ms", "p95 ms"):
        table.add_column(name, justify="right")
    table.add_column("")
    for stage in report.stages:
        if stage.name not in AGES:
            table.add_row(
                stage.name,
                THREADS.get(stage.name, "presenter"),
                str(stage.count),
                milliseconds(stage.p50),
                milliseconds(stage.p95),
                NOTES.get(stage.name, ""),
            )
    console.print(table)
    console.print()
    rates = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    rates.add_column("frames a second")
    rates.add_column("median", justify="right")
    rates.add_column("rounds", justify="right")
    rows: list[tuple[str, float | None, Sequence[float | None]]] = [
        ("the network alone", report.network, [one.network for one in report.rounds]),
        ("prepare, network, decode", report.segmenter, [one.segmenter for one in report.rounds]),
        ("the whole run, to the finished file", report.fps, [o.run.fps for o in report.rounds]),
    ]
    for name, middle, each in rows:
        rates.add_row(name, _figure(middle, 1), "  ".join(_figure(rate, 1) for rate in each))
    ratios = "  ".join(_figure(one.ratio, 3) for one in report.rounds)
    rates.add_row("whole run / network alone", _figure(report.ratio, 3), ratios)
    console.print(rates)
    console.print()
    console.print(
        f"{facts['model']}{_place(facts)}, {facts['frames']} frames of {facts['source']}; "
        + ("one round" if facts["rounds"] == 1 else f"medians of {facts['rounds']} rounds in turn"),
        soft_wrap=True,
    )


def _place(facts: dict[str, Any]) -> str:
    return f" by {facts['engine']} on {facts['device']}" if facts["engine"] else ""


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _figure(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
