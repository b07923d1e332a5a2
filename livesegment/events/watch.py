"""From frames to the beginnings and ends of events, for one condition."""

from livesegment.events.condition import Condition
from livesegment.events.judge import SILENCE, Judge
from livesegment.events.moment import ROUNDING
from livesegment.events.tally import Tally


class Watch:
    """Follows one condition.

    An event begins at the frame where the condition holds. It goes on for as long as the
    condition holds again within the post-roll, and is over at the first frame later than that.
    """

    def __init__(self, condition: Condition, post_roll: float) -> None:
        self.condition = condition
        self.holding = False
        """Whether the condition held at the last frame of which anything is known."""
        self._last: float | None = None
        """When it held last, while an event goes on."""
        self._judge = Judge(condition.tree)
        self._post_roll = post_roll
        self._longest_gap = max(SILENCE, post_roll)
        self._seen = 0.0

    @property
    def going_on(self) -> bool:
        """Whether there is an event."""
        return self._last is not None

    def see(self, clock: float, tally: Tally | None) -> bool:
        """Look at a frame.

        Args:
            clock: its time on the session's clock; not before the one before.
            tally: what it holds; None where nothing is known, which changes nothing.

        Returns:
            Whether an event that was going on is over; another one may have begun in its place.
        """
        over = self.silence(clock)
        self._seen = clock
        if tally is not None:
            self.holding = self._judge.holds(tally, clock)
        if self.holding:
            self._last = clock
        elif self._last is not None and clock - self._last > self._post_roll + ROUNDING:
            self._last = None
            over = True
        return over

    def silence(self, clock: float) -> bool:
        """No frame has come up to now; whether that ends an event that was going on."""
        if clock - self._seen <= self._longest_gap:
            return False
        over, self._last, self.holding = self.going_on, None, False
        return over
