"""One picture of a stream."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]
"""A colour picture: (height, width, 3), BGR, as OpenCV reads and shows it."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a stream, with its place in it.

    A frame is shared between threads, so nobody writes to `image`: whoever draws, copies first.
    """

    image: Image
    index: int
    """Counted by the source from 0; a gap is a frame that was dropped."""
    captured_at: float
    """`time.monotonic()` seconds of the capture: those of the arrival, less `late`."""
    pts: float
    """The stream's own time of the picture, in seconds; grows from frame to frame."""
    late: float = 0.0
    """Seconds by which it arrived later than the quickest of its stream, going by `pts`."""
    epoch: int = 0
    """How many times the source was connected anew before."""

    def __post_init__(self) -> None:
        shape, dtype = self.image.shape, self.image.dtype
        if self.image.ndim != 3 or shape[2] != 3 or dtype != np.uint8 or 0 in shape:
            raise ValueError(f"image must be (h, w, 3) uint8, got {shape} {dtype}")
        self.image.flags.writeable = False

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        height, width = self.image.shape[:2]
        return width, height

    def __repr__(self) -> str:
        width, height = self.size
        return f"Frame(index={self.index}, size={width}x{height}, pts={self.pts:.3f})"
