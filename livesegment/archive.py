"""One file out of a tar.gz archive that is not trusted."""

import gzip
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import IO

DAMAGE = (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error)
CHUNK = 1 << 20


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
            tarfile.open(archive, "r:gz") as tar,
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


def _regular(tar: tarfile.TarFile, member: str) -> IO[bytes]:
    """The contents of a regular file in the archive."""
    found = next((item for item in tar if item.name == member), None)
    if found is None:
        raise ValueError(f"the archive holds no {member}")
    source = tar.extractfile(found) if found.isreg() else None
    if source is None:
        raise ValueError(f"{member} in the archive is no regular file")
    return source
