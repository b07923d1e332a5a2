"""How late a frame came: from when it came, and from what time it says it is."""

from collections import deque
from dataclasses import dataclass

from livesegment.sources.clock import LARGEST_STAMP

DRIFT = 2e-3
"""Seconds a second by which a camera's clock may run slow; no oscillator is as bad."""
JUMP = 0.5
"""Seconds by which no frame comes quicker than all before it: its stamp has jumped."""
PAUSE = 0.5
"""Seconds by which a frame must come late all of a sudden, to ask whether time stood still."""
SETTLED, ENOUGH = 1.5, 3
"""Seconds, and frames, after which a delay that came all of a sudden should be getting less."""
MADE_UP = 0.2
"""Share of it that is less by then."""
DOUBTED = 2.0
"""Seconds late, from which on it is asked whether the stamps tell a time at all."""
REGULAR, FEW = 1.5, 50
"""The longest of the last so many intervals, over their mean, in frames that nothing holds up."""
INSTANT = 1e-6
"""Seconds; the least from one frame to the next."""


@dataclass(slots=True)
class _Pause:
    """A delay that came all of a sudden."""

    at: float
    """Of arrival."""
    lag: float
    """From its stamp to its arrival, as in `Lateness`."""
    rise: float
    """Seconds of delay."""
    frames: int = 0
    """Since."""


class Lateness:
    """Tells when the pictures of a stream were taken, as far as that can be known from outside.

    The quickest frame counts as on time, and every other one is as late as its stamp says in
    comparison. The measure of the quickest rises slowly, so that a camera whose clock runs slow
    does not seem to come later and later.

    A network that stalled hands over afterwards all that it held back, each frame less late than
    the one before. Where a delay comes and stays it was no network: the camera itself paused, and
    its clock with it. Where stamps run back, or jump ahead, lateness goes on as it was.

    There are cameras that stamp 25 frames a second whatever their rate. Their frames seem later
    and later, and yet come like clockwork, as they would not over a network that is too slow:
    whole pictures take much longer there than changes. Such stamps are no longer looked at.
    """

    def __init__(self) -> None:
        self._quickest: float | None = None
        """Least lag, which is arrival less stamp; only its differences mean anything."""
        self._arrival = self._stamp = 0.0
        self._late = 0.0
        self._captured: float | None = None
        self._pause: _Pause | None = None
        self._gaps: deque[float] = deque(maxlen=FEW)
        self._untold = False
        """Whether the stamps tell no time."""

    def captured(self, arrival: float, stamp: float) -> float:
        """When a frame was taken: its arrival less its lateness; grows strictly.

        Args:
            arrival: monotonic seconds.
            stamp: the stream's seconds; NaN where it has none.
        """
        if abs(stamp) < LARGEST_STAMP and not self._untold:
            self._late = self._compare(arrival, stamp)
            if self._late > DOUBTED and self._comes_like_clockwork():
                self._late, self._untold = 0.0, True
        captured = arrival - self._late
        if self._captured is not None:
            captured = max(captured, self._captured + INSTANT)
        self._captured = captured
        return captured

    def _compare(self, arrival: float, stamp: float) -> float:
        """Seconds by which a frame is later than the quickest."""
        lag, gap, step = arrival - stamp, arrival - self._arrival, stamp - self._stamp
        self._arrival, self._stamp = arrival, stamp
        self._gaps.append(gap)
        if self._quickest is None:
            self._quickest = lag
            return 0.0
        if step <= 0 or lag < self._quickest - JUMP:
            self._quickest, self._pause = lag - self._late, None
            return self._late
        self._quickest = min(lag, self._quickest + DRIFT * gap)
        if gap - step > PAUSE:
            self._pause = _Pause(arrival, lag, gap - step)
        elif self._pause is not None and self._stays(self._pause, arrival, lag):
            self._quickest = min(lag, self._quickest + self._pause.rise)
            self._pause = None
        return lag - self._quickest

    def _stays(self, pause: _Pause, arrival: float, lag: float) -> bool:
        """Whether a sudden delay turns out to be none of the network's."""
        pause.frames += 1
        if lag < pause.lag - MADE_UP * pause.rise:
            self._pause = None
            return False
        return pause.frames >= ENOUGH and arrival - pause.at > SETTLED

    def _comes_like_clockwork(self) -> bool:
        """Whether nothing held the last frames up."""
        return len(self._gaps) == FEW and max(self._gaps) * FEW < REGULAR * sum(self._gaps)
