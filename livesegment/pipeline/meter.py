"""Rates, counts and delays of a run, in memory that does not grow with it."""

import math
import threading
from collections import Counter, deque

WINDOW = 3.0
"""Seconds over which rates are taken."""
STAGES = (
    *("capture", "prepare", "infer", "decode", "edges", "carry", "compose"),
    *("show", "record", "encode", "jsonl", "status", "staleness", "mask age"),
)
"""Order of the table; others follow."""
STEPS = 100
"""Bins of a distribution for each factor of e: quantiles are right to half a percent."""


class Rate:
    """Events a second, over the last few seconds."""

    def __init__(self, window: float = WINDOW) -> None:
        self.count = 0
        self._window = window
        self._first = 0.0
        self._times: deque[float] = deque(maxlen=2000)

    def tick(self, now: float) -> None:
        """One event, at monotonic time `now`."""
        self._first = self._first if self.count else now
        self.count += 1
        self._times.append(now)
        while self._times and self._times[0] < now - self._window:
            self._times.popleft()

    @property
    def seconds(self) -> float:
        """From the first event to the last."""
        return self._times[-1] - self._first if self._times else 0.0

    def value(self, now: float) -> float:
        """Events a second: intervals over the time they took, and less once events stay out."""
        if len(self._times) < 2 or now - self._times[-1] > self._window:
            return 0.0
        intervals = len(self._times) - 1
        spent = self._times[-1] - self._times[0]
        overdue = max(0.0, now - self._times[-1] - spent / intervals)
        return intervals / (spent + overdue) if spent > 0 else 0.0


class Distribution:
    """Quantiles of durations over a whole run, from counts in logarithmic bins."""

    def __init__(self) -> None:
        self.count = 0
        self._bins: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """One duration."""
        self.count += 1
        self._bins[round(math.log(max(seconds, 1e-7)) * STEPS)] += 1

    def quantile(self, share: float) -> float:
        """The duration, in seconds, that `share` (0..1) of all do not exceed; 0 for none."""
        wanted = share * self.count
        seen = 0
        for place in sorted(self._bins):
            seen += self._bins[place]
            if seen >= wanted:
                return math.exp(place / STEPS)
        return 0.0


class Meter:
    """What a run did, kept by all its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rates = {name: Rate() for name in ("capture", "segment", "shown")}
        self._stages: dict[str, Distribution] = {}
        self._recent_staleness = 0.0

    def tick(self, name: str, now: float) -> None:
        """One frame passed `capture`, `segment` or `shown`."""
        with self._lock:
            self._rates[name].tick(now)

    def spent(self, stage: str, seconds: float) -> None:
        """A stage took so long once."""
        with self._lock:
            self._stages.setdefault(stage, Distribution()).add(seconds)
            if stage == "staleness":
                self._recent_staleness += 0.1 * (seconds - self._recent_staleness)

    def fps(self, name: str, now: float) -> float:
        """Frames a second, lately."""
        with self._lock:
            return self._rates[name].value(now)

    def count(self, name: str) -> int:
        """Frames in all."""
        with self._lock:
            return self._rates[name].count

    def seconds(self, name: str) -> float:
        """From the first frame that passed to the last."""
        with self._lock:
            return self._rates[name].seconds

    @property
    def staleness(self) -> float:
        """Seconds from capture to hand-over, lately."""
        return self._recent_staleness

    def table(self) -> list[tuple[str, int, float, float, float]]:
        """Each stage with its count and 50th, 95th and 99th percentile in seconds."""
        with self._lock:
            return [
                (stage, d.count, d.quantile(0.5), d.quantile(0.95), d.quantile(0.99))
                for stage, d in sorted(self._stages.items(), key=lambda item: _place(item[0]))
            ]


def _place(stage: str) -> int:
    return STAGES.index(stage) if stage in STAGES else len(STAGES)
