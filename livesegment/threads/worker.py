"""A thread that keeps its error for whoever joins it."""

import threading
from collections.abc import Callable

from livesegment.errors import EngineError


class Worker(threading.Thread):  # noqa: TID251 -- this is the house replacement
    """A named thread that keeps its error for whoever joins it.

    It is a daemon: a thread stuck inside a driver must not keep the program from ending.
    """

    def __init__(self, name: str, body: Callable[[], None]) -> None:
        super().__init__(name=f"livesegment-{name}", daemon=True)
        self.error: BaseException | None = None
        self._body = body

    def start(self) -> None:
        """Let it run.

        Raises:
            EngineError: the system gives no more threads.
        """
        begun = self.ident is not None
        try:
            super().start()
        except (RuntimeError, MemoryError) as error:
            if begun:  # twice, which is a bug
                raise
            raise EngineError(
                "the system lets this program have no more threads",
                hint="`ulimit -u` shows the limit for all of a user's; a container has its own",
            ) from error

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
