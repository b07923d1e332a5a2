"""One event, from the moment its condition holds to its end."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from livesegment.events.condition import Condition
from livesegment.events.moment import Moment
from livesegment.events.tally import Tally

UPDATE_SECONDS = 1.0
"""Between two lines about one event, at least."""
MOST_TRACK_IDS = 100
"""That a line lists; the newest, of an event that sees more."""


class Told(StrEnum):
    """What a line tells of an event."""

    NEW = "new"
    UPDATE = "update"
    END = "end"


@dataclass(frozen=True, slots=True)
class Best:
    """The frame of an event that shows its objects best."""

    frame: int
    clock: float
    score: float | None
    """Of the best object; None where the condition is about there being none."""
    jpeg: bytes


@dataclass(slots=True, eq=False)
class Event:
    """What is known of one event so far."""

    condition: Condition
    number: int
    """Of its clip, from 1."""
    id: str
    start: float
    """When the condition began to hold, seconds on the session's clock."""
    last: float
    """When it held last."""
    counts: dict[str, int] = field(default_factory=dict)
    """Class -> most of it at once."""
    track_ids: dict[int, None] = field(default_factory=dict)
    """In the order in which they were seen."""
    best: Best | None = None
    over: Moment | None = None
    """The frame at which it was known to be over."""
    _told_at: float = -1e300
    _changed: bool = False

    @property
    def stem(self) -> str:
        """What its clip and picture are called, in the session's folder, without the ending."""
        return f"clips/event-{self.number:04d}"

    def see(self, moment: Moment, tally: Tally, jpeg: bytes) -> None:
        """Take in a frame at which the condition held; `jpeg` is its picture."""
        names = self.condition.names
        for name, count in tally.counts(names).items():
            if count > self.counts.get(name, 0):
                self.counts[name] = count
                self._changed = True
        for number in tally.track_ids(names):
            if number not in self.track_ids:
                self.track_ids[number] = None
                self._changed = True
        score = tally.best(names)
        if self.best is None or (score or 0.0) > (self.best.score or 0.0):
            self.best = Best(moment.frame, moment.clock, score, jpeg)
            self._changed = True

    def due(self, clock: float) -> bool:
        """Whether there is news, and the last line about it was long enough ago."""
        return self._changed and clock - self._told_at >= UPDATE_SECONDS

    def line(self, told: Told, moment: Moment, time: str) -> dict[str, Any]:
        """What to write and to tell of it now.

        Args:
            told: of what kind the line is.
            moment: the frame at which it is told; of an end, the newest frame.
            time: wall-clock time of that frame's capture.
        """
        self._told_at, self._changed = moment.clock, False
        best = self.best
        return {
            "type": str(told),
            "id": self.id,
            "condition": self.condition.text,
            "clock": round(moment.clock, 4),
            "time": time,
            "frame": moment.frame,
            "start": round(self.start, 4),
            "end": round(self.last, 4) if told is Told.END else None,
            "classes": dict(sorted(self.counts.items())),
            "track_ids": list(self.track_ids)[-MOST_TRACK_IDS:],
            "tracks": len(self.track_ids),
            "best": best
            and {
                "frame": best.frame,
                "clock": round(best.clock, 4),
                "score": best.score,
                "picture": f"{self.stem}.jpg",
            },
            "clip": f"{self.stem}.mkv",
        }


def new_id(time: str) -> str:
    """A name for an event that no other has: its wall-clock time, and six random characters.

    Args:
        time: ISO 8601.
    """
    return f"{datetime.fromisoformat(time).timestamp():.3f}-{secrets.token_hex(3)}"
