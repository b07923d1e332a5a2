"""Changes to a folder that a power cut leaves done or not done, and never half."""

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from livesegment.atomic import fresh, own_folder
from livesegment.errors import SinkError

FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


@contextmanager
def changing(path: Path) -> Generator[None]:
    """Turn a disk's refusals into words.

    Raises:
        SinkError: an OSError came up inside.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise SinkError(
                f"the disk is full: {path} could not be written; nothing is lost",
                hint="make room and run the same command again",
            ) from error
        raise SinkError(
            f"cannot change {path}: {error.strerror or error}",
            hint="is the folder yours to write to?",
        ) from error


def sync(path: Path) -> None:
    """Have a file or a folder safely on the disk.

    Raises:
        OSError: the disk refuses.
    """
    # Folders can only be opened for reading; Windows syncs no folder, and no file opened so.
    writes = path.is_file()
    try:
        descriptor = os.open(path, os.O_RDWR if writes else os.O_RDONLY)
    except PermissionError:
        if writes:
            raise
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if writes or error.errno in FULL:
            raise
    finally:
        os.close(descriptor)


def put(made: Path, target: Path) -> None:
    """Give a file that is complete its name, in one step.

    Raises:
        OSError: the disk refuses.
    """
    sync(made)
    made.replace(target)
    sync(target.parent)


def put_bytes(data: bytes, target: Path, made: Path) -> None:
    """Write a small file anew, in one step.

    Args:
        data: what is to be in it.
        target: the file.
        made: what it is called until it is complete.

    Raises:
        OSError: the disk refuses; the file is as it was.
    """
    try:
        with fresh(made) as file:
            file.write(data)
        put(made, target)
    except OSError:
        with suppress(OSError):
            made.unlink()
        raise


def move(path: Path, folder: Path) -> Path:
    """Move a file into a folder, under another name where its own is taken.

    Args:
        path: what to move.
        folder: on the same disk; made where missing.

    Returns:
        Where it is now.

    Raises:
        OSError: the disk refuses.
    """
    if own_folder(folder):
        sync(folder.parent)
    target = folder / path.name
    number = 1
    while os.path.lexists(target):
        number += 1
        target = folder / f"{path.name.partition('.')[0]}-{number}{_endings(path)}"
    path.rename(target)
    sync(folder)
    sync(path.parent)
    return target


def _endings(path: Path) -> str:
    """All from the first dot on, such as .part.mkv."""
    return path.name[len(path.name.partition(".")[0]) :]
