"""`livesegment sessions export`: a recorded session in a format of others."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from livesegment.cli.console import PlainConsole, printable
from livesegment.cli.declared import one_of, option
from livesegment.cli.run import Quiet
from livesegment.cli.session_rows import Name, Parent, named
from livesegment.cli.values import class_ids, duration
from livesegment.errors import SourceError, UsageError
from livesegment.sessions.session import Session

if TYPE_CHECKING:  # what they import takes longer than all of --help
    from livesegment.sessions.export.base import Export, Selection
    from livesegment.sessions.export.pictures import Pictures
    from livesegment.sessions.lines import RecordedFrame

FORMATS = ("coco", "yolo", "csv", "labels", "mp4")
KINDS = ("raw", "overlay")
NONE = "none"
WHAT, FORM = "What of it", "How"
Put: TypeAlias = Callable[[Path], AbstractContextManager[Path]]
"""Makes room for what is to have a name, see `place`."""
REDRAW = 0.1
"""Seconds between two drawings of the bar."""

Format = Annotated[
    str, typer.Option("--format", "-f", help=f"One of {', '.join(FORMATS)}.", metavar="FORMAT")
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="A file for csv and mp4, else a folder; if not set, named after the session.",
        metavar="PATH",
    ),
]
Start = Annotated[
    str | None, option(WHAT, "From this time of the session on, such as 10s.", metavar="TIME")
]
End = Annotated[str | None, option(WHAT, "Up to this time of the session.", metavar="TIME")]
Score = Annotated[float | None, option(WHAT, "Least score of an object.", min=0, max=1)]
Classes = Annotated[
    str | None, option(WHAT, "Names or ids, with commas between; others are left out.")
]
Masks = Annotated[
    str | None, option(FORM, "coco: rle (if not set) or polygon.", metavar="rle|polygon")
]
PicturesOf = Annotated[
    str | None,
    option(
        FORM,
        "coco, yolo, labels: write the pictures of this video as JPEGs. If not set: raw for yolo "
        "where it was recorded, else none.",
        metavar="raw|overlay|none",
    ),
]
Ids = Annotated[
    str | None,
    option(
        FORM,
        "labels: an object's value is its track id (if not set), or its place in the frame.",
        metavar="tracks|rows",
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace a file, or a former export's folder.")
]
VideoOf = Annotated[
    str | None,
    option(FORM, "mp4: of this video; overlay if not set.", metavar="overlay|raw"),
]


def export(
    name: Name,
    *,
    form: Format,
    output: Output = None,
    parent: Parent = None,
    start: Start = None,
    end: End = None,
    score: Score = None,
    classes: Classes = None,
    masks: Masks = None,
    pictures: PicturesOf = None,
    ids: Ids = None,
    video: VideoOf = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write a recorded session in a format that other programs read.

    coco: annotations.json and results.json as pycocotools reads them. yolo: a data set to train
    YOLO segmentation on. csv: a row an object. labels: PNGs whose values are objects and classes.
    mp4: one film of its videos.
    """
    one_of(form, FORMATS, "--format")
    _check_flags(
        form,
        {
            "--score": (score, {"coco", "yolo", "csv", "labels"}),
            "--classes": (classes, {"coco", "yolo", "csv", "labels"}),
            "--masks": (masks, {"coco"}),
            "--pictures": (pictures, {"coco", "yolo", "labels"}),
            "--ids": (ids, {"labels"}),
            "--video": (video, {"mp4"}),
        },
    )
    from livesegment.sessions.export import place

    session = Session.open(named(name, parent))
    selection = _selection(session, start, end, score, classes)
    console = PlainConsole(quiet=quiet)
    target = output or Path(_usual_name(session, form))
    put: Put = partial(
        place.files if form in {"csv", "mp4"} else place.folder,
        reads=(session.path,),
        overwrite=overwrite,
    )
    if form == "mp4":
        made = _film(session, selection, target, put, video, console)
    else:
        made = _data(session, selection, form, target, put, console, masks, pictures, ids)
    _report(made, form, console)


def _selection(
    session: Session, start: str | None, end: str | None, score: float | None, classes: str | None
) -> "Selection":
    from livesegment.sessions.export.base import Selection

    first = 0.0 if start is None else duration(start, "--start", zero=True)
    last = None if end is None else duration(end, "--end")
    if last is not None and last <= first:
        raise UsageError(f"--end {end} is not after --start {start}")
    return Selection(
        start=first,
        end=last,
        score=score or 0.0,
        class_ids=None if classes is None else class_ids(classes, session.labels()),
    )


