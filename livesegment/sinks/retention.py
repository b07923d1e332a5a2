"""Old recordings make room while new ones are made; this can fail and nothing else with it."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from livesegment.errors import one_line
from livesegment.sessions.retention import FIRST, Kept, Purged, purge

log = logging.getLogger(__name__)

_retaining = threading.Lock()
"""Of several sessions that are being recorded, one at a time looks at what there is."""

RETENTION_SECONDS = 60.0
"""Between two looks for old recordings, unless a file was finished meanwhile."""
MOVED = 60.0
"""Seconds by which the clock must be moved to be worth a word."""
FEW = 3
"""Names that one line lists."""
MOST_SAID = 1000
"""Different remarks in a run; what comes after them is no news."""


class Retention:
    """Removes what is older, or more, than is to be kept, now and then."""

    def __init__(
        self,
        folder: Path,
        *,
        keep: float | None,
        keep_size: int | None,
        own: Callable[[], Sequence[Kept]],
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Get ready.

        Args:
            folder: of the session that is being recorded.
            keep: seconds after its end that a recording is kept; None: for ever.
            keep_size: bytes that recordings may take; None: any.
            own: the files of this session that are finished and may go.
            wall: the time of day, in seconds.
            monotonic: a clock that nobody sets.
        """
        self._folder = folder
        self._keep, self._keep_size = keep, keep_size
        self._own = own
        self._wall, self._monotonic = wall, monotonic
        self._began = wall(), monotonic()
        self._looked_at: float | None = None
        self._seen = 0
        """Own files at the last look."""
        self._said: set[str] = set()

    def look(self) -> None:
        """Remove what is to go, if it is time; what goes wrong with it is said, and no more."""
        if self._keep is None and self._keep_size is None:
            return
        try:
            if _retaining.acquire(blocking=False):
                try:
                    self._look()
                finally:
                    _retaining.release()
        except Exception as error:
            log.debug("retention failed", exc_info=True)
            self._say(f"old recordings are not removed: {one_line(error)}")

    def _look(self) -> None:
        now, own = self._monotonic(), list(self._own())
        recent = self._looked_at is not None and now - self._looked_at < RETENTION_SECONDS
        if recent and len(own) <= self._seen:
            return
        self._looked_at, self._seen = now, len(own)
        purged = purge(
            self._folder.parent,
            keep=self._keep,
            keep_size=self._keep_size,
            now=self._now(),
            spare=self._folder,
            own=own,
        )
        self._seen -= sum(one in own for one in purged.removed)
        self._tell(purged, own)

    def _now(self) -> datetime | None:
        """The time of day that what is too old is too old by; None where none can be believed.

        Where the clock was set in the meantime, the earlier of the two times it may be: nothing
        is removed that only one of them calls old.
        """
        began, since = self._began
        wall = self._wall()
        moved = wall - began - (self._monotonic() - since)
        known = [time for time in (wall, wall - moved) if time >= _installed()]
        if not known:
            self._say("the clock is not set: no session is removed for its age until it is")
            return None
        if abs(moved) > MOVED:
            self._say(
                "the clock was set meanwhile: no session is removed that is too old by only one "
                "of the two times"
            )
        return datetime.fromtimestamp(min(known), UTC)

    def _tell(self, purged: Purged, own: Sequence[Kept]) -> None:
        if purged.removed:
            names = [Path(one.name).name for one in purged.removed]
            more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
            megabytes = sum(one.bytes for one in purged.removed) / 1e6
            log.log(
                logging.INFO if all(one in own for one in purged.removed) else logging.WARNING,
                "removed %s%s, %.1f MB, as --keep and --keep-size ask",
                ", ".join(names[:FEW]),
                more,
                megabytes,
            )
        for text in purged.problems:
            self._say(text)
        if purged.excess and self._keep_size is not None:
            self._say(
                f"--keep-size {self._keep_size / 1e6:g} MB is out of reach: what is pinned, is "
                "being recorded or cannot be removed takes too much; a tenth is left to the rest"
            )

    def _say(self, text: str) -> None:
        """Say something once, however often it is so."""
        if text not in self._said and len(self._said) < MOST_SAID:
            self._said.add(text)
            log.warning("%s", text)


def _installed() -> float:
    """When the program was put here, as far as files tell; no right clock is before that."""
    try:
        return max(FIRST.timestamp(), Path(__file__).stat().st_mtime)
    except OSError:
        return FIRST.timestamp()
