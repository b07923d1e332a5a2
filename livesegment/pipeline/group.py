"""Several runs side by side, which come, go and fail each by itself."""

import logging
import threading
from collections.abc import Callable
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from livesegment.errors import LiveSegmentError, UsageError
from livesegment.sinks.base import Ending
from livesegment.threads.worker import Worker

log = logging.getLogger(__name__)

TICK = 1 / 60
"""Seconds between two looks at the window."""
LEAVE_SECONDS = 30.0
"""A run ends within two seconds, but for the recordings that it finishes; one that takes longer
than this is left behind."""


class Run(Protocol):
    """What goes on in a member's thread; a `Pipeline` is one."""

    @property
    def ending(self) -> Ending | None:
        """Why it ended; None while it goes on."""
        ...

    def run(self) -> Ending:
        """Run to the end.

        Raises:
            LiveSegmentError: a stage failed.
        """
        ...

    def stop(self, ending: Ending) -> None:
        """From any thread: end it."""
        ...


R = TypeVar("R", bound=Run)


class MemberState(StrEnum):
    """Where a member stands."""

    RUNNING = "running"
    ENDED = "ended"
    FAILED = "failed"


class Member(Generic[R]):
    """One run of a group. Read from any thread."""

    def __init__(self, name: str, run: R) -> None:
        self.name = name
        self.run = run
        self.error: BaseException | None = None
        """Why it failed."""
        self.worker = Worker(name, self._go)

    @property
    def state(self) -> MemberState:
        """Where it stands; running until its last file is finished."""
        if self.error is not None:
            return MemberState.FAILED
        return MemberState.RUNNING if self.worker.is_alive() else MemberState.ENDED

    def _go(self) -> None:
        try:
            self.run.run()
        except BaseException as error:
            self.error = error
            what = error if isinstance(error, LiveSegmentError) else repr(error)
            log.warning("%s failed: %s", self.name, what)
            raise


class Group(Generic[R]):
    """Runs side by side, one thread each; `add`, `remove`, `members` and `stop` are for any thread.

    One that fails ends alone. A bug (any other error than a `LiveSegmentError`) ends one alone as
    well, but is raised when all is over.
    """

    def __init__(self) -> None:
        self.ending: Ending | None = None
        """Why all of them end; None while they go on."""
        self._members: tuple[Member[R], ...] = ()
        """Replaced, never changed: read without the lock."""
        self._gone: list[Member[R]] = []
        """Removed, and perhaps not at their end yet."""
        self._changing = threading.Lock()
        self._over = False

    @property
    def members(self) -> tuple[Member[R], ...]:
        """In the order in which they were added; those that ended or failed stay."""
        return self._members

    @property
    def abandoned(self) -> list[str]:
        """Names of the members that did not end in time, after `run`."""
        return [member.name for member in self._all() if member.worker.is_alive()]

    def add(self, name: str, make: Callable[[], R]) -> Member[R]:
        """Let one more run, from now on; `run` must follow, that all come to their end.

        Args:
            name: for people; no two members have the same.
            make: makes it. Called here, by one thread at a time; nothing of this group may be
                called from it.

        Raises:
            UsageError: the name is taken, or all of them end.
            LiveSegmentError: it cannot be made.
        """
        with self._changing:
            if self._over or self.ending is not None:
                raise UsageError(f"{name} comes too late: the run is at its end")
            if any(member.name == name for member in self._members):
                raise UsageError(f"there is a source {name!r} already", hint="give it another name")
            member = Member(name, make())
            member.worker.start()
            self._members = (*self._members, member)
        return member

    def remove(self, name: str) -> None:
        """End one and forget it. It is gone from `members` at once, and ends soon after.

        Raises:
            UsageError: there is none of that name.
        """
        with self._changing:
            member = next((member for member in self._members if member.name == name), None)
            if member is None:
                names = ", ".join(member.name for member in self._members) or "none"
                raise UsageError(f"there is no source {name!r}", hint=f"there are: {names}")
            self._members = tuple(other for other in self._members if other is not member)
            self._gone = [other for other in self._gone if other.worker.is_alive() or _bug(other)]
            self._gone.append(member)
        member.run.stop(Ending.USER)

    def stop(self, ending: Ending) -> None:
        """From any thread, or a signal handler: end all. The first reason given counts."""
        if self.ending is None:
            self.ending = ending

    def run(self, body: Callable[[], bool] = lambda: True) -> Ending:
        """Go on until all are at their end.

        Args:
            body: called some 60 times a second in this thread, as for a window; False ends all.

        Returns:
            Why it ended.

        Raises:
            LiveSegmentError: every one failed; this is how the first did.
            BaseException: a bug in one of them, or what `body` raised.
        """
        failure: BaseException | None = None
        try:
            self._loop(body)
        except BaseException as error:  # noqa: BLE001 -- raised again below
            failure = error
        self._end(Ending.FAILED if failure else Ending.USER)
        failure = failure or self._failure()
        if failure is not None:
            self.ending = Ending.FAILED
            raise failure
        return self.ending or Ending.USER

    def _loop(self, body: Callable[[], bool]) -> None:
        """Until the user ends it, `stop` was called or none is left."""
        nobody = threading.Event()  # sets it; waking up in time for the next picture is enough
        while self.ending is None:
            if not body():
                self.stop(Ending.USER)
            elif not any(member.state is MemberState.RUNNING for member in self._members):
                self.stop(self._natural_end())
            else:
                nobody.wait(TICK)

    def _natural_end(self) -> Ending:
        """Why all ended by themselves: as the first did that went well."""
        endings = (member.run.ending for member in self._members if member.error is None)
        return next((ending for ending in endings if ending is not None), Ending.USER)

    def _end(self, ending: Ending) -> None:
        """End all, and wait until they did."""
        self.stop(ending)
        with self._changing:  # waits for one that is being added
            self._over = True
        for member in self._all():
            member.run.stop(self.ending or ending)
        # Joined in short turns, so that a second signal finds this thread awake.
        ticks = round(LEAVE_SECONDS / TICK)
        for member in self._all():
            while not member.worker.stop(TICK) and ticks > 0:
                ticks -= 1
        for name in self.abandoned:
            log.warning("%s is stuck and was left behind", name)

    def _all(self) -> tuple[Member[R], ...]:
        return (*self._members, *self._gone)

    def _failure(self) -> BaseException | None:
        """What the whole failed by: any bug, else the first error where nobody did well."""
        bug = next(filter(None, map(_bug, self._all())), None)
        errors = [member.error for member in self._members]
        return bug or (errors[0] if errors and all(errors) else None)


def _bug(member: Member[R]) -> BaseException | None:
    """The error of one that failed as nothing should."""
    return None if isinstance(member.error, LiveSegmentError) else member.error