def _film(
    session: Session,
    selection: "Selection",
    target: Path,
    put: Put,
    video: str | None,
    console: PlainConsole,
) -> "Export":
    from livesegment.sessions.export import mp4

    kind = "overlay" if video is None else one_of(video, KINDS, "--video")
    if target.suffix.lower() != ".mp4":
        raise UsageError(f"-o {target}: the file must be called .mp4")
    seconds = sum(one.facts.seconds or 0.0 for one in session.videos(kind))
    with put(target) as path, _progress(console, "seconds", seconds) as told:
        made = mp4.export(session, path, kind=kind, selection=selection, told=told)
    made.files = [target.with_name(path.name) for path in made.files]
    return made


def _data(
    session: Session,
    selection: "Selection",
    form: str,
    target: Path,
    put: Put,
    console: PlainConsole,
    masks: str | None,
    pictures: str | None,
    ids: str | None,
) -> "Export":
    from livesegment.sessions.export import base, coco, labels, table, yolo

    wanted = one_of(masks or coco.RLE, (coco.RLE, coco.POLYGON), "--masks")
    values = one_of(ids or labels.TRACKS, (labels.TRACKS, labels.ROWS), "--ids")
    source = _pictures(session, form, pictures)
    every = session.lines()
    found = base.frames(every, selection)
    first = next(found, None)
    if first is None:
        part = " at that time" if selection != base.Selection() else ""
        why = f"; {every.remark}" if every.remark else ""
        raise SourceError(f"there is nothing to export: {session.name} has no frame{part}{why}")
    count = session.facts.frames or 0
    with put(target) as path, _progress(console, "frames", count) as told:
        frames = _told(chain([first], found), told)
        match form:
            case "coco":
                made = coco.export(session, frames, path, masks=wanted, source=source)
            case "yolo":
                made = yolo.export(session, frames, path, source=source)
            case "labels":
                made = labels.export(session, frames, path, ids=values, source=source)
            case _:
                made = table.export(frames, path)
    made.files = [target]
    if every.remark:
        made.remarks.append(every.remark)
    if form == "yolo" and source is None:
        made.remarks.append("without pictures: `--pictures` writes those of a video beside them")
    return made


def _pictures(session: Session, form: str, kind: str | None) -> "Pictures | None":
    """Where pictures come from; None where they are not wanted."""
    from livesegment.sessions.export.pictures import Pictures

    if kind is None:
        kind = "raw" if form == "yolo" and session.videos("raw") else NONE
    one_of(kind, (*KINDS, NONE), "--pictures")
    return None if kind == NONE else Pictures(session, kind)


def _check_flags(form: str, flags: dict[str, tuple[object, set[str]]]) -> None:
    """Refuse an option that the format has no use for."""
    for flag, (value, forms) in flags.items():
        if value is not None and form not in forms:
            hint = f"it goes with --format {' or '.join(sorted(forms))}"
            if form == "mp4" and flag in {"--score", "--classes"}:
                hint = "pictures are as they were drawn; `livesegment sessions replay` draws anew"
            raise UsageError(f"{flag} has no meaning for --format {form}", hint=hint)


def _usual_name(session: Session, form: str) -> str:
    name = session.path.resolve().name
    return f"{name}.{form}" if form in {"csv", "mp4"} else f"{name}-{form}"


def _told(
    frames: "Iterator[RecordedFrame]", told: Callable[[float], None]
) -> "Iterator[RecordedFrame]":
    for done, frame in enumerate(frames, 1):
        yield frame
        told(done)


@contextmanager
def _progress(console: PlainConsole, what: str, total: float) -> Iterator[Callable[[float], None]]:
    """A bar on a terminal, nothing elsewhere."""
    if not console.is_terminal or console.quiet:
        yield lambda _done: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(what))
    drawn = 0.0
    # Drawn as frames come: no thread of its own.
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as bar:
        task = bar.add_task(what, total=round(total) or None)

        def told(done: float) -> None:
            nonlocal drawn
            now = time.monotonic()
            if due := now - drawn >= REDRAW:
                drawn = now
            bar.update(task, completed=int(done), refresh=due)

        yield told


def _report(made: "Export", form: str, console: PlainConsole) -> None:
    """Say what was written, and what was left out."""
    where = ", ".join(str(path) for path in made.files)
    what = (
        f"{made.frames} pictures"
        if form == "mp4"
        else (f"{made.frames} frames, {made.instances} instances")
    )
    lines = [f"wrote {where}: {what}"]
    if made.without_picture:
        lines.append(f"{made.without_picture} frames left out: the video has no picture of them")
    if made.without_pixels:
        lines.append(f"{made.without_pixels} instances left out: their masks are empty, or none")
    for line in (*lines, *made.remarks):
        console.say(printable(line))
