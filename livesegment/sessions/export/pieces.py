"""Videos one behind the other: which part of each goes where in a new film."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from livesegment.frame import Image
from livesegment.sessions.export.base import Selection
from livesegment.sessions.export.pictures import USUAL_FPS, film, unreadable
from livesegment.sessions.films import watch
from livesegment.sessions.session import Video

HALF = 0.0005
"""Seconds; files have times in whole milliseconds."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a video, and where it goes."""

    video: Video
    begin: float
    """Of the part, seconds since the video's first picture."""
    end: float
    at: float
    """Where it begins in the new film, seconds."""
    whole: bool = True
    """Whether it is all of the video."""


def laid_out(videos: list[Video], wanted: Selection) -> list[Piece]:
    """What is wanted of some videos, in order and without a break.

    Raises:
        SourceError: a video cannot be read.
    """
    found: list[Piece] = []
    at = 0.0
    for video in videos:
        seconds = length(video)
        begin = min(max(wanted.start - video.start, 0.0), seconds)
        end = seconds
        if wanted.end is not None:
            end = min(max(wanted.end - video.start, 0.0), seconds)
        if end > begin:
            found.append(Piece(video, begin, end, at, begin == 0 and end == seconds))
            at += end - begin
    return found


def total(pieces: list[Piece]) -> float:
    """How long a film of these is."""
    return pieces[-1].at + pieces[-1].end - pieces[-1].begin


def length(video: Video) -> float:
    """Seconds from a video's first picture to its end, also of one that was broken off.

    Raises:
        SourceError: it cannot be read.
    """
    if video.facts.seconds is not None:
        return video.facts.seconds
    found = watch(video.path)
    if found is None:
        raise unreadable(video)
    step = 0.0 if found.whole else 1 / (video.facts.fps or USUAL_FPS)
    return found.seconds + step


def played(pieces: list[Piece], told: Callable[[float], None]) -> Iterator[tuple[float, Image]]:
    """Times in the new film, the first of them 0, and pictures.

    Raises:
        SourceError: a video cannot be read.
    """
    first = True
    for piece in pieces:
        for seconds, image in film(piece.video):
            if seconds >= piece.end - HALF:
                break
            if seconds < piece.begin - HALF:
                continue
            at = 0.0 if first else piece.at + seconds - piece.begin
            first = False
            yield at, image
            told(at)
