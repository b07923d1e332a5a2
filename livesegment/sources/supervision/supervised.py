"""A live source that is watched over: it says how it is, and comes back by itself."""

import random
import threading
import time
from collections.abc import Callable, Sequence

from livesegment.errors import SourceError
from livesegment.frame import Frame
from livesegment.sources.base import Source, SourceInfo
from livesegment.sources.probes.diagnosis import Diagnosis
from livesegment.sources.supervision.health import (
    Cause,
    Health,
    HealthLog,
    State,
    Supervision,
    Tally,
)
from livesegment.sources.supervision.outage import Outage, Prober
from livesegment.sources.supervision.pauses import Pauses
from livesegment.sources.supervision.reader import Arrival, Reader, Readers
from livesegment.sources.supervision.screening import BLANK, Screening, Verdict
from livesegment.sources.supervision.splice import Splice
from livesegment.sources.supervision.trouble import Trouble, span
from livesegment.threads.mailbox import Closed

TICK = 0.05
"""Seconds between two looks at the clock."""
MOMENT = 0.3
"""Seconds for which `close` waits for a thread."""
GRACE = 1.0
"""Seconds by which a connection may take longer to open than it should."""
STALLED_GAPS = 4
LOST_GAPS = 8
"""So many usual intervals without a frame mean that, where they are longer than the limits."""
STEADY = 30.0
"""Seconds live, after which a loss is the first of its kind again."""


