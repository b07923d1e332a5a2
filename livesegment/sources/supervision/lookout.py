"""Finding out, between two tries, why a source is lost and whether it is back."""

import threading
from collections.abc import Callable

from livesegment.errors import SourceError
from livesegment.sources.probes.diagnosis import Diagnosis
from livesegment.sources.supervision.health import Cause
from livesegment.threads.worker import Worker

LOOK_SECONDS = 0.5
"""Between two looks."""
ANSWERS_ALL_THE_SAME = frozenset({Cause.UNAUTHORISED, Cause.NO_VIDEO, Cause.SECURITY})
"""Causes with which the other side is there, so that looking tells nothing."""


class Lookout:
    """A thread that asks for the reason, and then whether the source answers again.

    Both may take seconds, for which nobody else has to wait. That the source answers counts only
    after it did not: one that answers and cannot be opened would be tried again and again.
    """

    def __init__(
        self,
        name: str,
        error: SourceError | None,
        diagnose: Callable[[SourceError | None], Diagnosis],
        answers: Callable[[], bool] | None,
        news: threading.Event,
    ) -> None:
        """Start it.

        Args:
            name: of the source, for the thread's name.
            error: what the connection failed with; None where it was given up.
            diagnose: finds the reason.
            answers: looks whether the source is there; None if it cannot be told.
            news: set whenever there is any.
        """
        self.diagnosis: Diagnosis | None = None
        """Why the source is lost, once that is known."""
        self.back = False
        """Whether the source answers again, after it did not."""
        self._error = error
        self._diagnose = diagnose
        self._answers = answers
        self._news = news
        self._told = threading.Event()
        self._worker = Worker(f"lookout-{name}", self._body)
        self._worker.start()

    @property
    def error(self) -> BaseException | None:
        """What kept it from finding out."""
        return self._worker.error

    @property
    def runs(self) -> bool:
        """Whether its thread still runs."""
        return self._worker.is_alive()

    def tell(self) -> None:
        """Let it end, as soon as it is asked for nothing that waits."""
        self._told.set()

    def stop(self, seconds: float) -> bool:
        """Tell it, and wait for the thread; False if it did not end within `seconds`."""
        self.tell()
        return self._worker.stop(seconds)

    def _body(self) -> None:
        try:
            diagnosis = self.diagnosis = self._diagnose(self._error)
        finally:
            self._news.set()
        if self._answers is None or diagnosis.cause in ANSWERS_ALL_THE_SAME:
            return
        answered = self._answers()
        while not self._told.wait(LOOK_SECONDS):
            before, answered = answered, self._answers()
            if answered and not before:
                self.back = True
                self._news.set()
                return
