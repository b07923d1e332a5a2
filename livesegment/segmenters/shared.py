"""One network for several sources, each with thresholds of its own."""

from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.instances import Segmentation
from livesegment.segmenters.base import Segmenter


class SharedSegmenter:
    """One source's hold on a segmenter that others hold, too; see `Segmenter`.

    What one source's keys change holds for that source only. Those who share take turns; nothing
    here keeps two threads out of the network. Not for what learns from frame to frame, as from
    motion: of that each source needs its own.
    """

    def __init__(self, segmenter: Segmenter) -> None:
        self.thresholds: Thresholds = segmenter.thresholds
        """What is kept; see `Segmenter.thresholds`."""
        self._segmenter = segmenter

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names in the order of class ids."""
        return self._segmenter.labels

    def warm_up(self) -> None:
        """Once is enough for all who share; see `Segmenter.warm_up`."""
        self._segmenter.warm_up()

    def segment(self, frame: Frame) -> Segmentation:
        """Find the objects in `frame`; see `Segmenter.segment`."""
        if self._segmenter.thresholds is not self.thresholds:
            self._segmenter.thresholds = self.thresholds
        return self._segmenter.segment(frame)

    def describe(self) -> str:
        """What really runs and on which device."""
        return self._segmenter.describe()
