"""How finely motion is followed, and which of that a machine has the time for."""

from collections.abc import Callable
from enum import StrEnum

from livesegment.carrying.motion import Fineness
from livesegment.threads.cores import usable_cores


class Quality(StrEnum):
    """How finely motion is followed."""

    LO = "lo"
    MID = "mid"
    HI = "hi"
    AUTO = "auto"
    """The finest of these that there is time for."""


STEPS = (Quality.LO, Quality.MID, Quality.HI)
FINENESS = {
    Quality.LO: Fineness(ratio=2.5, patch_step=8, descents=25),
    Quality.MID: Fineness(ratio=2.0, patch_step=6, descents=25),
    Quality.HI: Fineness(ratio=2.0, patch_step=4, descents=25),
}
DEARER = 1.6
"""About what each step costs of the one below."""
SHARE = 0.25
"""Of the time from frame to frame: the rest is for decoding, drawing and the segmenter."""
MOST = 0.75
"""Of the same, beyond which frames are left out."""
CROWD_SHARE = 0.4
"""Of the time of all cores, for all sources together that are carried side by side."""
CROWD_MOST = 0.8
"""Of the time from frame to frame, likewise: one carries at a time, and none is to wait long."""
SPARSEST = 4
"""At least one frame in so many is followed: over more, motion is not found reliably."""
RELIEF = 0.6
"""To leave fewer frames out must be expected to take no more than this share of the time."""
ROOM = 0.85
"""A dearer step must be expected to take no more than this share of the budget."""
PATIENCE = 0.5
"""Of the time from frame to frame: one that waits for longer has its turn with the next."""
SMOOTHING = 0.1
OUTLIER = 4
"""An interval so many times the usual one is an outage, of which the next frames know nothing."""
DOWN_AFTER = 8
"""Frames in a row over the budget, so that one late frame changes nothing."""
UP_AFTER = 90
"""Frames in a row with room for more."""
LONGEST_WAIT = 32 * UP_AFTER


class Governor:
    """Chooses the quality by what it was seen to cost.

    Each time a finer step had to be taken back, the wait for the next attempt doubles.
    """

    def __init__(
        self,
        quality: Quality,
        budget: float | None = None,
        crowd: Callable[[], int] = lambda: 1,
        cores: int | None = None,
        *,
        every: int = 1,
    ) -> None:
        """Start in the middle.

        Args:
            quality: fixed, or `AUTO`.
            budget: seconds a frame; None for a share of the time from frame to frame.
            crowd: how many sources are carried side by side now, this one included.
            cores: that they have together; None for all that there are.
            every: one frame in so many is followed, at first.
        """
        self.auto = quality is Quality.AUTO
        self.step = Quality.MID if self.auto else quality
        self._budget = budget
        self._crowd = crowd
        self._cores = usable_cores() if cores is None else cores
        self._cost: float | None = None
        self._interval: float | None = None
        self._over = 0
        self._under = 0
        self._wait = UP_AFTER
        self._climbed = False
        self.every = every
        """One frame in so many is followed; the others keep the masks of the one before, for want
        of time."""
        self._late = 0

    @property
    def fineness(self) -> Fineness:
        """For the next frame."""
        return FINENESS[self.step]

    @property
    def patience(self) -> float | None:
        """Seconds that the next frame may wait for its turn; None for no limit."""
        return None if self._interval is None else PATIENCE * self._interval

    def spent(self, seconds: float, interval: float | None) -> None:
        """Learn what a frame cost.

        Args:
            seconds: that following the motion took.
            interval: seconds since the frame before; None for a first one.
        """
        if interval is not None and interval > 0:
            known = self._interval or interval
            self._interval = _smoothed(known, min(interval, OUTLIER * known))
        if not self.auto:
            return
        self._cost = _smoothed(self._cost, seconds)
        self._thin()
        budget = self._budget
        if budget is None:
            if self._interval is None:
                return
            budget = self._share(SHARE) * self._interval
        self._over = self._over + 1 if self._cost > budget else 0
        self._under = self._under + 1 if self._cost * DEARER < ROOM * budget else 0
        place = STEPS.index(self.step)
        if self._over >= DOWN_AFTER and place > 0:
            if self._climbed:
                self._wait = min(2 * self._wait, LONGEST_WAIT)
            self._change(place - 1)
            self._climbed = False
        elif self._under >= self._wait and place < len(STEPS) - 1:
            self._change(place + 1)
            self._climbed = True

    def _thin(self) -> None:
        """Leave more frames out, or fewer."""
        if self._cost is None or self._interval is None or self.step is not STEPS[0]:
            return
        most = self._share(MOST) * self._interval
        self._late = self._late + 1 if self._cost > most * self.every else 0
        if self._late >= DOWN_AFTER and self.every < SPARSEST:
            self.every += 1
            self._late = 0
        elif self._cost < RELIEF * most * (self.every - 1):
            self.every -= 1

    def _share(self, alone: float) -> float:
        """Of the time from frame to frame, for one source."""
        crowd = self._crowd()
        return (
            min(alone, min(CROWD_MOST, CROWD_SHARE * self._cores) / crowd) if crowd > 1 else alone
        )

    def _change(self, place: int) -> None:
        self.step = STEPS[place]
        self._cost = None
        self._over = self._under = 0


def _smoothed(mean: float | None, value: float) -> float:
    return value if mean is None else mean + SMOOTHING * (value - mean)