class SupervisedSource:
    """Connections to the same place one after another, as one source; see `Source`, `Supervised`.

    `read` gives frames for as long as there are any to come, over all losses, and is woken at once
    by `interrupt`: it only ever waits for what other threads hand over. Of these there is one for
    each connection, which alone touches it; see `Reader`.
    """

    is_live = True

    def __init__(
        self,
        name: str,
        connect: Callable[[], Source],
        *,
        supervision: Supervision | None = None,
        diagnose: Callable[[SourceError | None], Diagnosis] | None = None,
        answers: Callable[[], bool] | None = None,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        """Nothing is connected before `open`.

        Args:
            name: see `Source.name`.
            connect: makes a fresh connection; called in the thread that then opens it.
            supervision: how it is watched over.
            diagnose: finds out why a connection failed with an error, or gave no more frames
                (None); may take seconds. Without it, the error's own words count.
            answers: looks whether it is worth trying again; may take seconds.
            clock: seconds, the same as those of `Frame.captured_at`.
            rng: varies the pauses.
        """
        self.name = name
        self._supervision = supervision or Supervision()
        self._clock = clock
        self._history = HealthLog(clock)
        self._tally = Tally()
        self._readers = Readers(name, connect, clock, self._tally)
        self._news = threading.Event()
        self._prober = Prober(name, diagnose, answers, self._news)
        self._pauses = Pauses(
            self._supervision.pauses,
            self._supervision.slow_pause,
            rng or random.Random(),  # noqa: S311 -- no secret hangs on it
        )
        self._screening = Screening(self._supervision)
        self._splice = Splice()
        self._stopped = threading.Event()
        self._over = False
        """Whether the source came to its natural end, or was given up."""
        self._attempts = 0
        self._outage: Outage | None = None
        self._known: Diagnosis | None = None
        """Why it failed last, as far as it was found out; None once it is live."""
        self._trouble = Trouble(name)
        self._info: SourceInfo | None = None
        self._fresh = True
        """Whether no frame of this connection was handed on yet."""

    @property
    def health(self) -> Health:
        """See `Supervised.health`."""
        return self._history.now

    @property
    def changes(self) -> Sequence[Health]:
        """See `Supervised.changes`."""
        return tuple(self._history.changes)

    @property
    def tally(self) -> Tally:
        """See `Supervised.tally`."""
        return self._tally

    @property
    def info(self) -> SourceInfo | None:
        """See `Supervised.info`."""
        return self._info

    def open(self) -> SourceInfo:
        """Wait for the first connection; see `Source.open`.

        Returns:
            What that says of itself; after an interrupt, a size of (0, 0).
        """
        while not self._stopped.is_set():
            reader = self._reader()
            if reader is None:
                continue
            if not reader.opened.wait(TICK):
                self._watch(reader)
            elif reader.info is None:
                self._end(reader)
            else:
                self._info = reader.info
                return reader.info
        return SourceInfo((0, 0), None, description="interrupted")

    def read(self) -> Frame | None:
        """The next frame, of whatever connection; see `Source.read`."""
        while not (self._stopped.is_set() or self._over):
            reader = self._reader()
            if reader is None:
                continue
            try:
                arrival = reader.frames.get(TICK)
            except Closed:
                self._end(reader)
                continue
            if arrival is None:
                self._watch(reader)
            elif (frame := self._take(reader, arrival)) is not None:
                return frame
        return None

    def interrupt(self) -> None:
        """Wake whoever waits; see `Source.interrupt`."""
        self._stopped.set()
        self._news.set()
        self._readers.interrupt()

    def close(self) -> None:
        """Leave the connection; a thread that is stuck is left behind; see `Source.close`."""
        self.interrupt()
        self._readers.close(MOMENT)
        self._prober.stop(MOMENT)

    def _reader(self) -> Reader | None:
        """The connection of now, or the next one if it is time; else None, after a moment."""
        outage = self._outage
        if self._readers.now is not None or outage is None:
            return self._readers.now or self._connect()
        if outage.hear():
            self._enter_lost(outage)
        now = self._clock()
        if outage.is_last and outage.is_explained(now):
            self._over = True
            raise outage.last_word(self.name) from outage.error
        if outage.is_over(now):
            return self._connect()
        self._news.wait(TICK)
        self._news.clear()
        return None

    def _connect(self) -> Reader | None:
        """Begin with the next connection; None where too many hang, which is a failure as well."""
        self._prober.tell()
        self._attempts += 1
        reason = cause = None
        if self._outage is not None:
            reason, cause = self._outage.found.reason, self._outage.found.cause
            self._trouble.begin(f"{self._outage.words}; trying again", self.health.since)
        self._history.enter(State.CONNECTING, reason=reason, cause=cause, attempts=self._attempts)
        self._outage, self._fresh = None, True
        self._screening.connect(frozen=cause is Cause.FROZEN)
        self._splice.connect()
        reader = self._readers.start()
        if reader is None:
            hanging = f"{self._readers.stuck} earlier connections hang"
            self._lose(Diagnosis(Cause.TIMEOUT, hanging))
        return reader

    def _watch(self, reader: Reader) -> None:
        """Look how long nothing came."""
        self._readers.count()
        silent = self._clock() - reader.last
        gap = reader.usual_gap
        stalled = max(self._supervision.stalled_after, STALLED_GAPS * gap)
        lost = max(self._supervision.lost_after, LOST_GAPS * gap)
        if reader.info is None:
            lost = max(lost, reader.open_timeout + GRACE)
        if silent >= lost:
            cause = Cause.TIMEOUT if reader.info is None else Cause.SILENT
            what = "no answer" if reader.info is None else "no frame"
            self._lose(Diagnosis(cause, f"{what} for {span(lost)}"))
        elif silent >= stalled and self.health.state in {State.LIVE, State.FROZEN}:
            self._tally.stalls += 1
            self._history.enter(
                State.STALLED, reason=f"no frame for {span(stalled)}", cause=Cause.SILENT
            )

    def _end(self, reader: Reader) -> None:
        """No more comes of a connection: find out whether that is an end or a loss."""
        error = reader.error
        if error is None:
            self._over = True
        elif isinstance(error, SourceError):
            cause = Cause.UNKNOWN if reader.info is None else Cause.ENDED
            self._lose(Diagnosis(cause, str(error), error.hint), error)
        else:
            self._over = True
            raise error

    def _lose(self, found: Diagnosis, error: SourceError | None = None) -> None:
        """Have done with the connection, and begin to look for the reason."""
        self._readers.dismiss()
        self._outage = Outage(
            found,
            error,
            at=self._clock(),
            attempts=self._attempts,
            was_live=self._tally.connects > 0,
            pauses=self._pauses,
            supervision=self._supervision,
            prober=None if found.cause is Cause.FROZEN else self._prober,
        )
        self._enter_lost(self._outage)

    def _enter_lost(self, outage: Outage) -> None:
        found = outage.found
        explained = outage.is_explained(self._clock())
        if explained:
            self._known = found
        elif found.cause is Cause.UNKNOWN:  # likely it still is what it was at the last try
            found = self._known or found
        self._history.enter(
            State.LOST,
            reason=found.reason,
            cause=found.cause,
            attempts=self._attempts,
            next_try=outage.next_try,
        )
        if explained and not outage.is_last:
            self._trouble.begin(f"{outage.words}; trying again", self.health.since)

    def _take(self, reader: Reader, arrival: Arrival) -> Frame | None:
        """Judge a frame by its picture; None where it is not to be handed on."""
        self._readers.count()
        self._info = reader.info
        verdict = self._screening.judge(arrival.frame.image, arrival.at)
        if verdict is Verdict.REFUSED:
            self._tally.refused += 1
            self._history.enter(State.CONNECTING, reason=BLANK, attempts=self._attempts)
            return None
        if self._fresh:
            self._fresh, self._attempts, self._known = False, 0, None
            self._tally.connects += 1
        if verdict is Verdict.FROZEN:
            self._enter_frozen()
        else:
            self._enter_live(BLANK if verdict is Verdict.BLANK else None, arrival.at)
        return self._splice.add(arrival.frame)

    def _enter_live(self, reason: str | None, at: float) -> None:
        health = self.health
        if health.state is not State.LIVE or health.reason != reason:
            self._history.enter(State.LIVE, reason=reason)
        elif at - health.since >= STEADY:
            self._pauses.reset()
        self._trouble.end(at)

    def _enter_frozen(self) -> None:
        limit = self._supervision.frozen_after or 0.0
        reason = f"the picture has not changed for {span(limit)}"
        if self.health.state is not State.FROZEN:
            self._history.enter(State.FROZEN, reason=reason, cause=Cause.FROZEN)
            self._trouble.begin(f"is frozen: {reason}", self.health.since)
        if self._supervision.reconnect_frozen and self._screening.seconds >= limit:
            self._lose(Diagnosis(Cause.FROZEN, reason))
