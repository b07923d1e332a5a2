"""Pictures that show nothing, and pictures that do not change."""

import numpy as np

from livesegment.frame import Image

SPREAD = 4
"""Levels between the darkest and the lightest sample of each channel that one colour may have, as
coding leaves it; the noise of a sensor in the dark is several times as much."""
SAMPLES = 64
"""A row and a column of those that are looked at for one colour, at most."""
ROWS = 16
"""Compared of each picture, or a few more."""


class PictureWatch:
    """Looks at each picture of a stream, and says how long it has shown the very same pixels.

    Comparing whole pictures would cost a millisecond each. One row tells nearly every two pictures
    of a camera apart, as sensors are noisy; where it does not, `ROWS` are compared, other ones
    each time. So a picture that counts as frozen after seconds was compared everywhere, down to a
    clock that ticks in its corner.
    """

    def __init__(self) -> None:
        self.blank = False
        """Whether the last picture is black, grey, or of any other single colour."""
        self._shown: Image | None = None
        """The first of the pictures that are the same."""
        self._since = 0.0
        self._until = 0.0
        self._looks = 0

    @property
    def same_for(self) -> float:
        """Seconds for which the pictures have been the very same."""
        return self._until - self._since

    def look(self, image: Image, at: float) -> None:
        """Take in the next picture, which nobody changes afterwards.

        Args:
            image: the picture.
            at: when it arrived, in seconds.
        """
        self.blank = is_blank(image)
        if not self._is_same(image):
            self._shown, self._since = None if self.blank else image, at
        self._until = at

    def forget(self) -> None:
        """Let the next picture be a new one, whatever it shows."""
        self.blank, self._shown = False, None
        self._since = self._until

    def _is_same(self, image: Image) -> bool:
        shown = self._shown
        if shown is None or shown.shape != image.shape:
            return False
        self._looks += 1
        height = image.shape[0]
        row = self._looks * 37 % height
        if not np.array_equal(shown[row], image[row]):
            return False
        step = max(1, height // ROWS)
        first = self._looks % step
        return np.array_equal(shown[first::step], image[first::step])


def is_blank(image: Image) -> bool:
    """Whether a picture is of one colour all over, up to what coding makes of it."""
    height, width = image.shape[:2]
    down, across = -(-height // SAMPLES), -(-width // SAMPLES)
    row = image[height // 2, ::across]
    return not any(_varies(row[:, channel]) for channel in range(3)) and not any(
        _varies(image[down // 2 :: down, ::across, channel]) for channel in range(3)
    )


def _varies(samples: Image) -> bool:
    return int(samples.max()) - int(samples.min()) > SPREAD
