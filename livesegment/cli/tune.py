"""`livesegment tune`: the setup that holds a rate on this machine, as a config file."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from livesegment.cli.bench_report import (
    LONGEST,
    MARK,
    data_console,
    milliseconds,
    recall,
    result_row,
)
from livesegment.cli.console import PEOPLE, print_json
from livesegment.cli.model_options import DEFAULT_MODEL
from livesegment.cli.values import size
from livesegment.errors import EngineError, LiveSegmentError, SinkError, UsageError

if TYPE_CHECKING:
    from livesegment.bench.tuning import Candidate, Tuning


def tune(
    fps: Annotated[float, typer.Option(help="Frames a second to hold.", min=0.01, max=1000)],
    *,
    model: Annotated[
        str, typer.Option(help="A name from `models list`, or a file.", metavar="NAME")
    ] = DEFAULT_MODEL,
    source: Annotated[
        str | None,
        typer.Option(
            help="A picture, a folder of pictures, or a film; else a drawn picture.",
            metavar="WHAT",
        ),
    ] = None,
    input_size: Annotated[
        str | None, typer.Option(help="The largest to try.", metavar="N|WxH")
    ] = None,
    pictures: Annotated[
        int, typer.Option(help="Most of them, spread over the source.", min=1, max=100)
    ] = 6,
    runs: Annotated[int, typer.Option(help="Timed runs a round.", min=1, max=10_000)] = 20,
    rounds: Annotated[int, typer.Option(help="Of all setups in turn.", min=1, max=100)] = 1,
    config: Annotated[
        Path, typer.Option(help="What `run --config` reads then.", metavar="FILE")
    ] = Path("tuned.toml"),
    force: Annotated[bool, typer.Option("--force", help="Write over the file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Find engine, input size and threads that hold a rate and find the most; write them down.

    A setup holds the rate if 95 of 100 pictures take no longer than 85 % of a frame's time: the
    rest is for decoding, drawing and recording. Of those that do, the one is taken that agrees
    best with the reference at full size; of equals, the one with the fewest threads.
    """
    from livesegment.bench.engines import survey
    from livesegment.bench.pictures import picture_files
    from livesegment.bench.tuning import input_sizes, thread_counts
    from livesegment.bench.tuning import tune as search
    from livesegment.engines.registry import ENGINES, REFERENCE
    from livesegment.segmenters.choice import WITHOUT_RIVALS
    from livesegment.store import find_model
    from livesegment.threads.cores import usable_cores

    largest = (input_size and size(input_size, "--input-size")) or None
    if config.exists() and not force:
        raise UsageError(f"{config} is there already", hint="--force writes over it")
    found = find_model(model)
    if found.spec.family == "motion":
        raise UsageError("motion has no network", hint="--model takes another from `models list`")
    places, _ = survey([REFERENCE] if found.spec.family in WITHOUT_RIVALS else ENGINES)
    with picture_files(source, pictures) as files, PEOPLE.busy() as tell:
        tuning = search(
            model,
            places,
            input_sizes(found, largest, files),
            thread_counts(usable_cores()),
            fps=fps,
            pictures=files,
            rounds=rounds,
            runs=runs,
            progress=tell,
        )
    keys = None if tuning.best is None else _keys(tuning.best)
    if keys is not None:
        _write(config, keys, tuning, fps)
    facts: dict[str, Any] = {
        "model": model,
        "fps": fps,
        "source": source,
        "rounds": rounds,
        "runs": runs,
        "config": str(config) if keys else None,
    }
    if as_json:
        print_json(facts | _as_json(tuning, keys))
    else:
        _show(tuning)
    if keys is None:
        raise _nothing_holds(tuning, fps)
    if not as_json:
        console = data_console()
        console.print()
        console.say(f"{MARK} {_sentence(tuning)}")
        console.say(f"written: livesegment run --config {config}")


def _keys(best: "Candidate") -> dict[str, Any]:
    """The options of `run` that make up a setup; no key where the default is meant."""
    setup = best.result.setup
    path = Path(setup.model).expanduser()
    keys: dict[str, Any] = {
        "model": str(path.resolve()) if path.is_file() else setup.model,
        "engine": setup.engine,
        "device": setup.device,
    }
    if setup.input_size is not None:
        keys["input_size"] = "{}x{}".format(*setup.input_size)
    if setup.threads is not None:
        keys["threads"] = setup.threads
    return keys


