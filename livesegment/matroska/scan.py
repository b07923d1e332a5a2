"""A file's elements one after the other, as far as they are whole.

A file that was cut off, or that goes on as something else, is believed up to the last element that
is known in its place and all there. No length that a file states is trusted beyond the file's end.
"""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from livesegment.matroska import ebml

IN_SEGMENT = frozenset(
    {
        ebml.SEEK_HEAD,
        ebml.INFO,
        ebml.TRACKS,
        ebml.CLUSTER,
        ebml.CUES,
        ebml.CHAPTERS,
        ebml.ATTACHMENTS,
        ebml.TAGS,
        ebml.VOID,
        ebml.CRC_32,
    }
)
IN_CLUSTER = frozenset(
    {
        ebml.TIMESTAMP,
        ebml.SIMPLE_BLOCK,
        ebml.BLOCK_GROUP,
        ebml.POSITION,
        ebml.PREVIOUS_SIZE,
        ebml.SILENT_TRACKS,
        ebml.ENCRYPTED_BLOCK,
        ebml.VOID,
        ebml.CRC_32,
    }
)


class Element(NamedTuple):
    """One element of a file."""

    name: bytes
    """Its id."""
    offset: int
    """Where it begins in the file."""
    content: int
    """Where its content begins."""
    end: int
    """Where it ends; of a cluster that was broken off, where the file does."""


class Scan:
    """Goes through the segment of a file, and where asked through its clusters, too.

    Args:
        file: read at any place.
        start: where the segment's content begins.
        end: where it says that it ends; None where it does not say.
        limit: the length of the file.
    """

    def __init__(self, file: BinaryIO, start: int, end: int | None, limit: int) -> None:
        self.sound = start
        """As far as the file is whole and known; meaningful between elements."""
        self._file = file
        self._stated = end
        self._limit = limit
        self._end = limit if end is None else min(end, limit)

    @property
    def whole(self) -> bool:
        """Whether the segment, gone through, ended where it says, and the file with it."""
        return self._stated == self._limit == self.sound

    def elements(self, *, descend: bool = True) -> Iterator[Element]:
        """The elements in order, a cluster before what is in it.

        Args:
            descend: False passes over what is in clusters that say where they end.
        """
        while (head := self._head(IN_SEGMENT)) is not None:
            start = self.sound + head.length
            end = self._end if head.size is None else start + head.size
            cluster = head.name == ebml.CLUSTER
            if not cluster and (head.size is None or end > self._end):
                return
            yield Element(head.name, self.sound, start, min(end, self._end))
            if not cluster or (end <= self._end and head.size is not None and not descend):
                self.sound = end
                continue
            self.sound = start
            yield from self._children(min(end, self._end))
            if head.size is not None and self.sound != end:
                return

    def _children(self, end: int) -> Iterator[Element]:
        """The elements of a cluster, up to its end or the first that does not belong there."""
        while self.sound < end and (head := self._head(IN_CLUSTER)) is not None:
            start = self.sound + head.length
            if head.size is None or start + head.size > end:
                return
            yield Element(head.name, self.sound, start, start + head.size)
            self.sound = start + head.size

    def _head(self, known: frozenset[bytes]) -> ebml.Head | None:
        if self.sound >= self._end:
            return None
        self._file.seek(self.sound)
        head = ebml.read_head(self._file.read(ebml.MOST_HEAD))
        return head if head is not None and head.name in known else None
