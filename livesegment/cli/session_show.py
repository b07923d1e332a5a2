"""`livesegment sessions show`: all that is known of one session."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from livesegment.cli.console import print_json, print_line, printable, tables
from livesegment.cli.session_rows import (
    Json,
    Name,
    Parent,
    local,
    named,
    size,
    span,
    typed,
)

if TYPE_CHECKING:
    from livesegment.sessions.overview import Overview
    from livesegment.sessions.session import Session

SHOWN = 8
"""Labels, gaps, problems that are listed."""
MOST_VIDEOS = 500
"""That are listed, the newest."""
SUM = 12
"""Digits of a checksum that tell files apart."""


def show(name: Name, *, parent: Parent = None, as_json: Json = False) -> None:
    """Show one session: what was run on what, its videos, what went wrong, what to type next."""
    from livesegment.sessions.overview import overview
    from livesegment.sessions.session import Session

    session = Session.open(named(name, parent))
    row = overview(session.path)
    if as_json:
        print_json(row.as_json() | {"manifest": session.manifest})
        return
    for key, value in _lines(session, row):
        if value:
            print_line(f"{key + ':':<14}{printable(value)}")
    _print_videos(session)
    for line in _next(session, row):
        print_line(f"{'next:':<14}{printable(line)}")


def _lines(session: "Session", row: "Overview") -> Iterator[tuple[str, str]]:
    """What there is to say, as pairs of a word and a text; an empty text is left out."""
    from livesegment.sessions.facts import number, objects, texts

    facts = session.manifest
    state = row.state + (f" by process {row.pid}" if row.pid else "")
    yield "name", row.path.name
    yield "path", str(row.path.absolute())
    yield "state", state + (", pinned" if row.pinned else "")
    yield "source", _text(facts.get("source")) + (", live" if facts.get("live") else "")
    yield "started", local(row.started)
    yield "ended", local(row.ended)
    yield "end reason", row.end_reason
    yield "duration", span(row.seconds)
    yield "frames", _count(row.frames)
    yield "size", size(row.bytes)
    yield "model", _text(facts.get("model"))
    for file in objects(facts.get("weights")):
        found = _text(file.get("sha256"))
        yield "weights", _text(file.get("file")) + (f", sha256 {found[:SUM]}..." if found else "")
    labels = session.facts.labels
    more = ", ..." if len(labels) > SHOWN else ""
    yield "classes", f"{len(labels)}: {', '.join(labels[:SHOWN])}{more}" if labels else ""
    engine = [_text(facts.get(key)) for key in ("engine", "device")]
    yield "engine", " on ".join(part for part in engine if part)
    yield "runs on", _text(facts.get("runs_on"))
    yield "masks", _text(facts.get("masks"))
    yield "thresholds", _pairs(facts.get("thresholds"))
    yield "compute", _pairs(facts.get("compute"))
    dropped = [f"{_count(facts.get('dropped'))} of {_count(facts.get('captured'))} never shown"]
    dropped = dropped if facts.get("dropped") and facts.get("captured") else []
    late = facts.get("recorder_dropped")
    late = late if isinstance(late, Mapping) else {"overlay": late}
    dropped += [f"{_count(n)} not in the {kind} video" for kind, n in late.items() if number(n)]
    lost = facts.get("lines_lost")
    dropped += [f"{_count(lost)} JSON lines that nobody read"] if number(lost) else []
    yield "dropped", ", ".join(dropped)
    gaps = objects(facts.get("gaps"))
    told = [f"{span(number(gap.get('seconds')))} at {_count(gap.get('start'))} s" for gap in gaps]
    rest = len(gaps) - SHOWN + int(number(facts.get("more_gaps")) or 0)
    yield "gaps", ", ".join(told[:SHOWN]) + (f", and {rest} more" if rest > 0 else "")
    yield "events", _count(facts.get("events")) if facts.get("events") else ""
    for problem in texts(facts.get("problems")):
        yield "problem", problem
    yield "versions", _pairs(facts.get("versions"))


def _print_videos(session: "Session") -> None:
    from rich.table import Table

    videos = session.facts.videos
    if not videos:
        return
    table = Table("video", "codec", "size", "frames", "seconds", "bytes", "begins at", box=None)
    there = {video.facts.file: video.path for video in session.videos()}
    for video in videos[-MOST_VIDEOS:]:
        path = there.get(video.file)
        count = video.bytes
        if count is None and path is not None:
            count = path.stat().st_size
        name = video.file if path is None else path.name
        missing = "" if path else " (removed)" if video.removed else " (missing)"
        cells = (
            name + missing,
            video.codec,
            "x".join(str(side) for side in video.size or ()),
            _count(video.frames),
            _count(video.seconds),
            "" if count is None else size(count),
            f"{_count(video.start)} s",
        )
        table.add_row(*(printable(cell) for cell in cells))
    print_line("")
    if len(videos) > MOST_VIDEOS:
        print_line(f"the newest {MOST_VIDEOS} of {len(videos)} videos; --json has them all:")
    tables().print(table)
    print_line("")


def _next(session: "Session", row: "Overview") -> Iterator[str]:
    """What to type next."""
    from livesegment.sessions.overview import INTERRUPTED

    if row.state == INTERRUPTED:
        yield f"livesegment sessions repair {typed(row.path)}"
    elif session.videos("raw") and row.pid is None:
        yield f"livesegment sessions replay {typed(row.path)}"


def _text(value: Any) -> str:
    """A text or number out of a manifest; nothing for anything else."""
    return str(value) if isinstance(value, str | int | float) else ""


def _count(value: Any) -> str:
    """A number out of a manifest, without digits that say nothing."""
    from livesegment.sessions.facts import number

    found = number(value)
    return "" if found is None else f"{found:.10g}"


def _pairs(value: Any) -> str:
    """An object out of a manifest, on one line."""
    if not isinstance(value, Mapping):
        return _text(value)
    return ", ".join(f"{key} {_text(one)}" for key, one in value.items() if one is not None)
