"""`livesegment bench streaming`: the accuracy of live masks on films with a truth."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from livesegment.cli.console import PEOPLE, print_json, tables
from livesegment.cli.declared import one_of
from livesegment.cli.model_options import DEFAULT_MODEL
from livesegment.cli.options import RunOptions
from livesegment.cli.values import duration
from livesegment.errors import UsageError

if TYPE_CHECKING:
    from livesegment.bench.films import Film
    from livesegment.bench.streaming import Score
    from livesegment.carrying.base import Carrier

METHODS = ("held", "carried")
SPARSE = ("carried/2", "carried/3", "carried/4")
"""With motion followed in one frame of so many, as `--carry auto` does where time is short."""
CARRY = ("lo", "mid", "hi")
LATENCIES = "33ms,70ms,133ms,250ms,500ms,1s"


@dataclass(frozen=True, slots=True)
class _Result:
    """What came of one film."""

    name: str
    frames: int
    """In the film."""
    scores: "list[Score]"


def streaming(
    frames: Annotated[
        Path, typer.Option(help="Pictures of a film, or a folder of such folders.", metavar="DIR")
    ],
    truth: Annotated[
        Path,
        typer.Option(
            help="Masks of the same names and layout, not 0 on the object.", metavar="DIR"
        ),
    ],
    *,
    latency: Annotated[
        str, typer.Option(help="From taking a frame to its result.", metavar="A,B")
    ] = LATENCIES,
    fps: Annotated[float, typer.Option(help="Rate of the films.", min=0.01, max=1000)] = 30.0,
    masks: Annotated[
        str,
        typer.Option(
            help="held, carried; or carried/N, followed in one frame of N only.", metavar="A,B"
        ),
    ] = ",".join(METHODS),
    carry: Annotated[str, typer.Option(help="How finely: lo, mid or hi.")] = "mid",
    select: Annotated[
        str,
        typer.Option(
            help="The object is: overlap, what lies mostly in the truth of its key frame; or "
            "classes, everything of --classes."
        ),
    ] = "overlap",
    classes: Annotated[
        str | None, typer.Option(help="Only these, such as person,car.", metavar="A,B")
    ] = None,
    model: Annotated[
        str, typer.Option(help="A name from `models list`, or a file.", metavar="NAME")
    ] = DEFAULT_MODEL,
    engine: Annotated[str, typer.Option(help="As of `run`.")] = "auto",
    device: Annotated[str, typer.Option(help="As of `run`.")] = "auto",
    input_size: Annotated[str | None, typer.Option(help="As of `run`.", metavar="N|WxH")] = None,
    score: Annotated[float, typer.Option(help="Least score.", min=0, max=1)] = 0.5,
    nms: Annotated[float, typer.Option(help="Most overlap.", min=0, max=1)] = 0.45,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Score what a viewer sees while results are late: masks held and carried, and undelayed.

    Films play on a made-up clock with a made-up latency: the figures depend on the model and the
    films, not on the machine, but for the CPU time that carrying to a frame takes. J is the overlap
    with the truth (IoU), F how well the outlines agree, as in DAVIS. Every frame counts from the
    first result on; age is that of the masks, in frames.
    """
    from livesegment.bench.films import find_films
    from livesegment.bench.streaming import Select, mean, play
    from livesegment.cli import build
    from livesegment.store import find_model

    latencies = _latencies(latency)
    methods = _methods(masks)
    one_of(carry, CARRY, "--carry")
    selection = Select(one_of(select, Select, "--select"))
    if selection is Select.CLASSES and classes is None:
        raise UsageError("--select classes needs --classes", hint="such as --classes person,car")
    options = RunOptions(
        model=model,
        engine=engine,
        device=device,
        input_size=input_size,
        score=score,
        nms=nms,
        classes=classes,
    )
    films = find_films(frames, truth)
    _check_length(latencies, films, fps)
    build.check(options)
    segmenter = build.segmenter(options, find_model(model), PEOPLE, quiet=False).segmenter
    results: list[_Result] = []
    with PEOPLE.busy() as tell:
        for number, film in enumerate(films, 1):
            tell(f"{film.name} ({number} of {len(films)})")
            scores = play(
                film.play(fps),
                segmenter,
                {method: _carrier(method, carry) for method in methods},
                latencies,
                fps=fps,
                select=selection,
            )
            results.append(_Result(film.name, len(film.frames), scores))
    means = [mean(column) for column in zip(*(r.scores for r in results), strict=True)]
    if as_json:
        facts: dict[str, Any] = {"model": model, "fps": fps, "select": select, "carry": carry}
        print_json(facts | _as_json(results, means))
        return
    _print(results, means, latencies)


