"""Frames for events: what is in them, and the moment they make."""

from collections.abc import Sequence

import numpy as np

from livesegment.events.moment import Moment
from livesegment.events.tally import Tally
from livesegment.instances import Instances
from tests.fakes import SIZE, image

LABELS = ("person", "car", "traffic light")


def found(*names: str, scores: Sequence[float] = (), ids: Sequence[int] | None = None) -> Instances:
    """One square of 4 pixels a side for each name, side by side; tracked as 1, 2 and so on."""
    count = len(names)
    boxes = [(6 * i, 2, 6 * i + 4, 6) for i in range(count)]
    return Instances.from_rows(
        boxes,
        list(scores) or [0.9] * count,
        [LABELS.index(name) for name in names],
        [np.ones((4, 4), bool)] * count,
        list(range(1, count + 1)) if ids is None else ids,
    )


def tally(*names: str, scores: Sequence[float] = (), ids: Sequence[int] | None = None) -> Tally:
    """What a frame of 64 by 48 pixels holds."""
    return Tally(found(*names, scores=scores, ids=ids), LABELS, SIZE)


def moment(clock: float, instances: Instances | None = None) -> Moment:
    """Frame 25 * clock of a film."""
    return Moment(
        clock=clock,
        frame=round(25 * clock),
        captured_at=100 + clock,
        picture=image(round(25 * clock)),
        instances=Instances.empty() if instances is None else instances,
        known=True,
        fps=25.0,
    )
