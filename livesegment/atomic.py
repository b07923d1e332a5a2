"""Files that appear whole or not at all, one process at a time.

Also in folders that others may have filled, where a name may be that of a link, a pipe or a device.
"""

import os
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from errno import EDQUOT, EINVAL, ENOSPC, ENOTDIR
from pathlib import Path
from typing import BinaryIO

from livesegment.errors import ModelError

KINDS = {
    stat.S_IFLNK: "is a link",
    stat.S_IFDIR: "is a folder",
    stat.S_IFIFO: "is a pipe",
    stat.S_IFSOCK: "is a socket",
}
"""What is no regular file, and is not opened."""
SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def growing(path: Path) -> Path:
    """What a file is called until it is finished: NAME.part.EXT."""
    return path.with_suffix(f".part{path.suffix}")


def is_regular(path: Path) -> bool:
    """Whether a path is a file itself: no link to one, and nothing that only reads like one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):  # too long a name, or one with a NUL, is none either
        return False


def opened(path: Path) -> BinaryIO:
    """Open a regular file for reading, and nothing else: no link, pipe or device.

    Raises:
        OSError: it is none, or cannot be opened.
    """
    _check_regular(path.lstat().st_mode, path)  # some devices act on being opened
    descriptor = os.open(path, os.O_RDONLY | SAFELY)
    try:
        _check_regular(os.fstat(descriptor).st_mode, path)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def fresh(path: Path) -> BinaryIO:
    """Open a new file for writing in the place of whatever has its name.

    What had it is removed, never written to: a link's target stays as it was.

    Raises:
        OSError: it cannot be, such as where a folder has the name.
    """
    path.unlink(missing_ok=True)
    return path.open("xb")  # O_CREAT and O_EXCL follow no link


def own_folder(path: Path) -> bool:
    """See that a path is a folder itself and no link to one, and make it where it is missing.

    Returns:
        Whether it was made.

    Raises:
        OSError: it is something else, or cannot be made.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        path.mkdir()
        return True
    if not stat.S_ISDIR(mode):
        raise NotADirectoryError(ENOTDIR, f"{path.name} is no folder", str(path))
    return False


def _check_regular(mode: int, path: Path) -> None:
    if not stat.S_ISREG(mode):
        raise OSError(EINVAL, KINDS.get(stat.S_IFMT(mode), "is a device"), str(path))


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