def _latencies(text: str) -> list[float]:
    """Seconds, each once.

    Raises:
        UsageError: one of them is no duration.
    """
    hint = "such as --latency 33ms,133ms,0.25s"
    try:
        found = [duration(part, "--latency") for part in text.split(",") if part.strip()]
    except UsageError as error:
        raise UsageError(str(error), hint=hint) from error
    if not found:
        raise UsageError("--latency names no duration", hint=hint)
    return list(dict.fromkeys(found))


def _methods(text: str) -> list[str]:
    """Which methods to compare, each once.

    Raises:
        UsageError: one of them is not known, or there is none.
    """
    known = METHODS + SPARSE
    found = [one_of(part.strip(), known, "--masks") for part in text.split(",") if part.strip()]
    if not found:
        raise UsageError("--masks names nothing", hint=f"one or more of: {', '.join(known)}")
    return list(dict.fromkeys(found))


def _check_length(latencies: Sequence[float], films: "Sequence[Film]", fps: float) -> None:
    """Refuse latencies that no film lasts for.

    Raises:
        UsageError: no result would ever be shown.
    """
    longest, least = max(len(film.frames) - 1 for film in films) / fps, min(latencies)
    if least > longest:
        raise UsageError(
            f"--latency {_time(least)}: the last frame comes after {_time(longest)}",
            hint="a bare number is seconds; 33ms is 33 milliseconds",
        )


def _carrier(method: str, carry: str) -> "Callable[[], Carrier]":
    """What makes the carrier of a method."""
    if method == "held":
        from livesegment.carrying.hold import HoldCarrier

        return HoldCarrier
    from livesegment.carrying.carried import CarriedCarrier
    from livesegment.carrying.quality import Quality

    every = int(method.partition("/")[2] or 1)
    # Not auto: that follows the machine's load, and no figure would come twice.
    return lambda: CarriedCarrier(Quality(carry), every=every)


def _as_json(results: Sequence[_Result], means: "Sequence[Score]") -> dict[str, Any]:
    films = [
        {"name": r.name, "frames": r.frames, "scores": [_row(score) for score in r.scores]}
        for r in results
    ]
    return {"films": films, "mean": [_row(score) for score in means]}


def _row(score: "Score") -> dict[str, Any]:
    """One score; latency and cost in seconds, age in frames."""
    return {
        "latency": score.latency,
        "method": score.method,
        "frames": score.frames,
        "J": _rounded(score.j, 4),
        "F": _rounded(score.f, 4),
        "age": score.age,
        "cost": _rounded(score.cost, 6),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _print(
    results: Sequence[_Result], means: "Sequence[Score]", latencies: Sequence[float]
) -> None:
    """A table a latency with a row a film, then one of the means with a row a latency."""
    console = tables()
    many = len(results) > 1
    for latency in latencies if many else ():
        table = _table(f"latency {_time(latency)}", "film", means)
        for result in results:
            table.add_row(*_cells(result.name, _at(result.scores, latency)))
        table.add_section()
        table.add_row(*_cells("mean", _at(means, latency)))
        console.print(table)
        console.print()
    name = f"mean of {len(results)} films" if many else results[0].name
    table = _table(name, "latency", means)
    for latency in latencies:
        table.add_row(*_cells(_time(latency), _at(means, latency)))
    console.print(table)


def _at(scores: "Sequence[Score]", latency: float) -> "dict[str, Score]":
    """The scores at one latency, by method."""
    return {score.method: score for score in scores if score.latency == latency}


def _table(title: str, first: str, scores: "Sequence[Score]") -> Table:
    """An empty table, its columns those that `_cells` fills."""
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
        padding=(0, 1, 0, 0),  # all of it fits on 80 columns
        pad_edge=False,
    )
    table.add_column(first, no_wrap=True)
    table.add_column("frames", justify="right")
    table.add_column("age", justify="right")
    for method in dict.fromkeys(score.method for score in scores):
        table.add_column(f"{method}\nJ", justify="right")
        table.add_column("F", justify="right")
        if method == "carried":
            table.add_column("CPU\nms", justify="right")
    return table


def _cells(name: str, scores: "Mapping[str, Score]") -> list[str]:
    some = next(iter(scores.values()))
    age = "" if some.age is None else "-".join(str(end) for end in dict.fromkeys(some.age))
    cells = [name, str(some.frames), age]
    for method, score in scores.items():
        cells += [_figure(score.j, 3), _figure(score.f, 3)]
        if method == "carried":
            cells.append(_figure(score.cost and 1000 * score.cost, 1))
    return cells


def _figure(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _time(seconds: float) -> str:
    return f"{seconds:g} s" if seconds >= 1 else f"{1000 * seconds:g} ms"
