"""A bounded hand-over between two threads that can be closed from either end."""

import threading
from collections import deque
from enum import Enum
from typing import Generic, TypeVar

T = TypeVar("T")


class WhenFull(Enum):
    """What `put` does when the reader is late."""

    WAIT = "wait"
    """Hold the writer back: every item arrives. For files."""
    DROP_OLDEST = "drop-oldest"
    """Forget the item that waited longest: what arrives is fresh. For live sources."""


class Closed(Exception):  # noqa: N818 -- an end, not an error
    """The mailbox was closed, and (for a reader) is empty."""


class Mailbox(Generic[T]):
    """A bounded hand-over between two threads that can be closed from either end.

    Unlike `queue.Queue`, closing wakes a blocked writer too, so no order of stopping can deadlock.
    """

    def __init__(self, capacity: int, when_full: WhenFull) -> None:
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, got {capacity}")
        self.dropped = 0
        """Items that were forgotten because the reader was late."""
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._when_full = when_full
        self._closed = False
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """Hand `item` over.

        Raises:
            Closed: the reader is gone.
        """
        with self._changed:
            if self._when_full is WhenFull.WAIT:
                self._changed.wait_for(lambda: self._closed or len(self._items) < self._capacity)
            if self._closed:
                raise Closed
            if len(self._items) == self._capacity:
                self._items.popleft()
                self.dropped += 1
            self._items.append(item)
            self._changed.notify_all()

    def offer(self, item: T, timeout: float) -> bool:
        """Hand `item` over if there is room for it within so many seconds; whether there was.

        Raises:
            Closed: the reader is gone.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or len(self._items) < self._capacity, timeout
            )
            if self._closed:
                raise Closed
            if len(self._items) == self._capacity:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def get(self, timeout: float | None = None) -> T | None:
        """Take the oldest item, waiting for one.

        Args:
            timeout: seconds to wait at most; 0 only looks; None waits as long as it takes.

        Returns:
            The item, or None where none came in time.

        Raises:
            Closed: nothing is left and nothing more will come.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._items), timeout)
            if self._items:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
            if self._closed:
                raise Closed
            return None

    def wait(self) -> None:
        """Wait until an item is there, and leave it there: a newer one may yet take its place.

        Raises:
            Closed: nothing is left and nothing more will come.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._items))
            if not self._items:
                raise Closed

    def close(self, *, discard: bool = False) -> None:
        """Let nothing more in; with `discard`, forget what waits. Safe to call twice."""
        with self._changed:
            self._closed = True
            if discard:
                self._items.clear()
            self._changed.notify_all()
