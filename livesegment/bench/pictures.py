"""Pictures to measure on, out of whatever a source gives."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2

from livesegment.errors import SourceError, UsageError
from livesegment.frame import Frame
from livesegment.image_files import write_image
from livesegment.sources import locate

FURTHEST = 3000
"""Frames of a film that are looked at: the next picture of a long one would take minutes."""
STEP = 25
"""Between two pictures, where nothing says how many frames there are."""


def spread(source: str, count: int) -> list[Frame]:
    """Frames spread over a picture, a folder of pictures or a film.

    Args:
        source: as `--source` of a run.
        count: how many at most.

    Returns:
        At least one.

    Raises:
        UsageError: the source is a camera or a stream.
        SourceError: it cannot be read, or holds no frame.
    """
    reader = locate.source(source)
    if reader.is_live:
        raise UsageError(
            f"--source {reader.name} is live: no two runs would see the same",
            hint="name a picture, a folder of pictures or a film",
        )
    found: list[Frame] = []
    try:
        info = reader.open()
        total = info.frame_count and min(info.frame_count, FURTHEST)
        wanted = _indices(total, count)
        last = max(wanted)
        while len(found) < len(wanted) and (frame := reader.read()) is not None:
            if frame.index in wanted:
                found.append(frame)
            if frame.index >= last:
                break
    finally:
        reader.close()
    if not found:
        raise SourceError(f"{reader.name} holds no frame")
    return found


@contextmanager
def picture_files(source: str | None, count: int) -> Iterator[list[Path]]:
    """Pictures of a source as files, for as long as the context lasts.

    Args:
        source: as `--source` of a run; None: no files, for the specimen.
        count: how many at most.

    Raises:
        UsageError: the source is a camera or a stream.
        SourceError: it cannot be read, or the pictures cannot be written.
    """
    if source is None:
        yield []
        return
    frames = spread(source, count)
    with tempfile.TemporaryDirectory(prefix="livesegment-") as folder:
        paths = [Path(folder) / f"{frame.index:06}.png" for frame in frames]
        for path, frame in zip(paths, frames, strict=True):
            # Lossless, and quick rather than small.
            try:
                write_image(path, frame.image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            except OSError as error:
                raise SourceError(f"cannot write {path}: {error.strerror}") from error
        yield paths


def _indices(total: int | None, count: int) -> set[int]:
    """Which frames to take: the middles of as many equal parts."""
    if not total:
        return {STEP * i for i in range(count)}
    count = min(count, total)
    return {(2 * i + 1) * total // (2 * count) for i in range(count)}
