"""What is done for a session now and then, in a thread that may wait for a slow disk."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from livesegment.threads.mailbox import Closed, Mailbox, WhenFull
from livesegment.threads.worker import Worker

INTERVAL = 5.0
"""Seconds between two rounds; what a kill can make the manifest miss."""
JOIN_SECONDS = 10.0


class Upkeep:
    """Calls every task at once, every few seconds, and when it is told to."""

    def __init__(self, tasks: Sequence[Callable[[], object]], interval: float = INTERVAL) -> None:
        self._tasks = tasks
        self._interval = interval
        self._calls: Mailbox[None] = Mailbox(1, WhenFull.DROP_OLDEST)
        self._worker = Worker("upkeep", self._run)
        self._worker.start()

    def soon(self) -> None:
        """Let the next round begin now."""
        with suppress(Closed):
            self._calls.put(None)

    def check(self) -> None:
        """See whether a task failed.

        Raises:
            BaseException: what it raised; no task is called any more then.
        """
        error, self._worker.error = self._worker.error, None
        if error is not None:
            raise error

    def close(self) -> None:
        """Let the round in hand end, and begin none any more. Safe to call twice."""
        self._calls.close(discard=True)
        self._worker.stop(JOIN_SECONDS)

    def _run(self) -> None:
        try:
            while True:
                for task in self._tasks:
                    task()
                self._calls.get(self._interval)
        except Closed:
            pass
