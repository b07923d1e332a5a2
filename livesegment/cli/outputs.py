"""Where a run's results go: over nothing that it reads, and over no file that is not its own."""

import glob
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from livesegment.atomic import growing
from livesegment.cli.options import RunOptions
from livesegment.errors import LiveSegmentError, SinkError, UsageError
from livesegment.sources.addresses.url import is_url
from livesegment.store import find_model

BESIDE = (".pbtxt", ".names", ".txt")
"""What is read beside a model file of one's own."""
LONGEST_LINE = 1 << 20
"""Bytes of the first line of a file that is asked for what it is."""


def check(options: RunOptions, *, config: Path | None = None) -> None:
    """See that what is to be written costs nobody a file, before anything is opened.

    Args:
        options: of the run.
        config: where some of them were read from.

    Raises:
        UsageError: a target is one of the files that are read, holds something else than results,
            or would be in a folder that is not there.
        SinkError: the system refuses it.
    """
    if options.jsonl not in (None, "-"):
        _check("--jsonl", Path(str(options.jsonl)), options, config)
    if options.record is not None:
        _check("--record", Path(options.record), options, config)


def _check(flag: str, target: Path, options: RunOptions, config: Path | None) -> None:
    try:
        parent = target.absolute().parent
        with suppress(FileNotFoundError):
            target.stat()  # a name that can be none is refused by the system
        if not target.exists() and not parent.is_dir():
            raise UsageError(
                f"{flag} {target}: there is no folder {parent}",
                hint="make it first, if that is what you mean",
            )
        written = {target} if flag == "--record" or target.is_dir() else {target, growing(target)}
        # What is written to a device or a pipe costs nobody a file.
        taken = [path.stat() for path in written if path.is_file() or path.is_dir()]
        for read in _inputs(options, config) if taken else ():
            with suppress(OSError):
                if any(os.path.samestat(read.stat(), one) for one in taken):
                    raise UsageError(
                        f"{flag} {target} is what is read: {read}", hint="name another to write to"
                    )
        if flag == "--jsonl":
            _check_lines(target, overwrite=bool(options.overwrite))
    except (OSError, ValueError) as error:
        raise SinkError(
            f"{flag} {target} cannot be written: {getattr(error, 'strerror', None) or error}",
            hint="name another place",
        ) from error


def _check_lines(target: Path, *, overwrite: bool) -> None:
    """See that only lines of a former run are replaced."""
    if target.is_dir():
        raise UsageError(f"--jsonl {target} is a folder", hint="name a file in it")
    if overwrite or not target.is_file():  # nor is anything asked of a device or a pipe
        return
    with target.open("rb") as file:
        line = file.readline(LONGEST_LINE)
    try:
        known = not line or isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        known = False
    if not known:
        raise UsageError(
            f"--jsonl {target} is there already, and holds no JSON lines",
            hint="name another file, or say --overwrite",
        )


def _inputs(options: RunOptions, config: Path | None) -> Iterator[Path]:
    """All files and folders that a run reads."""
    yield from (Path(one) for one in (config, options.credentials, options.background) if one)
    own = Path(options.model).expanduser()
    if own.is_file():
        yield from (own, *(own.with_suffix(suffix) for suffix in BESIDE))
    with suppress(LiveSegmentError):  # is said when it is loaded
        yield from find_model(options.model).paths.values()
    for wanted in options.wanted:
        if is_url(wanted.text) or (wanted.is_camera and not wanted.text.startswith("/")):
            continue
        path = Path(wanted.text)
        yield path
        if path.is_dir():
            with suppress(OSError):
                yield from path.iterdir()
        elif not path.exists():
            yield from map(Path, glob.glob(wanted.text))  # noqa: PTH207 -- as the source does it
