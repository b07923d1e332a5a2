"""Pictures in memory that two processes share."""

import mmap
import os
import secrets
import sys
import tempfile

import numpy as np

from livesegment.frame import Image

SLOTS = 2
"""Pictures that there is room for: one being shown, and the next."""
PAGE = 4096

if sys.platform == "win32":

    def attach(handle: str, size: int) -> mmap.mmap:
        """The memory as its other process has it.

        Args:
            handle: as `SharedPictures` has it.
            size: bytes.
        """
        return mmap.mmap(-1, size, tagname=f"{handle}-{size}")

else:

    def attach(handle: str, size: int) -> mmap.mmap:
        """The memory as its other process has it.

        Args:
            handle: as `SharedPictures` has it.
            size: bytes.
        """
        return mmap.mmap(int(handle), size)


def picture(memory: mmap.mmap, offset: int, height: int, width: int) -> Image:
    """A picture where it lies; no copy."""
    return np.ndarray((height, width, 3), np.uint8, memory, offset)


class SharedPictures:
    """The side that writes them. The memory grows with the pictures, and is gone with both sides.

    No name in a folder stands for it: nobody else can open it, and nothing is left after a crash.
    On Windows it has a name that cannot be guessed.
    """

    def __init__(self) -> None:
        """Take no memory yet.

        Raises:
            OSError: there is none to be had.
        """
        self.size = 0
        """Bytes. A change tells the other side to attach again."""
        self._memory: mmap.mmap | None = None
        self._next = 0
        self._file: int | None = None
        if sys.platform == "win32":
            self.handle = f"livesegment-{secrets.token_hex(16)}"
        else:
            self._file = _unnamed_file()
            self.handle = str(self._file)

    @property
    def inherited(self) -> tuple[int, ...]:
        """File descriptors that the other process must be started with."""
        return () if self._file is None else (self._file,)

    def holds(self, image: Image) -> bool:
        """Whether there is room; else `put` moves all, and must find nothing in use."""
        return image.nbytes <= self.size // SLOTS

    def put(self, image: Image) -> tuple[int, int, int]:
        """Copy a picture to where the one before the last was.

        Returns:
            Where it is, and its size: offset, height, width.

        Raises:
            OSError: there is no memory for it.
        """
        if self._memory is None or not self.holds(image):
            self._memory = self._grown(SLOTS * (-(-image.nbytes // PAGE) * PAGE))
        offset = self._next * (self.size // SLOTS)
        self._next = (self._next + 1) % SLOTS
        height, width = image.shape[:2]
        np.copyto(picture(self._memory, offset, height, width), image)
        return offset, height, width

    def close(self) -> None:
        """Let go of it. Safe twice."""
        self._memory = None
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _grown(self, size: int) -> mmap.mmap:
        if self._file is not None:
            # Written, not only claimed: memory that turns out not to be there ends the program.
            with os.fdopen(self._file, "wb", closefd=False) as file:
                file.seek(0)
                file.write(bytes(size))
        memory = attach(self.handle, size)
        self.size = size
        return memory


def _unnamed_file() -> int:
    """In memory where the system has such files."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("livesegment-pictures")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
