"""Pictures from files and to files: OpenCV is handed bytes, never a path.

A path that is no UTF-8 takes OpenCV down, a FIFO holds it up for ever, and a small file may state a
size that fills the memory.
"""

import os
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livesegment import most_pixels
from livesegment.errors import SourceError
from livesegment.regular_files import read_regular


def read_image(path: Path, flags: int = cv2.IMREAD_COLOR) -> Any:
    """A picture as `cv2.imread` gives it.

    Raises:
        SourceError: it cannot be read, is none, or states a size that is not allowed.
    """
    quiet_opencv()
    try:
        picture = cv2.imdecode(np.frombuffer(read_regular(path), np.uint8), flags)
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}") from error
    except cv2.error as error:
        # Of what is too large OpenCV has read the head alone; see `livesegment.most_pixels`.
        if re.search(r"IO_MAX_IMAGE_(PIXELS|WIDTH|HEIGHT)", str(error)):
            raise too_large(str(path)) from error
        picture = None
    if picture is None or picture.size == 0:
        raise SourceError(f"{path} is no picture that can be read")
    return picture


def write_image(path: Path, image: Any, params: Sequence[int] = ()) -> None:
    """Write a picture, in the format that the name's suffix says.

    Raises:
        OSError: it cannot be written.
    """
    path.write_bytes(cv2.imencode(path.suffix, image, list(params))[1].tobytes())


def too_large(name: str, size: tuple[int, int] | None = None) -> SourceError:
    """The refusal of a picture, or of the pictures of a video, that would fill the memory."""
    by = "" if size is None else f" of {size[0]}x{size[1]}"
    return SourceError(
        f"{name}: pictures{by} have more than {most_pixels() / 1e6:g} million pixels",
        hint="LIVESEGMENT_MAX_PIXELS=400000000 in the environment lets larger ones in",
    )


@contextmanager
def openable(path: Path) -> Generator[str]:
    """A file's name as OpenCV can take it, for as long as it takes to open it.

    Raises:
        SourceError: there is none.
    """
    whole = str(path.absolute())  # a relative a:b.mp4 would be a protocol
    try:
        if os.fsencode(whole) == whole.encode():
            yield whole
            return
    except UnicodeEncodeError:
        pass
    if not Path("/proc/self/fd").is_dir():
        raise SourceError(
            f"{path}: OpenCV cannot open a file of such a name", hint="rename it, in ASCII"
        )
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}") from error
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def quiet_opencv() -> None:
    """Keep OpenCV's own words off the terminal, where nobody asked for them: ours say it."""
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_FATAL)
