"""A machine with cameras: nodes, links and names in a folder, and drivers that answer ioctls."""

import ctypes
import errno
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, TypeVar

from livesegment.sources.cameras.listing import Places

T = TypeVar("T")
Sizes: TypeAlias = Mapping[tuple[int, int], Sequence[tuple[int, int]]]
"""(width, height) -> intervals, as numerator and denominator of seconds."""

CAPTURE, PLANES, METADATA, CODEC = 0x1, 0x1000, 0x80_0000, 0x8000
STREAMING, OWN = 0x400_0000, 0x8000_0000


class _Capability(ctypes.Structure):
    _fields_ = (
        ("driver", ctypes.c_char * 16),
        ("card", ctypes.c_char * 32),
        ("bus", ctypes.c_char * 32),
        ("version", ctypes.c_uint32),
        ("whole", ctypes.c_uint32),
        ("own", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32 * 3),
    )


class _Format(ctypes.Structure):
    _fields_ = (
        ("index", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("description", ctypes.c_char * 32),
        ("code", ctypes.c_uint32),
        ("bus_code", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32 * 3),
    )


class _Size(ctypes.Structure):
    _fields_ = (
        ("index", ctypes.c_uint32),
        ("code", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("numbers", ctypes.c_uint32 * 6),
        ("reserved", ctypes.c_uint32 * 2),
    )


class _Interval(ctypes.Structure):
    _fields_ = (
        ("index", ctypes.c_uint32),
        ("code", ctypes.c_uint32),
        ("width", ctypes.c_uint32),
        ("height", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("numbers", ctypes.c_uint32 * 6),
        ("reserved", ctypes.c_uint32 * 2),
    )


def every(*rates: int) -> list[tuple[int, int]]:
    """Intervals of so many frames a second."""
    return [(1, rate) for rate in rates]


WEBCAM: dict[str, Sizes] = {
    "YUYV": {(640, 480): every(30, 15), (1280, 720): every(10), (1920, 1080): every(5)},
    "MJPG": {(640, 480): every(60, 30), (1280, 720): every(60, 30), (1920, 1080): every(30)},
}


@dataclass
class Driver:
    """A driver that answers from a table."""

    formats: Mapping[str, Sizes] = field(default_factory=lambda: WEBCAM)
    card: bytes = b"Good Webcam"
    abilities: int = CAPTURE | STREAMING
    whole: int | None = None
    """Of the whole camera, where it differs from the node's own."""
    planes: bool = False
    endless: bool = False
    """Whether it answers whatever index it is asked with the first of a list."""
    size_range: Sequence[int] | None = None
    """Least, most and step of the width, then of the height, in place of a list of sizes."""
    interval_range: Sequence[int] | None = None
    """Likewise: the shortest, the longest and the step, as numerator and denominator."""
    fails: int = 0
    """The errno of every answer, if any."""
    asked: int = 0

    def __call__(self, number: int, structure: bytearray) -> None:
        """Answer, or raise OSError."""
        self.asked += 1
        if self.fails:
            raise OSError(self.fails, os.strerror(self.fails))
        answer = {0: self._capability, 2: self._format, 74: self._size, 75: self._interval}
        answer[number & 0xFF](structure)

    def _capability(self, structure: bytearray) -> None:
        told = _Capability.from_buffer(structure)
        told.driver, told.card, told.bus = b"uvcvideo", self.card, b"usb-0000:00:14.0-1"
        told.own = self.abilities
        told.whole = (self.abilities if self.whole is None else self.whole) | OWN

    def _format(self, structure: bytearray) -> None:
        told = _Format.from_buffer(structure)
        if told.type != (9 if self.planes else 1):
            raise OSError(errno.EINVAL, "no such type")
        told.code = _code(self._one(list(self.formats), told.index))

    def _size(self, structure: bytearray) -> None:
        told = _Size.from_buffer(structure)
        if self.size_range is not None:
            self._one([0], told.index)
            told.type, told.numbers[:] = 3, list(self.size_range)
            return
        told.type = 1
        told.numbers[:2] = self._one(list(self.formats[_letters(told.code)]), told.index)

    def _interval(self, structure: bytearray) -> None:
        told = _Interval.from_buffer(structure)
        if self.interval_range is not None:
            told.type, told.numbers[:] = 2, list(self.interval_range)
            return
        told.type = 1
        sizes = self.formats[_letters(told.code)]
        told.numbers[:2] = self._one(list(sizes.get((told.width, told.height), ())), told.index)

    def _one(self, known: Sequence[T], index: int) -> T:
        if self.endless and known:
            return known[0]
        if index >= len(known):
            raise OSError(errno.EINVAL, "no more")
        return known[index]


class Machine:
    """A machine's /dev, /sys and /proc, under a folder."""

    def __init__(self, folder: Path) -> None:
        self.places = Places(folder / "dev", folder / "sys", folder / "proc")
        self.drivers: dict[str, Driver] = {}
        for place in (self.places.devices / "v4l/by-id", self.places.about, self.places.processes):
            place.mkdir(parents=True)

    def plug(
        self,
        number: int,
        driver: Driver | None = None,
        *,
        name: str = "Good Webcam",
        serial: str = "",
        index: int = 0,
    ) -> Path:
        """Add a node; with a link by `serial`, if given."""
        node = self.places.devices / f"video{number}"
        node.touch()
        about = self.places.about / node.name
        about.mkdir(exist_ok=True)
        (about / "name").write_text(f"{name}\n")
        (about / "index").write_text(f"{index}\n")
        self.drivers[node.name] = driver or Driver(card=name.encode())
        if serial:
            self.link(serial, index).symlink_to(f"../../{node.name}")
        return node

    def unplug(self, number: int) -> None:
        """Take a node and its links away."""
        name = f"video{number}"
        (self.places.devices / name).unlink()
        for link in (self.places.devices / "v4l/by-id").iterdir():
            if link.readlink().name == name:
                link.unlink()

    def link(self, serial: str, index: int = 0) -> Path:
        """The path of a camera that stays the same."""
        return self.places.devices / f"v4l/by-id/usb-{serial}-video-index{index}"

    def use(self, number: int, program: str, process: int) -> None:
        """Let another program have a node open."""
        folder = self.places.processes / str(process)
        (folder / "fd").mkdir(parents=True)
        (folder / "comm").write_text(f"{program}\n")
        (folder / "fd" / "3").symlink_to("socket:[1]")
        (folder / "fd" / "4").symlink_to(self.places.devices / f"video{number}")

    def control(self, descriptor: int, number: int, structure: bytearray) -> None:
        """As `fcntl.ioctl`."""
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        self.drivers[name](number, structure)


def _code(letters: str) -> int:
    return int.from_bytes(letters.ljust(4).encode("latin-1"), "little")


def _letters(code: int) -> str:
    return code.to_bytes(4, "little").decode("latin-1").rstrip()
