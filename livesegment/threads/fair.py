"""One thing that several share, each in its turn."""

import threading
import time
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager

from livesegment.threads.mailbox import Closed


class FairTurn:
    """Gives one thing to one party at a time, in the order in which they ask.

    Nobody has a turn who does not ask for one, so a party that is slow, stuck or gone holds no
    other up; and as everybody who had a turn goes to the end of the queue, nobody waits for more
    than one turn of each of the others.
    """

    def __init__(self) -> None:
        self._queue: deque[Party] = deque()
        """Who waits, first the one that asked first; whoever has the turn stands before them."""
        self._changed = threading.Condition()

    def party(self) -> "Party":
        """One more that takes turns."""
        return Party(self._queue, self._changed)


class Party:
    """One of those that share. Takes turns in one thread; closed from any."""

    def __init__(self, queue: "deque[Party]", changed: threading.Condition) -> None:
        """Made by `FairTurn.party`."""
        self.turns = 0
        """It had up to now."""
        self.waited = 0.0
        """Seconds that it waited for these."""
        self._queue = queue
        self._changed = changed
        self._closed = False

    @contextmanager
    def take(self) -> Generator[None]:
        """Wait for a turn; it lasts as long as the block.

        Raises:
            Closed: the party was closed before or meanwhile.
        """
        asked = time.monotonic()
        with self._changed:
            self._queue.append(self)
            self._changed.wait_for(lambda: self._closed or self._queue[0] is self)
            if self._closed:
                self._leave()
                raise Closed
            self.turns += 1
            self.waited += time.monotonic() - asked
        try:
            yield
        finally:
            with self._changed:
                self._leave()

    def close(self) -> None:
        """Take no more turns, and wait for none; one that goes on ends as it would. Safe twice."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _leave(self) -> None:
        self._queue.remove(self)
        self._changed.notify_all()
