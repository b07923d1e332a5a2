"""What stands before the first cluster: the kind of file, where to find what, what is in it."""

import struct
from dataclasses import dataclass

from livesegment import __version__
from livesegment.matroska import ebml

TRACK = 1
"""The number of the only track."""
SEEK_ROOM = 96
DURATION_ROOM = 11
RATE_ROOM = 12


@dataclass(frozen=True, slots=True)
class Track:
    """What a player must know of the one video track of a file."""

    codec_id: str
    """As Matroska names it, such as V_MJPEG."""
    size: tuple[int, int]
    """(width, height) in pixels."""
    private: bytes = b""
    """What the decoder needs before the first packet; empty where it needs nothing."""
    fps: float | None = None
    """Pictures a second: the constant rate, or the mean that a finished file states."""


@dataclass(frozen=True, slots=True)
class Header:
    """The beginning of a file that is to be written, and where its reserved rooms are."""

    data: bytes
    segment: int
    """Where the segment's content begins; all other places are in the file, too."""
    info: int
    tracks: int
    duration: int
    """Where `duration` can be put once it is known."""
    rate: int
    """Where `rate` can be put, unless the track states one."""

    @classmethod
    def of(cls, track: Track) -> "Header":
        """The header of a file that is being written."""
        start = ebml.element(ebml.EBML, _KIND) + ebml.SEGMENT + ebml.UNKNOWN_SIZE
        segment = len(start)
        info = ebml.element(ebml.INFO, _PROGRAM + ebml.void(DURATION_ROOM))
        tracks, rate_before_end = _tracks(track)
        tracks_at = segment + SEEK_ROOM + len(info)
        end = tracks_at + len(tracks)
        places = {ebml.INFO: SEEK_ROOM, ebml.TRACKS: SEEK_ROOM + len(info)}
        return cls(
            start + seek_head(places) + info + tracks,
            segment=segment,
            info=segment + SEEK_ROOM,
            tracks=tracks_at,
            duration=tracks_at - DURATION_ROOM,
            rate=end - rate_before_end,
        )


def seek_head(places: dict[bytes, int]) -> bytes:
    """Where elements begin in the segment's content, `SEEK_ROOM` bytes long.

    Args:
        places: by id, three at most.
    """
    seeks = (
        ebml.element(
            ebml.SEEK, ebml.element(ebml.SEEK_ID, name) + ebml.number(ebml.SEEK_POSITION, position)
        )
        for name, position in places.items()
    )
    head = ebml.element(ebml.SEEK_HEAD, b"".join(seeks))
    return head + ebml.void(SEEK_ROOM - len(head))


def duration(ms: float) -> bytes:
    """How long the film lasts, `DURATION_ROOM` bytes long."""
    return ebml.element(ebml.DURATION, struct.pack(">d", ms))


def rate(fps: float) -> bytes:
    """How long a picture lasts, `RATE_ROOM` bytes long."""
    return ebml.element(ebml.DEFAULT_DURATION, round(1e9 / fps).to_bytes(8, "big"))


_KIND = b"".join(
    (
        ebml.number(ebml.EBML_VERSION, 1),
        ebml.number(ebml.EBML_READ_VERSION, 1),
        ebml.number(ebml.MAX_ID_LENGTH, 4),
        ebml.number(ebml.MAX_SIZE_LENGTH, 8),
        ebml.element(ebml.DOC_TYPE, b"matroska"),
        ebml.number(ebml.DOC_TYPE_VERSION, 4),
        ebml.number(ebml.DOC_TYPE_READ_VERSION, 2),
    )
)
_PROGRAM = b"".join(
    (
        ebml.number(ebml.TIMESTAMP_SCALE, 1_000_000),  # milliseconds
        ebml.element(ebml.MUXING_APP, b"livesegment"),
        ebml.element(ebml.WRITING_APP, f"livesegment {__version__}".encode()),
    )
)


def _tracks(track: Track) -> tuple[bytes, int]:
    """The Tracks element, and how far before its end the room for the rate begins."""
    width, height = track.size
    picture = ebml.element(
        ebml.VIDEO,
        ebml.number(ebml.FLAG_INTERLACED, 2)  # progressive
        + ebml.number(ebml.PIXEL_WIDTH, width)
        + ebml.number(ebml.PIXEL_HEIGHT, height),
    )
    fields = b"".join(
        (
            ebml.number(ebml.TRACK_NUMBER, TRACK),
            ebml.number(ebml.TRACK_UID, TRACK),
            ebml.number(ebml.TRACK_TYPE, 1),  # video
            ebml.number(ebml.FLAG_LACING, 0),
            ebml.element(ebml.LANGUAGE, b"und"),
            ebml.element(ebml.CODEC_ID, track.codec_id.encode()),
            ebml.element(ebml.CODEC_PRIVATE, track.private) if track.private else b"",
            rate(track.fps) if track.fps else ebml.void(RATE_ROOM),
            picture,
        )
    )
    entry = ebml.element(ebml.TRACK_ENTRY, fields)
    return ebml.element(ebml.TRACKS, entry), RATE_ROOM + len(picture)
