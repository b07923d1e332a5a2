"""How a live source is, and why: what is shown of it, written of it, and gone by."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol, runtime_checkable

from livesegment.sources.base import SourceInfo

MOST_CHANGES = 1000
"""That are kept for the manifest."""


class State(StrEnum):
    """Where a live source stands."""

    CONNECTING = "connecting"
    """Being opened, or opened and without a usable picture yet."""
    LIVE = "live"
    """Frames come."""
    STALLED = "stalled"
    """Frames have stayed out for longer than is usual; the connection is kept."""
    FROZEN = "frozen"
    """Frames come, and all of them show the very same pixels."""
    LOST = "lost"
    """The connection is gone, or was given up; another try comes after a while."""


class Cause(StrEnum):
    """Why a source cannot be opened or read, as far as it can be found out."""

    REFUSED = "refused"
    """Nobody listens there."""
    NO_HOST = "no host"
    """The name is not known."""
    UNREACHABLE = "unreachable"
    UNAUTHORISED = "unauthorised"
    """User or password are wrong, or wanted."""
    NOT_FOUND = "not found"
    """The server, or the machine, has no such stream or device."""
    TIMEOUT = "timeout"
    """It was connected to, and never answered."""
    NO_VIDEO = "no video"
    """What is there has no picture that can be decoded."""
    SECURITY = "security"
    """TLS failed, as for a certificate."""
    ENDED = "ended"
    """The other side closed the connection."""
    SILENT = "silent"
    """No frame came for too long."""
    FROZEN = "frozen"
    """The same picture came for too long."""
    UNKNOWN = "unknown"


PERMANENT = frozenset(
    {Cause.NO_HOST, Cause.UNAUTHORISED, Cause.NOT_FOUND, Cause.NO_VIDEO, Cause.SECURITY}
)
"""Causes that another try right away does not mend."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a live source is."""

    state: State
    since: float
    """Monotonic seconds of the last change of state."""
    reason: str | None = None
    """Why, in a phrase for people, without a password; None where there is nothing to say."""
    cause: Cause | None = None
    attempts: int = 0
    """Tries to open it since frames came last, the one that goes on included."""
    next_try: float | None = None
    """Monotonic seconds of the next try, while one is waited for."""
    out_since: float | None = None
    """Monotonic seconds since which no frame comes, over all tries; None while frames come."""


@dataclass(slots=True)
class Tally:
    """Frames of a live source that were not handed on, and what else happened to it."""

    refused: int = 0
    """Blank ones after a connect: not sane yet."""
    late: int = 0
    """Older than is wanted."""
    overrun: int = 0
    """Replaced by newer ones before anyone took them."""
    connects: int = 0
    """Times that frames began to come."""
    stalls: int = 0
    abandoned: int = 0
    """Reading threads that were stuck and left behind."""


AGAIN = [State.LOST, State.CONNECTING]
"""What comes before a try that fails as the one before it did."""


class HealthLog:
    """The health now, and its history. Written by one thread, read by any."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        begun = clock()
        self.now = Health(State.CONNECTING, begun, out_since=begun)
        self.changes: deque[Health] = deque([self.now], maxlen=MOST_CHANGES)
        """Each state that was entered, oldest first; tries that failed alike are one."""

    def enter(self, state: State, **about: object) -> Health:
        """Go over to a state; what is not told of it is as new. The same state keeps `since`.

        A try that failed leaves no trace but in `attempts`: an outage over a weekend is one change.
        """
        since = self._clock()
        comes = state in {State.LIVE, State.FROZEN}
        out = None if comes else self.now.out_since or since
        fresh = Health(state, since, out_since=out, **about)  # type: ignore[arg-type]
        if state is State.LOST and [past.state for past in self._last_two()] == AGAIN:
            self.changes.pop()
        if state is self.now.state:
            since = self.now.since
        self.now = replace(fresh, since=since)
        if state is self.changes[-1].state:
            self.changes[-1] = replace(fresh, since=self.changes[-1].since)
        else:
            self.changes.append(fresh)
        return self.now

    def _last_two(self) -> list[Health]:
        return [self.changes[i] for i in range(max(-2, -len(self.changes)), 0)]


@runtime_checkable
class Supervised(Protocol):
    """A source that says how it is. Attributes are read from any thread."""

    @property
    def health(self) -> Health:
        """How it is now."""
        ...

    @property
    def changes(self) -> Sequence[Health]:
        """How it was, oldest first, the present state last."""
        ...

    @property
    def tally(self) -> Tally:
        """What was not handed on."""
        ...

    @property
    def info(self) -> SourceInfo | None:
        """What it says of itself by its newest connection; None before the first."""
        ...


@dataclass(frozen=True, slots=True)
class Supervision:
    """How a live source is watched over. Durations are seconds."""

    retry: int | None = None
    """Tries in a row before it is given up; None: endless once it was live, and before that
    `first_tries`, or one where the cause is permanent."""
    first_tries: int = 3
    stalled_after: float = 1.5
    """Without a frame; or several usual intervals, where these are longer."""
    lost_after: float = 4.5
    """Likewise, before the connection is given up."""
    frozen_after: float | None = 10.0
    """Of the very same pixels; None: never."""
    reconnect_frozen: bool = False
    """Whether a frozen source is opened anew."""
    settle: float = 5.0
    """For which blank pictures after a connect are refused, at most."""
    pauses: tuple[float, ...] = field(default=(0.5, 1.0, 2.0, 5.0, 10.0))
    """Between tries, the last one again and again; a fifth more or less, by chance."""
    slow_pause: float = 30.0
    """Between tries, where the cause is permanent."""
