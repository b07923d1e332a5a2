"""`livesegment bench engines`: every engine and device of this machine on one model."""

from pathlib import Path
from typing import Annotated, Any

import typer

from livesegment.cli.bench_report import Report
from livesegment.cli.console import PEOPLE, print_json, say
from livesegment.cli.declared import one_of
from livesegment.cli.model_options import DEFAULT_MODEL
from livesegment.cli.values import size
from livesegment.errors import EngineError, UsageError


def engines(
    *,
    model: Annotated[
        str, typer.Option(help="A name from `models list`, or a file.", metavar="NAME")
    ] = DEFAULT_MODEL,
    input_size: Annotated[str | None, typer.Option(help="As of `run`.", metavar="N|WxH")] = None,
    threads: Annotated[
        int | None, typer.Option(help="As of `run`.", min=1, max=256, metavar="N")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            help="A picture, a folder of pictures, or a film; else a drawn picture.",
            metavar="WHAT",
        ),
    ] = None,
    pictures: Annotated[
        int, typer.Option(help="Most of them, spread over the source.", min=1, max=100)
    ] = 6,
    runs: Annotated[int, typer.Option(help="Timed runs a round.", min=1, max=10_000)] = 20,
    rounds: Annotated[int, typer.Option(help="Of all engines in turn.", min=1, max=100)] = 3,
    engine: Annotated[str, typer.Option(help="Only these.", metavar="A,B")] = "auto",
    device: Annotated[str, typer.Option(help="Only this one.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    chart: Annotated[
        Path | None, typer.Option(help="Draw bars, as .svg or .png.", metavar="FILE")
    ] = None,
) -> None:
    """Compare engines and devices: speed, memory, and whether they find the same objects.

    Each runs in processes of its own, in rounds with the others. What is compared is the whole
    work on a picture, from its pixels to objects with masks. Agreement is with the reference, the
    first row: which of its objects were found too, how well their masks overlap (IoU), and the
    largest difference of a score. What is not to be had on this machine is listed below.
    """
    from livesegment.bench.chart import writer_for
    from livesegment.bench.engines import measure, survey
    from livesegment.bench.pictures import picture_files
    from livesegment.engines.registry import DEVICES
    from livesegment.families.registry import load_family
    from livesegment.segmenters.choice import remembered
    from livesegment.segmenters.trial import Setup
    from livesegment.store import find_model

    names = _names(engine)
    one_of(device, DEVICES, "--device")
    fitted = (input_size and size(input_size, "--input-size")) or None
    write = writer_for(chart) if chart is not None else None
    found = find_model(model)
    if found.spec.family == "motion":
        raise UsageError("motion has no network", hint="--model takes another from `models list`")
    load_family(found, fitted)  # what is wrong with the files is wrong for every engine
    pairs, absent = survey(names, device)
    setups = [
        Setup(model=model, engine=name, device=place, threads=threads, input_size=fitted)
        for name, place in pairs
    ]
    with picture_files(source, pictures) as files, PEOPLE.busy() as tell:
        results = measure(setups, files, rounds=rounds, runs=runs, progress=tell)
    report = Report(results, absent, remembered(found, threads=threads, input_size=fitted))
    facts: dict[str, Any] = {
        "model": model,
        "input_size": fitted,
        "threads": threads,
        "source": source,
        "pictures": len(files) or 1,
        "rounds": rounds,
        "runs": runs,
    }
    if as_json:
        print_json(facts | report.as_json())
    else:
        report.show(facts)
    if write is not None:
        write(report.chart(facts))
        say(f"drawn into {chart}")
    if report.first is None:
        raise EngineError(
            f"no engine here runs {model}: {results[0].problem}", hint=results[0].hint or None
        )


def _names(text: str) -> list[str]:
    """Which engines, each once.

    Raises:
        UsageError: one of them is not known, or there is none.
    """
    from livesegment.engines.registry import ENGINES

    if text == "auto":
        return list(ENGINES)
    found = [
        one_of(part.strip(), tuple(ENGINES), "--engine") for part in text.split(",") if part.strip()
    ]
    if not found:
        raise UsageError("--engine names nothing", hint=f"one or more of: {', '.join(ENGINES)}")
    return list(dict.fromkeys(found))
