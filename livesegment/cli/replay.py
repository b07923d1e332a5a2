"""`livesegment sessions replay`: a recorded session drawn anew, without a network."""

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livesegment.cli.console import PlainConsole, printable, say
from livesegment.cli.declared import option, takes
from livesegment.cli.model_options import MODEL
from livesegment.cli.options import OUTPUT, PACE, RunOptions
from livesegment.cli.run import Quiet, Verbose, start
from livesegment.cli.session_rows import Name, Parent, named
from livesegment.cli.source_options import SOURCE
from livesegment.cli.values import class_ids, data_size, duration
from livesegment.errors import UsageError
from livesegment.sessions.session import Session

if TYPE_CHECKING:  # what it imports takes longer than all of --help
    from livesegment.cli.parts import Parts
    from livesegment.segmenters.recorded import RecordedSegmenter
    from livesegment.sinks.film import FilmFile
    from livesegment.sources.base import Source

TAKEN = frozenset(
    (
        *("classes", "style", "alpha", "background", "jsonl", "window"),
        *("record", "codec", "segment_length", "min_free"),
        *("max_frames", "duration", "stats_interval"),
    )
)
"""Options of `run` that a replay has as they are."""
OTHERS = frozenset(field.name for field in fields(RunOptions)) - TAKEN
FILM = ".mkv"

Film = Annotated[
    Path | None,
    option(SOURCE, "The film it was made of, where it has no raw video.", metavar="FILE"),
]
Score = Annotated[
    float | None,
    option(MODEL, "Least score of an object, above that of the recording.", min=0, max=1),
]
To = Annotated[
    Path | None, option(OUTPUT, "Write the picture as one Matroska file.", metavar="FILE.mkv")
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite", help="Let --to and --jsonl replace a file.", rich_help_panel=OUTPUT
    ),
]
Realtime = Annotated[
    bool,
    typer.Option(
        "--realtime",
        help="As quick as it was recorded, in a window always; else as fast as can be.",
        rich_help_panel=PACE,
    ),
]


@takes(RunOptions, without=OTHERS)
def replay(
    *,
    name: Name,
    parent: Parent = None,
    source: Film = None,
    score: Score = None,
    to: To = None,
    overwrite: Overwrite = False,
    realtime: Realtime = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    **flags: Any,
) -> None:
    """Draw a recorded session anew: another style, fewer classes, a higher score.

    It takes the raw video that `run --record DIR --record-raw` recorded, and no network.
    """
    session = _printable(Session.open(named(name, parent)))
    options = replace(RunOptions().with_values(flags), overwrite=overwrite)
    _check_targets(options, to, session, source, overwrite=overwrite)
    shown = options.window is not False and _can_show()
    if to is not None:  # something comes out without a window, too
        options = replace(options, window=options.window or shown)

    segmenter: RecordedSegmenter | None = None
    drawn: FilmFile | None = None

    def given(console: PlainConsole) -> "Parts":
        from livesegment.cli.parts import Parts

        nonlocal segmenter, drawn
        drawn = None if to is None else _film(to, options)
        segmenter = _segmenter(session, options, score, console, quiet=quiet)
        return Parts(
            source=_source(session, options, source, paced=realtime or shown),
            segmenter=segmenter,
            sinks=() if drawn is None else (drawn,),
            facts=_facts(session),
        )

    code = start(options, quiet=quiet, verbose=verbose, given=given)
    if segmenter is not None and segmenter.remark and not quiet:
        say(segmenter.remark)
    if drawn is not None and drawn.written is not None and not quiet:
        say(f"wrote {drawn.written}")
    raise typer.Exit(code)


def _printable(session: Session) -> Session:
    """A session whose manifest, wherever it is from, steers no terminal."""
    shown = {
        key: printable(str(session.manifest[key]))
        for key in ("source", "model", "runs_on")
        if session.manifest.get(key)
    }
    return replace(session, manifest={**session.manifest, **shown})


def _source(session: Session, options: RunOptions, film: Path | None, *, paced: bool) -> "Source":
    """The raw video, or the film that stands in for it, as far as it is asked for.

    Raises:
        SourceError: there is neither.
    """
    from livesegment.sources.excerpt import Excerpt, PacedSource
    from livesegment.sources.recorded import RecordedSource, StandInSource

    seconds = options.duration and duration(options.duration, "--duration")
    whole: Source = RecordedSource(session) if film is None else StandInSource(session, film)
    # The pipeline's own limits count from 0, where sessions need not begin.
    part = Excerpt(whole, frames=options.max_frames, seconds=seconds or None)
    return PacedSource(part) if paced else part


def _segmenter(
    session: Session,
    options: RunOptions,
    score: float | None,
    console: PlainConsole,
    *,
    quiet: bool,
) -> "RecordedSegmenter":
    """What was found, less what is not asked for.

    Raises:
        UsageError: there is no class of such a name.
    """
    from livesegment.segmenters.recorded import RecordedSegmenter

    made = RecordedSegmenter(session)
    recorded = made.recorded.score
    wanted = None if options.classes is None else class_ids(options.classes, made.labels)
    made.thresholds = replace(
        made.recorded, score=recorded if score is None else score, class_ids=wanted
    )
    if score is not None and score < recorded and not quiet:
        console.say(
            f"--score {score:g} brings nothing back: objects up to {recorded:g} were not recorded"
        )
    return made


def _film(to: Path, options: RunOptions) -> "FilmFile":
    """The file that the picture goes to."""
    from livesegment.codecs import registry
    from livesegment.sinks.film import FilmFile

    codec = registry.chosen(options.codec)
    return FilmFile(to, codec=codec, min_free=data_size(options.min_free, "--min-free"))


def _facts(session: Session) -> dict[str, Any]:
    """What the manifest of a recorded replay says of what found the objects."""
    kept = ("model", "weights", "engine", "device", "masks")
    return {key: session.manifest[key] for key in kept if key in session.manifest} | {
        "replay_of": session.name
    }


def _check_targets(
    options: RunOptions, to: Path | None, session: Session, film: Path | None, *, overwrite: bool
) -> None:
    """Keep what is written from what is read.

    Raises:
        UsageError: a file is named that cannot be written to.
    """
    if to is not None and to.suffix.lower() != FILM:
        raise UsageError(
            f"--to {to}: the file must be called {FILM}",
            hint=f"ffmpeg -i FILE{FILM} -c copy FILE.mp4 makes others of it",
        )
    from livesegment.sessions.export import place

    inside = session.path.resolve()
    jsonl = None if options.jsonl in {None, "-"} else Path(str(options.jsonl))
    for flag, target in (("--jsonl", jsonl), ("--to", to)):
        if target is None:
            continue
        if target.resolve().is_relative_to(inside):
            raise UsageError(
                f"{flag} {target} is inside of the session that is read",
                hint="name a file elsewhere",
            )
        reads = (session.path, *([] if film is None else [film]))
        if flag == "--to":
            place.check(target, reads, overwrite=overwrite)
        else:  # what becomes of former lines is the same as in a run
            place.check_unread(target, reads)


def _can_show() -> bool:
    """Whether a window can be opened."""
    from livesegment.sinks.display import why_no_window

    return why_no_window() is None
