"""One thing that several share, each in its turn."""

import itertools
import math
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from livesegment.threads.mailbox import Closed


class FairTurn:
    """Gives one thing to one party at a time, in the order in which they ask.

    Nobody has a turn who does not ask for one, so a party that is slow, stuck or gone holds no
    other up; and as everybody who had a turn goes to the end of the queue, nobody waits for more
    than one turn of each of the others.
    """

    def __init__(self) -> None:
        self._queue = _Queue()

    def party(self) -> "Party":
        """One more that takes turns."""
        return Party(self._queue)


@dataclass(slots=True, eq=False)
class _Queue:
    """Who has the turn, and who is there to have it next."""

    holder: "Party | None" = None
    waiting: "list[Party]" = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    places: "itertools.count[int]" = field(default_factory=itertools.count)


class Party:
    """One of those that share. Takes turns in one thread; closed from any."""

    def __init__(self, queue: _Queue) -> None:
        """Made by `FairTurn.party`."""
        self._queue = queue
        self.place = math.inf
        """In the queue, kept by who goes away without a turn."""
        self._closed = False

    @contextmanager
    def take(self, patience: float | None = None) -> Generator[bool]:
        """Wait for a turn; it lasts as long as the block.

        Args:
            patience: seconds; who was not served by then goes on without, and keeps the place in
                the queue for the next time. None: no end.

        Yields:
            Whether there is a turn.

        Raises:
            Closed: the party was closed before or meanwhile.
        """
        queue = self._queue
        with queue.changed:
            if self.place == math.inf:
                self.place = next(queue.places)
            queue.waiting.append(self)
            mine = queue.changed.wait_for(lambda: self._closed or self._is_next, patience)
            queue.waiting.remove(self)
            if self._closed:
                queue.changed.notify_all()
                raise Closed
            if mine:
                queue.holder, self.place = self, math.inf
        try:
            yield mine
        finally:
            if mine:
                with queue.changed:
                    queue.holder = None
                    queue.changed.notify_all()

    def close(self) -> None:
        """Take no more turns, and wait for none; one that goes on ends as it would. Safe twice."""
        with self._queue.changed:
            self._closed = True
            self._queue.changed.notify_all()

    @property
    def _is_next(self) -> bool:
        """Whether the turn is free, and nobody who is there has a better place."""
        queue = self._queue
        return queue.holder is None and self is min(queue.waiting, key=lambda party: party.place)
