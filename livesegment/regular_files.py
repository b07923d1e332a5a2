"""Files that somebody names, read without waiting for anybody."""

import errno
import os
import stat
from pathlib import Path

MOST_BYTES = 1 << 30


def read_regular(path: Path, most: int = MOST_BYTES) -> bytes:
    """The content of a file. Of a FIFO, which may never say anything, or a device nothing is read.

    Raises:
        OSError: it cannot be read, is no file, or has more than `most` bytes.
    """
    flags = [getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")]
    descriptor = os.open(path, os.O_RDONLY | sum(flags))
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "this is no file")
        if found.st_size > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        return file.read(most)
