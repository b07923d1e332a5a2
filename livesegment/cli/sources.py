"""The sources of a run, as the options name them."""

import itertools
from collections.abc import Collection
from pathlib import Path
from typing import cast, get_args

from livesegment.cli.declared import one_of
from livesegment.cli.options import RunOptions
from livesegment.cli.source_options import FOREVER, Wanted, tries
from livesegment.cli.values import duration, size
from livesegment.errors import UsageError
from livesegment.sources import locate
from livesegment.sources.addresses.credentials import Credentials
from livesegment.sources.base import Source
from livesegment.sources.cameras.camera_mode import known_format
from livesegment.sources.locate import Reception
from livesegment.sources.streams.stream import Transport
from livesegment.sources.supervision.health import Supervision


def all_sources(options: RunOptions) -> list[Source]:
    """What the frames come from, each with a name of its own; camera 0 where nothing is said.

    Raises:
        UsageError: the options do not fit the sources.
        SourceError: there is nothing of such a name.
    """
    wanted = options.wanted or (Wanted("0", is_camera=True),)
    if all(one.is_camera for one in wanted) and (options.realtime or options.loop or options.fps):
        raise UsageError("--realtime, --loop and --fps are for files", hint="name one by --source")
    taken: set[str] = set()
    made = []
    for one in wanted:
        source = one_source(options, one, taken)
        taken.add(source.name)
        made.append(source)
    return made


def one_source(options: RunOptions, wanted: Wanted, taken: Collection[str] = ()) -> Source:
    """One source, not opened yet.

    Args:
        options: of the run.
        wanted: what it is.
        taken: names that others have.

    Raises:
        UsageError: the options do not fit it.
        SourceError: there is nothing of that name.
    """
    live = reception(options)

    def make(name: str | None) -> Source:
        if wanted.is_camera:
            return locate.camera(wanted.text, name=name, reception=live)
        return locate.source(
            wanted.text,
            name=name,
            realtime=bool(options.realtime),
            loop=bool(options.loop),
            fps=options.fps,
            mixed=len(options.wanted) > 1,
            reception=live,
        )

    source = make(wanted.name)
    if source.name not in taken:
        return source
    if wanted.name is not None:
        raise UsageError(f"two sources are called {wanted.name!r}", hint="rename one of them")
    names = (f"{source.name} ({number})" for number in itertools.count(2))
    return make(next(name for name in names if name not in taken))


def reception(options: RunOptions) -> Reception:
    """How live sources are opened and watched over.

    Raises:
        UsageError: an option asks for something impossible.
    """
    several = len(options.wanted) > 1
    frozen = duration(options.frozen_after, "--frozen-after", zero=True)
    on_frozen = one_of(options.on_frozen, ("warn", "reconnect"), "--on-frozen")
    credentials = options.credentials
    return Reception(
        supervision=Supervision(
            # Where others are seen, one that is down is waited for, as it is once it was live.
            retry=FOREVER if several and options.retry is None else tries(options.retry),
            frozen_after=frozen or None,
            reconnect_frozen=on_frozen == "reconnect",
        ),
        credentials=None if credentials is None else Credentials.read(Path(credentials)),
        transport=cast(
            "Transport", one_of(options.rtsp_transport, get_args(Transport), "--rtsp-transport")
        ),
        max_age=max_age(options),
        size=(options.camera_size and size(options.camera_size, "--camera-size")) or None,
        fps=options.camera_fps,
        format=None if options.camera_format is None else known_format(options.camera_format),
    )


def max_age(options: RunOptions) -> float | None:
    """Seconds; a live frame that is older is left out."""
    return None if options.max_age is None else duration(options.max_age, "--max-age")
