"""Folders and globs of pictures, as the frames of a film."""

import glob
import logging
import re
import threading
import time
from pathlib import Path

import cv2

from livesegment.errors import SourceError
from livesegment.frame import Frame, Image
from livesegment.image_files import openable, quiet_opencv, read_image
from livesegment.sources.base import SourceInfo
from livesegment.sources.capture import as_bgr

log = logging.getLogger(__name__)

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
FPS = 30.0
MOST_WORDS = 5
"""Pictures left out that are named; more are counted."""


class ImagesSource:
    """Pictures in the natural order of their names; see `Source`."""

    is_live = False

    def __init__(self, pattern: str, *, fps: float | None = None, loop: bool = False) -> None:
        self.name = Path(pattern).name or str(pattern)
        self._pattern = pattern
        self._fps = fps or FPS
        self._loop = loop
        self._paths: list[Path] = []
        self._next = 0
        self._index = 0
        self._left_out = 0
        self._summed_up = False
        self._stopped = threading.Event()

    def open(self) -> SourceInfo:
        """Find the pictures; see `Source.open`."""
        path = Path(self._pattern)
        if path.is_dir():
            try:
                found = [item for item in path.iterdir() if item.suffix.lower() in SUFFIXES]
            except OSError as error:
                raise SourceError(f"cannot read {path}: {error.strerror}") from error
        elif path.is_file():
            found = [path]
        else:
            # A folder's name may have signs of a pattern.
            literal = str(Path(glob.escape(str(path.parent)), path.name))
            names = glob.glob(self._pattern) or glob.glob(literal)  # noqa: PTH207 -- absolute
            found = [Path(item) for item in names if Path(item).suffix.lower() in SUFFIXES]
        if not found:
            hint = f"a folder or a quoted glob of {', '.join(sorted(SUFFIXES))}"
            raise SourceError(
                f"no pictures in {self._pattern}",
                hint=f"{hint}; a video is named by its own path",
            )
        if len(found) == 1:
            _tell_of_more(found[0])
        self._paths = sorted(found, key=lambda item: (natural_order(item.name), str(item)))
        first = self._first()
        height, width = first.shape[:2]
        return SourceInfo(
            size=(width, height),
            fps=self._fps,
            frame_count=None if self._loop else len(self._paths),
            description="pictures",
        )

    def read(self) -> Frame | None:
        """The next picture that can be read; see `Source.read`."""
        unreadable = 0
        while not self._stopped.is_set():
            if self._next == len(self._paths):
                self._sum_up()
                if not self._loop:
                    return None
                self._next = 0
            if unreadable == len(self._paths):
                raise SourceError(f"none of the pictures in {self._pattern} can be read any more")
            path = self._paths[self._next]
            self._next += 1
            try:
                image = _load(path)
            except SourceError as error:
                unreadable += 1
                self._leave_out(error)
                continue
            index, self._index = self._index, self._index + 1
            return Frame(image, index, time.monotonic(), index / self._fps)
        return None

    def interrupt(self) -> None:
        """Let the next read end; see `Source.interrupt`."""
        self._stopped.set()

    def close(self) -> None:
        """Nothing is held open."""

    def _first(self) -> Image:
        """The first picture that can be read.

        Raises:
            SourceError: none can.
        """
        for path in self._paths:
            try:
                return _load(path)
            except SourceError as error:
                if len(self._paths) == 1:
                    raise
                reason = error
        raise SourceError(
            f"none of the {len(self._paths)} pictures in {self._pattern} can be read; the last: "
            f"{reason}",
            hint=reason.hint,
        )

    def _leave_out(self, error: SourceError) -> None:
        """Say why a picture is missing; of many, how many."""
        if self._summed_up:
            return
        self._left_out += 1
        if self._left_out <= MOST_WORDS:
            log.warning("%s; left out", error)

    def _sum_up(self) -> None:
        """Say at the end how many are missing."""
        if self._left_out and not self._summed_up:
            count = f"{self._left_out} of {len(self._paths)}"
            log.warning("%s pictures in %s were left out", count, self._pattern)
        self._summed_up = True


def _tell_of_more(path: Path) -> None:
    """Say that a file has more pictures than the one that is taken."""
    if not path.is_file():
        return  # a pipe would hold us; loading says so
    quiet_opencv()
    try:
        with openable(path) as name:
            count = cv2.imcount(name)
    except (SourceError, cv2.error):
        return  # loading it says what is wrong
    if count > 1:
        log.warning(
            "%s holds %d pictures, and the first is taken; ffmpeg -i FILE film.mkv makes a video",
            path,
            count,
        )


def _load(path: Path) -> Image:
    """A picture.

    Raises:
        SourceError: it cannot be read.
    """
    return as_bgr(read_image(path, _flags(path)))


def _flags(path: Path) -> int:
    """How OpenCV is to read a picture."""
    if path.suffix.lower() in {".tif", ".tiff"}:
        return cv2.IMREAD_UNCHANGED  # with any other flag grey ones of floats cannot be read
    # IMREAD_UNCHANGED would leave photographs lying on their side, as the camera was held.
    return cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH


def natural_order(name: str) -> list[tuple[int, str]]:
    """A key that puts frame2 before frame10."""
    parts = re.split(r"(\d+)", name.lower())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
