"""Masks as last inferred, left where they were."""

from livesegment.frame import Frame
from livesegment.instances import Instances, Segmentation


class HoldCarrier:
    """Shows the newest result as it is; see `Carrier`."""

    def __init__(self) -> None:
        self.key: Segmentation | None = None

    def expect(self, frame_index: int) -> None:
        """Nothing to prepare; see `Carrier.expect`."""

    def correct(self, segmentation: Segmentation) -> None:
        """Take a new result; see `Carrier.correct`."""
        self.key = segmentation

    def advance(self, frame: Frame) -> Instances:
        """The newest result's instances; none where it is of a picture of another size."""
        if self.key is not None and self.key.size != frame.size:
            self.key = None
        return self.key.instances if self.key else Instances.empty()