def _write(path: Path, keys: Mapping[str, Any], tuning: "Tuning", fps: float) -> None:
    """A config file.

    Raises:
        SinkError: it cannot be written.
    """
    rows = [
        f"# livesegment tune --fps {fps:g}: {_sentence(tuning)}",
        *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items()),
    ]
    try:
        path.write_text("\n".join(rows) + "\n", "utf-8")
    except OSError as error:
        raise SinkError(f"cannot write {path}: {error.strerror}") from error


def _sentence(tuning: "Tuning") -> str:
    """What was taken, and why."""
    best = tuning.best
    if best is None or best.found is None:
        return "nothing"
    return (
        f"{_name(best)}: 95 of 100 pictures within {milliseconds(best.result.p95)} ms of "
        f"{milliseconds(tuning.budget)}, finds {recall(best.found)} of the reference's objects, "
        f"mask IoU {best.found.overlap:.3f}"
    )


def _nothing_holds(tuning: "Tuning", fps: float) -> LiveSegmentError:
    """The error where no setup holds the rate."""
    nearest = tuning.nearest
    if nearest is None:
        first = tuning.candidates[0].result
        return EngineError(
            f"no engine here runs {first.setup.model}: {first.problem}", hint=first.hint or None
        )
    reached = math.floor(100 * fps * tuning.budget / nearest.result.p95 + 1e-6) / 100
    return EngineError(
        f"nothing holds {fps:g} frames a second: {_name(nearest)} comes nearest, with 95 of 100 "
        f"pictures within {milliseconds(nearest.result.p95)} ms, not {milliseconds(tuning.budget)}",
        hint=f"--fps {reached:g} can be held; or take a smaller model. "
        "Live, carried masks keep the picture at the camera's own rate all the same",
    )


def _name(candidate: "Candidate") -> str:
    setup = candidate.result.setup
    threads = f", {setup.threads} thread{'s' * (setup.threads != 1)}" if setup.threads else ""
    return f"{setup} at {candidate.size[0]}x{candidate.size[1]}{threads}"


def _as_json(tuning: "Tuning", keys: Mapping[str, Any] | None) -> dict[str, Any]:
    """All that was tried; times in seconds."""
    return {
        "budget": round(tuning.budget, 6),
        "choice": keys,
        "untried": tuning.untried,
        "results": [
            result_row(candidate.result, candidate.found)
            | {
                "size": candidate.size,
                "quality": round(candidate.quality, 4) if candidate.found else None,
                "holds": candidate.holds,
                "taken": candidate is tuning.best,
            }
            for candidate in tuning.candidates
        ],
    }


def _show(tuning: "Tuning") -> None:
    """What was tried, in the order of trying."""
    console = data_console()
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for name in ("", "engine", "device"):
        table.add_column(name)
    for name in (
        *("input", "threads", "p50\nms", "p95\nms", "holds"),
        *("recall", "mask\nIoU", "quality"),
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for candidate in tuning.candidates:
        table.add_row(*_cells(candidate, taken=candidate is tuning.best))
    console.print(table)
    failed = [c.result for c in tuning.candidates if c.result.problem]
    for setup, problem in {str(r.setup): r.problem for r in failed}.items():
        console.say(f"{setup} failed: {problem[:LONGEST]}")
    if tuning.untried:
        sizes = ", ".join(f"{width}x{height}" for width, height in tuning.untried)
        console.say(f"not tried, as a larger size holds the rate: {sizes}")


def _cells(candidate: "Candidate", *, taken: bool) -> list[str]:
    result, found = candidate.result, candidate.found
    setup = result.setup
    cells = [
        MARK if taken else "",
        setup.engine,
        setup.device,
        f"{candidate.size[0]}x{candidate.size[1]}",
        "-" if setup.threads is None else str(setup.threads),
    ]
    if found is None:
        return [*cells, "failed", *[""] * 5]
    return [
        *cells,
        milliseconds(result.p50),
        milliseconds(result.p95),
        "yes" if candidate.holds else "no",
        recall(found),
        f"{found.overlap:.3f}",
        f"{candidate.quality:.3f}",
    ]
