"""What a frame holds of each class, as far as conditions ask."""

from collections.abc import Sequence

import numpy as np

from livesegment.events.condition import Measure
from livesegment.instances import Instances


class Tally:
    """Counts, areas and scores of one frame.

    An object counts from the second result on that shows it, which is when it gets its track id:
    what flashes up in a single result starts no event. Where nothing is tracked, all count.
    """

    def __init__(self, instances: Instances, labels: Sequence[str], size: tuple[int, int]) -> None:
        """Make ready; nothing is measured yet.

        Args:
            instances: what was found.
            labels: class names in the order of class ids.
            size: (width, height) of the frame.
        """
        ids = instances.track_ids
        self._found = instances if ids is None else instances.take(ids != 0)
        self._size = size
        self._names = [
            labels[i] if i < len(labels) else f"class {i}" for i in self._found.class_ids.tolist()
        ]

    def rows(self, name: str | None) -> list[int]:
        """Which of the objects are of a class; of any for None."""
        return [i for i, own in enumerate(self._names) if name is None or own == name]

    def of(self, measure: Measure, name: str | None) -> float:
        """A measure of a class; 0 where there is none of it."""
        rows = self.rows(name)
        if measure is Measure.COUNT or not rows:
            return float(len(rows))
        if measure is Measure.SCORE:
            # As it is written, and as people compare it: 0.9 as float32 is a little less.
            return round(float(self._found.scores[rows].max()), 4)
        return self._covered(rows) / (self._size[0] * self._size[1])

    def counts(self, names: frozenset[str] | None) -> dict[str, int]:
        """How many there are of each of some classes, of all for None; without zeros."""
        counts: dict[str, int] = {}
        for name in self._names:
            if names is None or name in names:
                counts[name] = counts.get(name, 0) + 1
        return counts

    def track_ids(self, names: frozenset[str] | None) -> list[int]:
        """Track ids of the objects of some classes, of all for None."""
        if self._found.track_ids is None:
            return []
        ids = self._found.track_ids.tolist()
        return [
            number
            for number, name in zip(ids, self._names, strict=True)
            if names is None or name in names
        ]

    def best(self, names: frozenset[str] | None) -> float | None:
        """The best score among some classes, among all for None; None where there is none."""
        scores = [
            score
            for score, name in zip(self._found.scores.tolist(), self._names, strict=True)
            if names is None or name in names
        ]
        return round(max(scores), 4) if scores else None

    def _covered(self, rows: list[int]) -> int:
        """Pixels under at least one of the masks."""
        regions = self._found.regions[rows]
        if len(rows) == 1:
            return int(np.count_nonzero(self._found.masks[rows[0]]))
        (left, top), (right, bottom) = regions[:, :2].min(axis=0), regions[:, 2:].max(axis=0)
        canvas = np.zeros((bottom - top, right - left), np.bool_)
        for row, (x1, y1, x2, y2) in zip(rows, regions.tolist(), strict=True):
            canvas[y1 - top : y2 - top, x1 - left : x2 - left] |= self._found.masks[row]
        return int(np.count_nonzero(canvas))
