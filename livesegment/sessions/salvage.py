"""Files that were growing when the program was killed, made whole, each by itself.

What is saved is first written to NAME.EXT.mending; then it gets its own name; then the growing
file is moved aside. A kill at any point leaves files from which the next attempt goes on.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livesegment.atomic import fresh, growing, is_regular
from livesegment.errors import SinkError
from livesegment.matroska.ebml import MatroskaError
from livesegment.matroska.mend import Mended, mend
from livesegment.sessions.durable import changing, move, put, sync
from livesegment.sessions.films import watch
from livesegment.sessions.lines import Parse, read

PART = ".part"


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of one file."""

    file: str
    """Its name in the session."""
    frames: int = 0
    """Pictures or lines that are there now."""
    seconds: float | None = None
    """Of a video: its length now."""
    cut: int = 0
    """Bytes that are only in the original now."""
    note: str = ""


def finished(path: Path) -> Path:
    """What a growing file is called in the end."""
    return path.with_name(path.stem.removesuffix(PART) + path.suffix)


def save_video(part: Path, aside: Path) -> Saved:
    """Make a growing video whole.

    Args:
        part: NAME.part.mkv.
        aside: the folder that it is moved to afterwards.

    Raises:
        SinkError: the disk refuses; the growing file is as it was.
    """
    target = finished(part)
    with changing(part):
        if target.exists():
            before = watch(target)
            if before is not None and before.whole:
                move(part, aside)
                return Saved(target.name, before.frames, before.seconds, 0, "was saved before")
            move(target, aside)
        film = watch(part)
        if film is None:
            size = part.stat().st_size
            move(part, aside)
            return Saved(target.name, 0, 0.0, size, "nothing to save")
        if film.whole:
            put(part, target)
            return Saved(target.name, film.frames, film.seconds, 0, "was whole but for its name")
        mended = _mended(part, target)
        sync(target.parent)
        move(part, aside)
    return Saved(target.name, mended.frames, mended.seconds, mended.lost_bytes)


def save_lines(path: Path, aside: Path, parse: Parse[Any]) -> Saved | None:
    """Take the lines out of a file that are not whole.

    Args:
        path: NAME.jsonl, which may be called NAME.part.jsonl instead.
        aside: the folder that the original is moved to, if anything had to be taken out.
        parse: what makes sense of a line, or raises ValueError; such lines are taken out.

    Returns:
        What became of it; None where there was nothing to do.

    Raises:
        SinkError: the disk refuses; the original is still there.
    """
    part, made = growing(path), path.with_name(f"{path.name}.mending")
    with changing(path):
        odd = [one for one in (path, part) if os.path.lexists(one) and not is_regular(one)]
        for one in odd:  # a link, say, to anybody's file
            move(one, aside)
        if path.exists() and part.exists():
            move(part, aside)
            return Saved(path.name, _count(path, parse)[0], note="was saved before")
        if not path.exists() and not part.exists():
            return Saved(path.name, note="was no file of ours") if odd else None
        there = path if path.exists() else part
        good, bad, cut, ended = _count(there, parse)
        if not bad and ended:
            if there == path:
                return None
            if good:
                put(part, path)
                return Saved(path.name, good)
        if there == path:
            path.rename(part)  # so that a kill from here on leaves what it left of a growing file
        if not good:
            move(part, aside)
            return Saved(path.name, 0, None, cut, "nothing to save")
    with _making(made):
        with fresh(made) as file:
            for line in read(part, parse):
                if line.value is not None:
                    file.write(line.data if line.ended else line.data + b"\n")
        put(made, path)
    with changing(part):
        move(part, aside)
    return Saved(path.name, good, None, cut, f"{bad} cut or no line of ours" if bad else "")


def _count(path: Path, parse: Parse[Any]) -> tuple[int, int, int, bool]:
    """Lines that are whole, others, bytes of the others, and whether the last one is ended."""
    good = bad = cut = 0
    ended = True
    for line in read(path, parse):
        good += line.value is not None
        bad += line.value is None
        cut += line.length if line.value is None else 0
        ended = line.ended
    return good, bad, cut, ended


def _mended(part: Path, target: Path) -> Mended:
    try:
        return mend(part, target)
    except MatroskaError as error:  # though it could be read a moment ago
        raise SinkError(f"{part} changes while it is being repaired: {error}") from error


@contextmanager
def _making(made: Path) -> Generator[None]:
    """Leave no half of a file on a disk that is full."""
    with changing(made):
        try:
            yield
        except OSError:
            with suppress(OSError):
                made.unlink()
            raise
