"""Whether a condition holds, from frame to frame."""

import operator
from collections.abc import Callable

from livesegment.events.condition import And, Comparison, Lasting, Not, Or, Tree
from livesegment.events.moment import ROUNDING
from livesegment.events.tally import Tally

SILENCE = 60.0
"""Seconds; across a longer gap between two frames nothing is thought to have gone on."""

_SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}


class Judge:
    """Judges one condition; remembers since when its parts with a duration have held."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._since: dict[Lasting, float] = {}
        self._seen: float | None = None

    def holds(self, tally: Tally, clock: float) -> bool:
        """Whether the condition holds at this frame.

        Frames of which nothing is known are not brought here: they neither hold nor break
        anything.

        Args:
            tally: of the frame.
            clock: seconds on the session's clock; grows from frame to frame.
        """
        if self._seen is not None and clock - self._seen > SILENCE:
            self._since.clear()
        self._seen = clock
        return self._holds(self._tree, tally, clock)

    def _holds(self, tree: Tree, tally: Tally, clock: float) -> bool:
        match tree:
            case Comparison(measure, name, sign, value):
                return _SIGNS[sign](tally.of(measure, name), value)
            case Not(term):
                return not self._holds(term, tally, clock)
            case And(terms):
                return all(self._each(terms, tally, clock))
            case Or(terms):
                return any(self._each(terms, tally, clock))
            case Lasting(term, seconds):
                if not self._holds(term, tally, clock):
                    self._since.pop(tree, None)
                    return False
                # Equal parts in two places of a condition share a time, which is the same anyhow.
                return clock - self._since.setdefault(tree, clock) >= seconds - ROUNDING

    def _each(self, terms: tuple[Tree, ...], tally: Tally, clock: float) -> list[bool]:
        """Every part is judged at every frame: a duration inside goes on meanwhile."""
        return [self._holds(term, tally, clock) for term in terms]
