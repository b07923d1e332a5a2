"""Where an export goes: all of it, or nothing under the name that was asked for."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EDQUOT, ENOSPC
from pathlib import Path

from livesegment.errors import SinkError, UsageError


def check_free(target: Path) -> None:
    """See that nothing would be written over.

    Raises:
        UsageError: there is a file with content, or a folder with files, of that name.
    """
    try:
        if target.is_dir():
            taken = any(target.iterdir())
        else:
            taken = target.exists() and (target.stat().st_size > 0 or not target.is_file())
    except OSError as error:
        raise UsageError(f"cannot look at {target}: {error.strerror}") from error
    if taken:
        raise UsageError(
            f"{target} is there already, and is not empty",
            hint="-o NAME names another; nothing is written over",
        )


@contextmanager
def folder(target: Path) -> Iterator[Path]:
    """A folder to write into that gets its name when all is written, and else is removed.

    Raises:
        UsageError: see `check_free`.
        SinkError: the disk refuses.
    """
    check_free(target)
    if target.is_file():
        raise UsageError(f"{target} is a file", hint="-o FOLDER names a folder for this format")
    with _beside(target) as part:
        yield part
        if target.is_dir():
            target.rmdir()
        part.rename(target)


@contextmanager
def files(target: Path) -> Iterator[Path]:
    """A path to write a file to, and others beside it, which get their place when all are written.

    Raises:
        UsageError: see `check_free`.
        SinkError: the disk refuses.
    """
    check_free(target)
    if target.is_dir():
        raise UsageError(f"{target} is a folder", hint="-o FILE names a file for this format")
    with _beside(target) as part:
        yield part / target.name
        written = sorted(part.iterdir())
        for path in written:
            check_free(target.with_name(path.name))
        for path in written:
            path.replace(target.with_name(path.name))
        part.rmdir()


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A new folder on the same disk; removed with all that is in it if anything goes wrong."""
    part: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = _new(target)
        yield part
    except BaseException as error:
        if part is not None:
            with suppress(OSError):
                shutil.rmtree(part)
        if not isinstance(error, OSError):
            raise
        full = error.errno in {ENOSPC, EDQUOT}
        raise SinkError(
            f"{target}: {'the disk is full' if full else f'cannot write: {error.strerror}'}",
            hint="make room, or name another disk by -o" if full else "-o names another place",
        ) from error


def _new(target: Path) -> Path:
    """NAME.part, or with a number where an export that was killed left one."""
    for attempt in range(1, 100):
        part = target.with_name(f"{target.name}.part" + (f"-{attempt}" if attempt > 1 else ""))
        with suppress(FileExistsError):
            part.mkdir()
            return part
    raise SinkError(
        f"{target.name}.part is there a hundred times in {target.parent}", hint="remove these"
    )
