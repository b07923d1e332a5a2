"""The clock of a session, and what is remarkable about the time that passed on it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

LEAST_GAP = 2.0
"""Seconds without a frame that are worth a word."""
MOST_GAPS = 1000
"""That the manifest names."""
JUMP = 0.5
"""Seconds by which the wall clock must move against the monotonic one to be looked at anew."""


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class WallClock:
    """Turns `time.monotonic()` into wall-clock time.

    By one look at both, so that times keep the distances of the captures; and by another when the
    wall clock was set, or the machine slept.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._offset = wall() - monotonic()

    def tell(self, monotonic: float) -> str:
        """ISO 8601 in UTC, to the millisecond."""
        return iso(datetime.fromtimestamp(monotonic + self._offset, UTC))

    def jumped(self) -> float:
        """Seconds by which the wall clock has moved since the last look; 0 if hardly any.

        From then on `tell` goes by the new time.
        """
        offset = self._wall() - self._monotonic()
        jump = offset - self._offset
        if abs(jump) < JUMP:
            return 0.0
        self._offset = offset
        return jump


class Timeline:
    """The session's clock: seconds since its first frame; of a film, the film's own.

    Notes gaps, and jumps of the wall clock.
    """

    def __init__(self, *, live: bool, wall: WallClock | None = None) -> None:
        self.gaps: list[dict[str, float]] = []
        self.more_gaps = 0
        """Those beyond the ones listed."""
        self.clocks: list[dict[str, Any]] = []
        """The session's clock beside the others, at its beginning and after each jump."""
        self.wall = wall or WallClock()
        self._live = live
        self._origin: float | None = None
        self._last = 0.0

    def place(self, captured_at: float, pts: float, fps: float | None) -> float:
        """The time of the next frame on the session's clock.

        Args:
            captured_at: its capture, monotonic seconds.
            pts: the source's own time, seconds.
            fps: as the source states it.
        """
        if self._origin is None:
            self._origin = captured_at if self._live else captured_at - pts
            self._anchor(captured_at)
            self._last = self.clock(captured_at, pts)
        clock = self.clock(captured_at, pts)
        if self._live:
            self._note_gap(clock, fps)
        self._last = max(self._last, clock)
        return clock

    def clock(self, captured_at: float, pts: float) -> float:
        """The session's clock at a capture."""
        return captured_at - (self._origin or 0.0) if self._live else pts

    def jumped(self, now: float) -> float:
        """Seconds by which the wall clock was moved since the last look; see `WallClock`."""
        jump = self.wall.jumped()
        if jump and self._live and self._origin is not None:
            self._anchor(now)
        return jump

    def end(self, now: float) -> float | None:
        """The session's clock at its end; None where the last frame says it."""
        if not self._live or self._origin is None:
            return None
        end = now - self._origin
        self._note_gap(end, None)
        return end

    def _note_gap(self, clock: float, fps: float | None) -> None:
        length = clock - self._last
        if length < max(LEAST_GAP, 10 / fps if fps else 0.0):
            return
        if len(self.gaps) < MOST_GAPS:
            self.gaps.append({"start": round(self._last, 4), "seconds": round(length, 4)})
        else:
            self.more_gaps += 1

    def _anchor(self, monotonic: float) -> None:
        self.clocks.append(
            {
                "clock": round(monotonic - (self._origin or 0.0), 4),
                "monotonic": round(monotonic, 4),
                "wall": self.wall.tell(monotonic),
            }
        )
