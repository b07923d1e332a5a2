"""The seam between the newest result and the frame on screen."""

from typing import Protocol

from livesegment.frame import Frame
from livesegment.instances import Instances, Segmentation


class Carrier(Protocol):
    """Says where the objects are in the frame shown, of which no result may be there yet.

    Called from the presenter's thread only: for each frame first `expect` and `correct`, as far as
    there is something to tell, then `advance`.
    """

    def expect(self, frame_index: int) -> None:
        """Learn which frame is being segmented now; its result comes some frames later.

        The frame may be one that was shown, the next one, or one that will never be shown.
        """
        ...

    def correct(self, segmentation: Segmentation) -> None:
        """Take a new result, of an earlier frame or of the next one to be shown."""
        ...

    def advance(self, frame: Frame) -> Instances:
        """The instances in `frame`, which is newer than every frame before."""
        ...

    @property
    def key(self) -> Segmentation | None:
        """The result that the instances of the last `advance` go back to."""
        ...
