"""The time between a failure of a live source and the next try."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from livesegment.errors import SourceError
from livesegment.sources.probes.diagnosis import Diagnosis
from livesegment.sources.supervision.health import PERMANENT, Cause, Supervision
from livesegment.sources.supervision.lookout import Lookout
from livesegment.sources.supervision.pauses import Pauses

log = logging.getLogger(__name__)

DIAGNOSIS_SECONDS = 5.0
"""For which the last word on a source that is given up waits for the reason."""
LOCKING = frozenset({Cause.UNAUTHORISED, Cause.SECURITY})
"""Causes with which a server may shut out who comes too often."""


class Prober:
    """Finds out why a source fails, one look at a time: a slow one is not joined by another."""

    def __init__(
        self,
        name: str,
        diagnose: Callable[[SourceError | None], Diagnosis] | None,
        answers: Callable[[], bool] | None,
        news: threading.Event,
    ) -> None:
        self._name = name
        self._diagnose = diagnose or by_its_words
        self._answers = answers
        self._news = news
        self._lookout: Lookout | None = None

    def probe(self, error: SourceError | None) -> Lookout | None:
        """Begin to look; None while the last look still goes on."""
        if self._lookout is not None and self._lookout.runs:
            return None
        self._lookout = Lookout(self._name, error, self._diagnose, self._answers, self._news)
        return self._lookout

    def tell(self) -> None:
        """Let the look that goes on end; nobody waits for it any more."""
        if self._lookout is not None:
            self._lookout.tell()

    def stop(self, seconds: float) -> None:
        """End the look that goes on, waiting for it for `seconds` at most."""
        if self._lookout is not None:
            self._lookout.stop(seconds)


class Outage:
    """One failure: what is known of it, and when to try again."""

    def __init__(
        self,
        found: Diagnosis,
        error: SourceError | None,
        *,
        at: float,
        attempts: int,
        was_live: bool,
        pauses: Pauses,
        supervision: Supervision,
        prober: Prober | None,
    ) -> None:
        """Begin.

        Args:
            found: what is known of it by now.
            error: what the connection failed with, if with anything.
            at: when, in seconds.
            attempts: tries since frames came last.
            was_live: whether frames ever came.
            pauses: between tries.
            supervision: when to give up.
            prober: finds out more; None where nothing is to be found out.
        """
        self.found = found
        self.error = error
        self.attempts = attempts
        self._at = at
        self._was_live = was_live
        self._due = at + pauses.next()
        self._pauses = pauses
        self._supervision = supervision
        self._prober = prober
        self._lookout = prober.probe(error) if prober else None
        self._asked = prober is not None
        """Whether the reason is still looked for."""

    @property
    def is_last(self) -> bool:
        """Whether no other try is to follow, by what is known."""
        tries = self._supervision.retry
        if tries is None:
            if self._was_live:
                return False
            tries = 1 if self.found.cause in PERMANENT else self._supervision.first_tries
        return self.attempts >= tries

    @property
    def next_try(self) -> float | None:
        """When to try again, in seconds; None if not at all."""
        return None if self.is_last else self._due

    def hear(self) -> bool:
        """Take in what was found out; True if that is news."""
        if self._prober is None or not self._asked:
            return False
        if self._lookout is None:
            self._lookout = self._prober.probe(self.error)
        if self._lookout is None:
            return False
        told = self._lookout.diagnosis
        if told is None:
            if self._lookout.error is None:
                return False
            log.warning("the reason of a failure cannot be found out: %s", self._lookout.error)
            self._asked = False
            return True
        self._asked = False
        if told.cause is Cause.UNKNOWN and self.found.cause is not Cause.UNKNOWN:
            # Nothing is wrong there any more, or it cannot be seen; what was noticed here is true.
            told = replace(self.found, hint=self.found.hint or told.hint)
        self.found = told
        if self._is_slow():
            self._due = self._at + self._pauses.slow()
        return True

    def is_explained(self, now: float) -> bool:
        """Whether nothing more is to be heard of the reason, or not for too long."""
        return not self._asked or now - self._at >= DIAGNOSIS_SECONDS

    def is_over(self, now: float) -> bool:
        """Whether it is time to try again: where one look takes long, so does the next try."""
        back = self._lookout is not None and self._lookout.back
        return self.is_explained(now) and not self.is_last and (now >= self._due or back)

    @property
    def words(self) -> str:
        """What is said of the source."""
        what = "is lost" if self._was_live else "cannot be opened"
        return f"{what}: {self.found.reason}"

    def last_word(self, name: str) -> SourceError:
        """What the source of that name is given up with."""
        return SourceError(f"{name} {self.words}", hint=self.found.hint)

    def _is_slow(self) -> bool:
        """Whether the cause stays: a server that starts up has no such stream, for a while."""
        cause, short = self.found.cause, len(self._supervision.pauses)
        lasting = not self._was_live or self.attempts >= short
        return cause in LOCKING or (cause in PERMANENT and lasting)


def by_its_words(error: SourceError | None) -> Diagnosis:
    """What an error itself says of the reason."""
    if error is None:
        return Diagnosis(Cause.UNKNOWN, "no frame comes")
    return Diagnosis(Cause.UNKNOWN, str(error), error.hint)
