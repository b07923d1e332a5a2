"""Matroska files, read as far as they go."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from livesegment.matroska import ebml
from livesegment.matroska.contents import children, number, read_content, read_contents
from livesegment.matroska.scan import Element, Scan

KEY, LACING = 0x80, 0x06
"""Flags of a block."""
MOST_NS = 1 << 62
"""A century and a half; a later time is garbage."""


@dataclass(frozen=True, slots=True)
class Block:
    """One packet of a file."""

    data: bytes
    ms: int
    """When it is shown: milliseconds since the file's beginning."""
    key: bool
    """Whether it can be decoded without the ones before."""
    offset: int
    """Where its element begins in the file."""


class MatroskaReader:
    """Reads the first video track of a file, whoever wrote it and however it was cut.

    It can be gone through several times, also while it grows: each time anew, as long as it then
    is.

    Args:
        path: the file, which is open only while it is read.

    Raises:
        MatroskaError: it is no Matroska file, or was cut before the track was described.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lost_bytes = 0
        """What followed the last whole element, once the file was gone through to its end."""
        with path.open("rb") as file:
            self._contents = read_contents(file, _length(file))
        self.track = self._contents.track

    @property
    def duration_ms(self) -> float | None:
        """How long the file says it is; None where it does not."""
        return self._contents.duration_ms

    @property
    def whole(self) -> bool:
        """Whether it was finished: sizes, duration and index are there, and nothing is cut.

        Looks at the clusters from outside, so that damage within one goes unnoticed.
        """
        with self.path.open("rb") as file:
            scan = self._scan(file)
            names = {element.name for element in scan.elements(descend=False)}
        return scan.whole and ebml.CUES in names and self.duration_ms is not None

    def __iter__(self) -> Iterator[Block]:
        """The packets in the order of the file, up to the first that is cut or garbage.

        Raises:
            OSError: the disk failed.
        """
        with self.path.open("rb") as file:
            scan, time = self._scan(file), None
            for element in scan.elements():
                if element.name == ebml.CLUSTER:
                    time = None
                elif element.name == ebml.TIMESTAMP:
                    time = number(read_content(file, element))
                elif element.name in {ebml.SIMPLE_BLOCK, ebml.BLOCK_GROUP}:
                    packet = _packet(file, element)
                    if packet is None or time is None:
                        break
                    if packet.track != self._contents.number:
                        continue
                    ns = (time + packet.relative) * self._contents.scale
                    if packet.laced or ns > MOST_NS:
                        break
                    yield Block(packet.data, max(0, round(ns / 1e6)), packet.key, element.offset)
            self.lost_bytes = _length(file) - scan.sound

    def _scan(self, file: BinaryIO) -> Scan:
        return Scan(file, self._contents.start, self._contents.end, _length(file))


@dataclass(frozen=True, slots=True)
class _Packet:
    track: int
    relative: int
    """Ticks since the cluster's time."""
    key: bool
    laced: bool
    data: bytes


def _packet(file: BinaryIO, element: Element) -> _Packet | None:
    """What is in a block or a group around one; None where it is none."""
    file.seek(element.content)
    content = file.read(element.end - element.content)
    key: bool | None = None
    if element.name == ebml.BLOCK_GROUP:
        group = dict(children(content))
        key = ebml.REFERENCE_BLOCK not in group
        content = group.get(ebml.BLOCK, b"")
    if not content or not content[0]:
        return None
    wide = 9 - content[0].bit_length()
    if len(content) < wide + 3:
        return None
    flags = content[wide + 2]
    return _Packet(
        track=int.from_bytes(content[:wide], "big") & ((1 << 7 * wide) - 1),
        relative=int.from_bytes(content[wide : wide + 2], "big", signed=True),
        key=bool(flags & KEY) if key is None else key,
        laced=bool(flags & LACING),
        data=content[wide + 3 :],
    )


def _length(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size
