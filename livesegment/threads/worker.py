"""A thread that keeps its error for whoever joins it."""

import threading
from collections.abc import Callable
from errno import EAGAIN


class Worker(threading.Thread):  # noqa: TID251 -- this is the house replacement
    """A named thread that keeps its error for whoever joins it.

    It is a daemon: a thread stuck inside a driver must not keep the program from ending.
    """

    def __init__(self, name: str, body: Callable[[], None]) -> None:
        super().__init__(name=f"livesegment-{name}", daemon=True)
        self.error: BaseException | None = None
        self._body = body

    def start(self) -> None:
        """Start it.

        Raises:
            OSError: the system starts no more threads.
        """
        try:
            super().start()
        except RuntimeError as error:
            if self.ident is not None:  # it was started before
                raise
            raise OSError(EAGAIN, "the system starts no more threads") from error

    def run(self) -> None:
        """Run the body, and keep what it raises."""
        try:
            self._body()
        except BaseException as error:  # noqa: BLE001 -- re-raised by whoever joins
            self.error = error

    def stop(self, seconds: float) -> bool:
        """Wait for the end; False if it did not come within `seconds`."""
        if self.ident is not None:
            self.join(seconds)
        return not self.is_alive()
