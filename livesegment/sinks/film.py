"""What is shown, as one video file of the user's choice."""

import logging
import os
from itertools import count
from pathlib import Path

import cv2
import numpy as np

from livesegment.codecs.video_file import VideoFile
from livesegment.errors import SinkError
from livesegment.frame import Image
from livesegment.sinks.base import Ending, View

log = logging.getLogger(__name__)

WHOLE = (Ending.END_OF_SOURCE, Ending.LIMIT)
"""Endings after which all that was asked for is in the file."""
USUAL_FPS = 30.0
"""Where the source states none."""


class FilmFile:
    """Writes every picture to one Matroska file, at the source's own time; see `Sink`.

    A file has one size, that of its first picture; pictures of another are fitted into it, with
    black beside them. Pictures are encoded as they come: this is for sources that wait.
    A file that was there is replaced by a whole one only; of a run that was broken off, the new
    one is left beside it.
    """

    stage = "encode"

    def __init__(self, path: Path, *, codec: str, min_free: int) -> None:
        """Get ready; the file appears with its first picture.

        Args:
            path: its name.
            codec: one of `codecs.registry.CODECS`.
            min_free: bytes that are left free on the disk.
        """
        self.path = path
        self.written: Path | None = None
        """Where the video is, once it is finished."""
        self._codec = codec
        self._min_free = min_free
        self._file: VideoFile | None = None
        self._first = 0.0

    def write(self, view: View) -> bool:
        """Write one picture; see `Sink.write`."""
        if self._file is None:
            height, width = view.picture.shape[:2]
            self._first = view.frame.pts
            self._file = VideoFile(
                _unused(self.path),
                codec=self._codec,
                size=(width, height),
                fps=view.fps or USUAL_FPS,
                min_free=self._min_free,
            )
        self._file.write(fitted(view.picture, self._file.size), view.frame.pts - self._first)
        return True

    def idle(self, remade: View | None = None) -> bool:
        """Nothing to do between frames."""
        del remade
        return True

    def close(self, ending: Ending) -> None:
        """Finish the file; see `Sink.close`."""
        file, self._file = self._file, None
        if file is None:
            return
        file.close()
        if not file.frames:
            return
        self.written = file.path
        if file.path == self.path:
            return
        if ending not in WHOLE:
            log.warning("%s is as it was, as the new video is not whole", self.path)
            return
        try:
            self.written = file.path.replace(self.path)
        except OSError as error:
            raise SinkError(f"cannot write {self.path}: {error.strerror}") from error


def _unused(path: Path) -> Path:
    """A path, or where it is taken one like it that is not."""
    names = (path.with_stem(f"{path.stem}-new-{number}") for number in count(1))
    return next(one for one in names if not os.path.lexists(one)) if os.path.lexists(path) else path


def fitted(image: Image, size: tuple[int, int]) -> Image:
    """A picture as large as `size` (width, height) holds it, in the middle of black."""
    height, width = image.shape[:2]
    if (width, height) == size:
        return image
    ratio = min(size[0] / width, size[1] / height)
    wide, tall = max(1, round(width * ratio)), max(1, round(height * ratio))
    x, y = (size[0] - wide) // 2, (size[1] - tall) // 2
    whole = np.zeros((size[1], size[0], 3), np.uint8)
    whole[y : y + tall, x : x + wide] = cv2.resize(
        image, (wide, tall), interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
    )
    return whole
