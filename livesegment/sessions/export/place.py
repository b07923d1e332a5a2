"""Where what is made of a session goes: all of it, or nothing under the name that was asked for."""

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from errno import EDQUOT, ENOSPC
from pathlib import Path

from livesegment.errors import SinkError, UsageError

EXPORTED = re.compile(
    r"(annotations|results|classes)\.json|data\.yaml|(images|labels|instances|classes)(/\d+\.\w+)?"
)
"""What is in the folder of an export."""


def check(target: Path, reads: Iterable[Path] = (), *, overwrite: bool = False) -> None:
    """See that nothing is written over that is not to be, and no folder is made of a typo.

    Args:
        target: what is to be written.
        reads: files and folders that are read meanwhile.
        overwrite: whether a file, or the folder of an export, may be written over.

    Raises:
        UsageError: it is one of those that are read; there is a file with content, or a folder
            with files, of that name; or there is no folder to write it into.
    """
    check_unread(target, reads)
    try:
        if not target.parent.is_dir():
            raise UsageError(
                f"{target} cannot be written: there is no folder {target.parent}",
                hint="make that folder first, if it is what you mean",
            )
        if not _taken(target) or (overwrite and (target.is_file() or _is_export(target))):
            return
    except OSError as error:
        raise UsageError(f"cannot look at {target}: {error.strerror}") from error
    if overwrite:
        raise UsageError(f"{target} is not what an export writes", hint="remove it yourself")
    raise UsageError(
        f"{target} is there already, and is not empty",
        hint="name another, or say --overwrite",
    )


def check_unread(target: Path, reads: Iterable[Path]) -> None:
    """See that nothing that is read is written over, by whatever links that may be.

    Raises:
        UsageError: it would be.
    """
    every = (path for read in reads for path in (read, *read.rglob("*")))
    if os.path.lexists(target) and any(_same(target, path) for path in every):
        raise UsageError(f"{target} is what is read", hint="name another to write to")


def _taken(target: Path) -> bool:
    if target.is_dir():
        return any(target.iterdir())
    return target.exists() and (target.stat().st_size > 0 or not target.is_file())


def _is_export(target: Path) -> bool:
    found = (path.relative_to(target).as_posix() for path in target.rglob("*"))
    return target.is_dir() and not target.is_symlink() and all(map(EXPORTED.fullmatch, found))


def _same(path: Path, other: Path) -> bool:
    with suppress(OSError):
        return path.samefile(other)
    return False


@contextmanager
def folder(target: Path, reads: Iterable[Path] = (), *, overwrite: bool = False) -> Iterator[Path]:
    """A folder to write into that gets its name when all is written, and else is removed.

    Takes what `check` takes.

    Raises:
        UsageError: see `check`.
        SinkError: the disk refuses.
    """
    check(target, reads, overwrite=overwrite)
    if target.is_file():
        raise UsageError(f"{target} is a file", hint="-o FOLDER names a folder for this format")
    with _beside(target) as part:
        yield part
        check(target, reads, overwrite=overwrite)  # much may have happened
        if not target.exists():
            part.rename(target)
            return
        before = _new(target, "before")
        target.rename(before / target.name)
        try:
            part.rename(target)
        except OSError:
            (before / target.name).rename(target)
            before.rmdir()
            raise
        shutil.rmtree(before, ignore_errors=True)


@contextmanager
def files(target: Path, reads: Iterable[Path] = (), *, overwrite: bool = False) -> Iterator[Path]:
    """A path to write a file to, and others beside it, which get their place when all are written.

    Takes what `check` takes.

    Raises:
        UsageError: see `check`.
        SinkError: the disk refuses.
    """
    check(target, reads, overwrite=overwrite)
    if target.is_dir():
        raise UsageError(f"{target} is a folder", hint="-o FILE names a file for this format")
    with _beside(target) as part:
        yield part / target.name
        written = sorted(part.iterdir())
        for path in written:
            check(target.with_name(path.name), reads, overwrite=overwrite)
        for path in written:
            path.replace(target.with_name(path.name))
        part.rmdir()


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A new folder on the same disk; removed with all that is in it if anything goes wrong."""
    part: Path | None = None
    try:
        part = _new(target, "part")
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


def _new(target: Path, word: str) -> Path:
    """NAME.part, or with a number where an export that was killed left one."""
    for attempt in range(1, 100):
        part = target.with_name(f"{target.name}.{word}" + (f"-{attempt}" if attempt > 1 else ""))
        with suppress(FileExistsError):
            part.mkdir()
            return part
    raise SinkError(
        f"{target.name}.{word} is there a hundred times in {target.parent}", hint="remove these"
    )
