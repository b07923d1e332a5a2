"""The seam between the pipeline and whatever finds objects."""

from typing import Protocol

from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.instances import Segmentation


class Segmenter(Protocol):
    """Finds the objects in a frame. Built in one thread, then used by the segment thread only."""

    thresholds: Thresholds
    """What is kept; may be replaced, whole, from any thread, and holds from the next frame on."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names in the order of class ids."""
        ...

    def warm_up(self) -> None:
        """Run once on a blank picture, so that no frame has to wait for first-time work.

        Raises:
            ModelError: the network is not what its family expects.
            EngineError: it could not be run.
        """
        ...

    def segment(self, frame: Frame) -> Segmentation:
        """Find the objects in `frame`.

        Raises:
            EngineError: the network could not be run.
        """
        ...

    def describe(self) -> str:
        """What really runs and on which device; meaningful after `warm_up`."""
        ...
