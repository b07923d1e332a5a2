"""A whole file out of one that was cut off."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from errno import ENOSPC
from pathlib import Path

from livesegment.matroska.ebml import MatroskaError
from livesegment.matroska.reader import MatroskaReader
from livesegment.matroska.writer import MatroskaWriter


@dataclass(frozen=True, slots=True)
class Mended:
    """What was saved of a file."""

    frames: int
    seconds: float
    """How long the new file lasts."""
    lost_bytes: int
    """At the end of the damaged one, that belong to no whole packet."""


def mend(damaged: Path, whole: Path) -> Mended:
    """Write a new, whole file with the packets of a damaged one, at the same times.

    The new file has its name only once it is finished and on the disk; one that had that name
    before is replaced. From the same file always the same bytes are made.

    Args:
        damaged: is only read.
        whole: another path, in a folder that is there.

    Raises:
        ValueError: both are the same file.
        MatroskaError: nothing can be read of the damaged file, or it has no picture.
        OSError: the disk refuses.
    """
    if whole.exists() and whole.samefile(damaged):
        raise ValueError(f"{damaged} cannot be mended in its own place")
    reader = MatroskaReader(damaged)
    part = whole.with_name(f"{whole.name}.mending")
    part.unlink(missing_ok=True)  # of a process that was killed
    writer = MatroskaWriter(part, reader.track, in_order=False)
    with ExitStack() as stack:
        stack.callback(part.unlink, missing_ok=True)
        stack.callback(writer.close)
        for block in reader:
            writer.write(block.data, block.ms, key=block.key)
        if not writer.frames:
            raise MatroskaError("no picture of it was finished")
        stated = reader.duration_ms if reader.whole else None
        writer.close(None if stated is None else round(stated))
        mended = MatroskaReader(part)
        if not mended.whole:  # the writer leaves the index away if the disk is full
            raise OSError(ENOSPC, os.strerror(ENOSPC), str(part))
        with part.open("r+b") as file:
            os.fsync(file.fileno())
        part.replace(whole)
    return Mended(writer.frames, (mended.duration_ms or 0.0) / 1000, reader.lost_bytes)
