"""Several segmenters of one model that work side by side.

Two networks with half the processor's threads each get through more pictures than one with all of
them: inside a network the threads wait for each other after every layer, and for nothing at all
while its picture is made ready and its objects are drawn up. A single picture takes longer, so this
is for films, where nobody waits for one.
"""

import queue
from collections.abc import Sequence

from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.instances import Segmentation
from livesegment.segmenters.base import Segmenter


class SegmenterPool:
    """Gives each frame to a member that is free; see `Segmenter`.

    Unlike others, `segment` may be called from several threads at once: from as many as there are
    members without waiting.
    """

    def __init__(self, members: Sequence[Segmenter]) -> None:
        if not members:
            raise ValueError("a pool needs a member")
        self._members = tuple(members)
        self._free: queue.SimpleQueue[Segmenter] = queue.SimpleQueue()
        for member in members:
            self._free.put(member)

    @property
    def thresholds(self) -> Thresholds:
        """What is kept; see `Segmenter.thresholds`."""
        return self._members[0].thresholds

    @thresholds.setter
    def thresholds(self, thresholds: Thresholds) -> None:
        for member in self._members:
            member.thresholds = thresholds

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names in the order of class ids."""
        return self._members[0].labels

    def warm_up(self) -> None:
        """Warm up all of them; see `Segmenter.warm_up`."""
        for member in self._members:
            member.warm_up()

    def segment(self, frame: Frame) -> Segmentation:
        """Find the objects in `frame` by the member that is free first; see `Segmenter.segment`."""
        member = self._free.get()
        try:
            return member.segment(frame)
        finally:
            self._free.put(member)

    def describe(self) -> str:
        """What really runs; see `Segmenter.describe`."""
        return f"{self._members[0].describe()}, {len(self._members)} frames at once"
