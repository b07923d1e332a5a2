"""Films, pictures and pipes for the tests of sources."""

import os
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2
import numpy as np

from livesegment.frame import Image
from livesegment.threads.worker import Worker
from tests.fakes import CEILING

FPS = 25.0


def pictures(count: int, size: tuple[int, int] = (64, 48)) -> list[Image]:
    """Greys that get lighter by 8 from picture to picture."""
    return [np.full((size[1], size[0], 3), 8 * i + 16, np.uint8) for i in range(count)]


def film(
    path: Path,
    count: int = 10,
    *,
    size: tuple[int, int] = (64, 48),
    fps: float = FPS,
    codec: str = "MJPG",
    colour: bool = True,
) -> Path:
    """Write a film of `pictures`."""
    code = cv2.VideoWriter.fourcc(*codec)  # noqa: TID251 -- what is read is not tested by what writes
    writer = cv2.VideoWriter(  # noqa: TID251
        str(path), cv2.CAP_FFMPEG, code, fps, size, isColor=colour
    )
    assert writer.isOpened()
    for picture in pictures(count, size):
        writer.write(picture if colour else picture[:, :, 0])
    writer.release()
    return path


def greys(images: Iterable[Image]) -> list[int]:
    """Which of `pictures` each one is, or nearly is."""
    return [round((float(image.mean()) - 16) / 8) for image in images]


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """A JPEG with an Exif header that says how the camera was held."""
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes([orientation]) + b"\0" * 6
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + jpeg[2:]


@contextmanager
def fifo(path: Path, content: bytes) -> Generator[Path]:
    """A named pipe through which `content` comes, once somebody opens it."""
    os.mkfifo(path)
    written = threading.Event()

    def write() -> None:
        with suppress(BrokenPipeError), path.open("wb") as pipe:
            pipe.write(content)
        written.set()

    writer = Worker("test-fifo", write)
    writer.start()
    try:
        yield path
    finally:
        # Whoever was to read may never have come.
        while not written.is_set() and writer.is_alive():
            os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
            writer.stop(0.02)
        assert writer.stop(CEILING)
        if writer.error is not None:
            raise writer.error
