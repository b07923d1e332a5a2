"""The last seconds as JPEGs in memory, for clips that begin before their event."""

import threading
from collections import deque
from dataclasses import dataclass

from livesegment.events.moment import ROUNDING

LIMIT = 256_000_000
"""Bytes of pictures that are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture in the ring."""

    jpeg: bytes
    clock: float
    """Seconds on the session's clock."""
    size: tuple[int, int]
    """(width, height)."""
    fps: float
    """Pictures a second to expect."""


class Ring:
    """Keeps pictures for a time, for longer where a reader still needs them, and never too many.

    One thread adds, another reads.
    """

    def __init__(self, seconds: float, limit: int = LIMIT, *, patient: bool = False) -> None:
        """Make an empty ring.

        Args:
            seconds: how long each picture is kept without anybody reading it.
            limit: bytes; beyond them the oldest pictures go, needed or not.
            patient: whether `add` waits where a reader needs what would go, as with a film.
        """
        self.bytes = 0
        self.kept: float | None = None
        """Seconds that there was room for, where it was less than asked for; the least."""
        self._seconds = seconds
        self._limit = limit
        self._patient = patient
        self._shots: deque[Shot] = deque()
        self._first = 0
        """Number of the oldest picture that is there; counted from the first ever."""
        self._readers: list[Reader] = []
        self._changed = threading.Condition()

    def add(self, shot: Shot) -> None:
        """Append a picture, later than all others."""
        with self._changed:
            if self._patient:
                self._changed.wait_for(lambda: not self._would_rob(len(shot.jpeg)))
            self._shots.append(shot)
            self.bytes += len(shot.jpeg)
            needed = min((reader.place for reader in self._readers), default=None)
            while len(self._shots) > 1:
                too_many = self.bytes > self._limit
                old = shot.clock - self._shots[0].clock > self._seconds + ROUNDING
                if not too_many and (not old or (needed is not None and needed <= self._first)):
                    break
                if not old:
                    span = shot.clock - self._shots[1].clock
                    self.kept = span if self.kept is None else min(self.kept, span)
                self.bytes -= len(self._shots.popleft().jpeg)
                self._first += 1

    def read(self, since: float) -> "Reader":
        """Begin to read, with the first picture at or after a time."""
        with self._changed:
            before = sum(shot.clock < since - ROUNDING for shot in self._shots)
            reader = Reader(self, self._first + before)
            self._readers.append(reader)
            return reader

    def take(self, reader: "Reader") -> Shot | None:
        """See `Reader.take`."""
        with self._changed:
            if reader.place < self._first:
                reader.missed += self._first - reader.place
                reader.place = self._first
            if reader.place >= self._first + len(self._shots):
                return None
            shot = self._shots[reader.place - self._first]
            reader.place += 1
            self._changed.notify_all()
            return shot

    def leave(self, reader: "Reader") -> None:
        """See `Reader.close`."""
        with self._changed:
            if reader in self._readers:
                self._readers.remove(reader)
                self._changed.notify_all()

    def _would_rob(self, more: int) -> bool:
        """Whether a reader still needs what so many more bytes would push out."""
        full = bool(self._shots) and self.bytes + more > self._limit
        return full and any(reader.place <= self._first for reader in self._readers)


class Reader:
    """A place in a ring; pictures from there on are kept for it as long as there is room."""

    def __init__(self, ring: Ring, place: int) -> None:
        self.place = place
        """Number of the picture that comes next."""
        self.missed = 0
        """Pictures that went before they were read."""
        self._ring = ring

    def take(self) -> Shot | None:
        """The next picture; None where there is none yet."""
        return self._ring.take(self)

    def close(self) -> None:
        """Need no more pictures. Safe twice."""
        self._ring.leave(self)
