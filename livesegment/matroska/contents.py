"""What a file says of itself before its first picture."""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from livesegment.matroska import ebml
from livesegment.matroska.ebml import MatroskaError
from livesegment.matroska.header import Track
from livesegment.matroska.scan import Element, Scan

MOST_DESCRIPTION = 16_000_000
"""Bytes; an element that describes a file and is longer describes nothing."""
USUAL_SCALE = 1_000_000
LEAST_FPS, MOST_FPS = 0.001, 100_000.0
"""A rate beyond these is not believed."""
MOST_SIDE = 1 << 20
VIDEO = 1


@dataclass(frozen=True, slots=True)
class Contents:
    """The beginning of a file that was read."""

    track: Track
    number: int
    """Of the track, in its blocks."""
    scale: int
    """Nanoseconds in which the file counts time."""
    duration_ms: float | None
    start: int
    """Where the segment's content begins in the file."""
    end: int | None
    """Where it ends; None where the file does not say."""


def read_contents(file: BinaryIO, limit: int) -> Contents:
    """Read what stands before the first cluster.

    Args:
        file: of which the beginning is read.
        limit: its length.

    Raises:
        MatroskaError: it is no Matroska file, or has no video that can be read.
    """
    start, end = _segment(file, limit)
    info: dict[bytes, bytes] = {}
    entry: dict[bytes, bytes] | None = None
    for element in Scan(file, start, end, limit).elements():
        if element.name == ebml.INFO:
            info = dict(children(read_content(file, element)))
        elif element.name == ebml.TRACKS:
            entry = entry or _video_entry(read_content(file, element))
        elif element.name == ebml.CLUSTER:
            break
    if entry is None:
        raise MatroskaError("there is no description of a video in it")
    scale = number(info.get(ebml.TIMESTAMP_SCALE, b"")) or USUAL_SCALE
    duration = _real(info.get(ebml.DURATION, b"")) * scale / USUAL_SCALE
    return Contents(
        _track(entry),
        number=number(entry.get(ebml.TRACK_NUMBER, b"")),
        scale=scale,
        duration_ms=duration if 0 < duration < math.inf else None,
        start=start,
        end=end,
    )


def read_content(file: BinaryIO, element: Element) -> bytes:
    """What is in an element that describes something; nothing if it is too long to be true."""
    length = element.end - element.content
    if length > MOST_DESCRIPTION:
        return b""
    file.seek(element.content)
    return file.read(length)


def children(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Ids and contents of the elements in some bytes, as far as they are whole."""
    position = 0
    while head := ebml.read_head(data[position : position + ebml.MOST_HEAD]):
        start = position + head.length
        if head.size is None or start + head.size > len(data):
            return
        position = start + head.size
        yield head.name, data[start:position]


def number(data: bytes) -> int:
    """An unsigned number; 0 where it is left out."""
    return int.from_bytes(data, "big") if len(data) <= 8 else 0


def _real(data: bytes) -> float:
    if len(data) not in {4, 8}:
        return 0.0
    value: float = struct.unpack(">f" if len(data) == 4 else ">d", data)[0]
    return value


def _segment(file: BinaryIO, limit: int) -> tuple[int, int | None]:
    """Where the segment's content begins and ends."""
    file.seek(0)
    kind = ebml.read_head(file.read(ebml.MOST_HEAD))
    if kind is None or kind.name != ebml.EBML or kind.size is None:
        raise MatroskaError("it is no Matroska file")
    content = read_content(file, Element(kind.name, 0, kind.length, kind.length + kind.size))
    if dict(children(content)).get(ebml.DOC_TYPE, b"").rstrip(b"\0") not in {b"matroska", b"webm"}:
        raise MatroskaError("it is no Matroska file")
    position = kind.length + kind.size
    while position < limit:
        file.seek(position)
        head = ebml.read_head(file.read(ebml.MOST_HEAD))
        if head is None or head.name not in {ebml.SEGMENT, ebml.VOID}:
            break
        start = position + head.length
        if head.name == ebml.SEGMENT:
            return start, None if head.size is None else start + head.size
        if head.size is None:
            break
        position = start + head.size
    raise MatroskaError("it ends before its first picture")


def _video_entry(tracks: bytes) -> dict[bytes, bytes] | None:
    for name, content in children(tracks):
        if name == ebml.TRACK_ENTRY:
            entry = dict(children(content))
            if number(entry.get(ebml.TRACK_TYPE, b"")) == VIDEO:
                return entry
    return None


def _track(entry: dict[bytes, bytes]) -> Track:
    if ebml.CONTENT_ENCODINGS in entry:
        raise MatroskaError("its packets are compressed or encrypted by the container")
    video = dict(children(entry.get(ebml.VIDEO, b"")))
    width = number(video.get(ebml.PIXEL_WIDTH, b""))
    height = number(video.get(ebml.PIXEL_HEIGHT, b""))
    codec = entry.get(ebml.CODEC_ID, b"").rstrip(b"\0")
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE and codec.isascii() and codec):
        raise MatroskaError("its description of the video is damaged")
    lasts = number(entry.get(ebml.DEFAULT_DURATION, b""))
    fps = 1e9 / lasts if lasts else 0.0
    return Track(
        codec.decode("ascii"),
        (width, height),
        entry.get(ebml.CODEC_PRIVATE, b""),
        fps if LEAST_FPS <= fps <= MOST_FPS else None,
    )
