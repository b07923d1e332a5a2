"""One file out of a tar.gz archive that is not trusted.

A few bytes of an archive may stand for any number of files, or of bytes in one, or in a header.
"""

import gzip
import shutil
import tarfile
import zlib
from itertools import islice
from pathlib import Path
from typing import IO

DAMAGE = (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, RecursionError, OverflowError)
CHUNK = 1 << 20
"""Bytes that are read at once, at most: a header asks for as many as it says it has."""
LARGEST = 8 << 30
"""Bytes of an archive once it is unpacked, and of a file in it."""
MOST_MEMBERS = 10_000
"""Files of an archive that are looked through."""


def unpack(archive: Path, member: str, target: Path) -> None:
    """Copy a member's bytes into `target`; nothing else in the archive is looked at.

    No path from the archive is written to, and no link in it is followed.

    Args:
        archive: a tar.gz file.
        member: the member's whole path, as the archive writes it.
        target: written anew; removed again where this fails.

    Raises:
        ValueError: the archive is damaged, or has no such regular file.
        OSError: the disk refuses.
    """
    try:
        with (
            _Bounded(archive) as unpacked,
            tarfile.open(fileobj=unpacked, mode="r:") as tar,
            _regular(tar, member) as source,
            target.open("wb") as out,
        ):
            shutil.copyfileobj(source, out, CHUNK)
    except DAMAGE as error:
        target.unlink(missing_ok=True)
        raise ValueError(f"the archive is damaged: {error}") from error
    except BaseException:
        target.unlink(missing_ok=True)
        raise


class _Bounded(gzip.GzipFile):
    """An unpacked archive as `tarfile` reads it, up to a limit.

    Raises:
        tarfile.ReadError: from `read` and `seek`; it is larger, or has a header that is.
    """

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= CHUNK:
            raise tarfile.ReadError("a header in it is too large")
        return super().read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        if offset > LARGEST:
            raise tarfile.ReadError("it is too large")
        return super().seek(offset, whence)


def _regular(tar: tarfile.TarFile, member: str) -> IO[bytes]:
    """The contents of a regular file in the archive."""
    found = next((item for item in islice(tar, MOST_MEMBERS) if item.name == member), None)
    if found is None:
        raise ValueError(f"the archive holds no {member}")
    if not 0 <= found.size <= LARGEST:
        raise ValueError(f"{member} in the archive has an impossible size")
    source = tar.extractfile(found) if found.isreg() else None
    if source is None:
        raise ValueError(f"{member} in the archive is no regular file")
    return source
