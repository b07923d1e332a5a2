"""An order kept by threads that work side by side."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

from livesegment.threads.mailbox import Closed


class Turnstile:
    """Lets threads through one at a time, in the order of the numbers that they hold.

    Numbers start at 0 and each is used once; a number that nobody comes with holds up all later
    ones until `close`.
    """

    def __init__(self) -> None:
        self._next = 0
        self._closed = False
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, number: int) -> Generator[None]:
        """Wait for a number's turn; it lasts as long as the block.

        Raises:
            Closed: the turnstile was closed before or meanwhile.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._next == number)
            if self._closed:
                raise Closed
        try:
            yield
        finally:
            with self._changed:
                self._next += 1
                self._changed.notify_all()

    def close(self) -> None:
        """Send everybody who waits away. Safe twice."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
