"""Files that appear whole or not at all, one process at a time."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from errno import EDQUOT, ENOSPC
from pathlib import Path

from livesegment.errors import ModelError


def growing(path: Path) -> Path:
    """What a file is called until it is finished: NAME.part.EXT."""
    return path.with_suffix(f".part{path.suffix}")


@contextmanager
def writing(path: Path) -> Generator[None]:
    """Turn a disk's refusals into words.

    Raises:
        ModelError: an OSError came up inside.
    """
    try:
        yield
    except OSError as error:
        if error.errno in {ENOSPC, EDQUOT}:
            raise ModelError(
                f"the disk is full: {path} could not be written",
                hint="make room and run the same command again",
            ) from error
        raise ModelError(
            f"cannot write {path}: {error.strerror or error}",
            hint="$LIVESEGMENT_HOME names another folder for models",
        ) from error


def install(part: Path, target: Path) -> None:
    """Give a finished file its final name, once it is safely on the disk.

    Raises:
        ModelError: the disk refuses.
    """
    with writing(target):
        with part.open("r+b") as file:
            os.fsync(file.fileno())
        part.replace(target)


@contextmanager
def only_one(target: Path) -> Generator[None]:
    """Keep other processes from making `target` meanwhile; its folder is made where missing.

    The lock is the operating system's, on a file beside: it ends with the process that holds it.

    Raises:
        ModelError: another process is at it.
    """
    lock = target.with_name(f"{target.name}.lock")
    with writing(lock):
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _take(lock)
    if descriptor is None:
        raise ModelError(
            f"another process is making {target} at this moment", hint="wait for it to finish"
        )
    try:
        yield
    finally:
        with suppress(OSError):  # Windows does not remove an open file; it does no harm there
            lock.unlink()
        os.close(descriptor)


def _take(lock: Path) -> int | None:
    """Lock a file and keep it open; None where another process has it locked."""
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(descriptor)
            # The holder before may have removed the file between the opening and the locking
            # here. A lock on a removed file keeps nobody out.
            if os.path.samestat(os.fstat(descriptor), lock.stat()):
                return descriptor
        except FileNotFoundError:
            pass
        except (BlockingIOError, PermissionError):
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
