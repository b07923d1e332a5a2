"""Matroska files that can be played at any moment while they grow.

A growing file has clusters and a segment of unknown size, no duration and no index, all of which
the format allows. Room is kept for what only the end can tell, so closing writes the index behind
the pictures and overwrites a few bytes; nothing is moved.
"""

import struct
from contextlib import suppress
from errno import EDQUOT, EFBIG, ENOSPC
from pathlib import Path

from livesegment.matroska import ebml, header
from livesegment.matroska.cues import Cues
from livesegment.matroska.header import Header, Track
from livesegment.matroska.steps import Steps

__all__ = ["MatroskaWriter", "Track"]

CLUSTER_MS, CLUSTER_BYTES = 5000, 5_000_000
"""A cluster that reached either takes no further frame."""
EARLY_MS, EARLY_BYTES = 900, 2_500_000
"""From either on a key frame begins a new one: a player that seeks starts at a cluster."""
MOST_BEFORE = 30_000
"""Milliseconds that a block may lie before its cluster's time, of which it has 16 bits."""
KEY = 0x80
NO_ROOM = {ENOSPC, EDQUOT, EFBIG}
CLUSTER_HEAD = len(ebml.CLUSTER) + len(ebml.UNKNOWN_SIZE)
ALONE_MS = 40
"""How long a picture is taken to last that has no other beside it."""


class MatroskaWriter:
    """Writes one video track; what `write` returned from survives a kill of the process.

    Args:
        path: a file that is not there yet.
        track: what is in it. Without a rate, closing states the mean one, for players that count
            in pictures.
        in_order: False where the codec stores pictures in another order than that of their times.

    Raises:
        FileExistsError: the file is there already.
        OSError: it cannot be written; it is removed again.
    """

    def __init__(self, path: Path, track: Track, *, in_order: bool = True) -> None:
        self.path = path
        self.track = track
        self.frames = 0
        self.last_ms = 0
        """The latest time of a picture so far."""
        self.bytes = 0
        """Length of the file so far."""
        self._in_order = in_order
        self._cues, self._steps = Cues(), Steps()
        self._cluster: int | None = None
        """Where the open cluster begins in the file."""
        self._cluster_ms = 0
        self._header = Header.of(track)
        self._file = path.open("xb", buffering=0)
        try:
            self._append(self._header.data)
        except OSError:
            self._file.close()
            path.unlink(missing_ok=True)
            raise

    def write(self, data: bytes, ms: int, *, key: bool) -> None:
        """Append one packet, in one write to the file.

        Args:
            data: the packet.
            ms: its time in milliseconds, not before that of the last one.
            key: whether it can be decoded without the ones before.

        Raises:
            ValueError: the time lies before that of the packet before, or the file is closed.
            OSError: it could not be written; the file ends with the packet before.
        """
        if ms < (self.last_ms if self._in_order else 0):
            raise ValueError(f"a picture of {ms} ms cannot follow one of {self.last_ms} ms")
        if self._cluster is not None and self._is_full(ms, key=key):
            self._end_cluster()
        start, cluster, cluster_ms, head = self.bytes, self._cluster, self._cluster_ms, b""
        if cluster is None:
            cluster, cluster_ms = start, ms
            head = ebml.CLUSTER + ebml.UNKNOWN_SIZE + ebml.number(ebml.TIMESTAMP, ms)
        block = struct.pack(">BhB", 0x80 | header.TRACK, ms - cluster_ms, KEY if key else 0)
        size = ebml.size_field(len(block) + len(data))
        self._append(b"".join((head, ebml.SIMPLE_BLOCK, size, block, data)))
        self._cluster, self._cluster_ms = cluster, cluster_ms
        if key or not len(self._cues):  # a player may always start at the beginning
            offset = start + len(head) - cluster - CLUSTER_HEAD
            self._cues.add(ms, cluster - self._header.segment, offset)
        self._steps.add(ms)
        self.last_ms = max(self.last_ms, ms)
        self.frames += 1

    def close(self, end_ms: int | None = None) -> None:
        """Write the sizes, the duration and the index. Safe to call twice.

        A full disk leaves the index away; everything else overwrites room that is there.

        Args:
            end_ms: when the last picture ends; without it, after the usual time.

        Raises:
            OSError: the disk refused for another reason than that it is full.
        """
        if self._file.closed:
            return
        try:
            self._end_cluster()
            end = self._end(end_ms)
            if end:
                self._overwrite(self._header.duration, header.duration(end))
            if end and self.frames and not self.track.fps:
                self._overwrite(self._header.rate, header.rate(1000 * self.frames / end))
            self._write_cues()
            size = ebml.long_size_field(self.bytes - self._header.segment)
            self._overwrite(self._header.segment - len(size), size)
        finally:
            self._file.close()

    def _is_full(self, ms: int, *, key: bool) -> bool:
        age = ms - self._cluster_ms
        length = self.bytes - (self._cluster or 0)
        if key and (age >= EARLY_MS or length >= EARLY_BYTES):
            return True
        return not -MOST_BEFORE <= age < CLUSTER_MS or length >= CLUSTER_BYTES

    def _end_cluster(self) -> None:
        if self._cluster is None:
            return
        size = ebml.long_size_field(self.bytes - self._cluster - CLUSTER_HEAD)
        self._overwrite(self._cluster + len(ebml.CLUSTER), size)
        self._cluster = None

    def _end(self, end_ms: int | None) -> int:
        if end_ms is not None or not self.frames:
            return max(end_ms or 0, self.last_ms)
        usual = 1000 / self.track.fps if self.track.fps else self._steps.usual() or ALONE_MS
        return round(self.last_ms + usual)

    def _write_cues(self) -> None:
        """Write the index and where it is, if there is anything in it and room for it."""
        if not len(self._cues):
            return
        segment, at = self._header.segment, self.bytes
        try:
            self._append(self._cues.encoded(header.TRACK))
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            return
        places = {ebml.INFO: self._header.info, ebml.TRACKS: self._header.tracks, ebml.CUES: at}
        relative = {name: place - segment for name, place in places.items()}
        self._overwrite(segment, header.seek_head(relative))

    def _append(self, data: bytes) -> None:
        """Write at the end, all or nothing."""
        try:
            self._put(data)
        except OSError:
            with suppress(OSError):
                self._file.truncate(self.bytes)
                self._file.seek(self.bytes)
            raise
        self.bytes += len(data)

    def _overwrite(self, position: int, data: bytes) -> None:
        try:
            self._file.seek(position)
            self._put(data)
        finally:
            self._file.seek(self.bytes)

    def _put(self, data: bytes) -> None:
        written = self._file.write(data)
        while written < len(data):  # a disk that is nearly full takes a part first
            written += self._file.write(data[written:])
