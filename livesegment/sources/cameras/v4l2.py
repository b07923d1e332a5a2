"""What a Linux camera can do, asked of its driver: Video4Linux2, by ioctl.

Nothing is set and nothing streams, so a camera that another program uses is not disturbed. Numbers
and layouts are those of the kernel's public header, `linux/videodev2.h`; its structures hold
32-bit numbers and bytes only and are the same on every machine, which the numbers of ioctls are
not.
"""

import errno
import os
import platform
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias

Control: TypeAlias = Callable[[int, int, bytearray], object]
"""As `fcntl.ioctl`: file descriptor, number, structure; raises OSError."""

MOST_FORMATS, MOST_SIZES, MOST_RATES = 32, 128, 64
"""Of a driver that never ends its list. The longest of real cameras have some 40 sizes."""
MOST_ANSWERS = 6000
"""Over all; a driver that answers nonsense costs no more than some milliseconds."""
MOST_PIXELS = 32_768
"""A side of a picture; more is nonsense."""
MOST_FPS = 1000.0
USUAL_SIZES = (
    (640, 360),
    (640, 480),
    (800, 600),
    (1280, 720),
    (1280, 960),
    (1920, 1080),
    (3840, 2160),
)
"""(width, height) that are told of drivers which take any size in a range, beside the ends."""
USUAL_RATES = (5.0, 10.0, 15.0, 24.0, 25.0, 30.0, 50.0, 60.0)

_CAPTURE, _CAPTURE_PLANES = 0x0000_0001, 0x0000_1000
_MEMORY_TO_MEMORY = 0x0000_C000
"""A codec or scaler: it gives back what it was given."""
_OWN_CAPABILITIES = 0x8000_0000
_BUFFERS = {_CAPTURE: 1, _CAPTURE_PLANES: 9}
"""Capability -> type of buffer whose formats are asked for."""
_DISCRETE = 1
_BIG_ENDIAN = 1 << 31

_CAPABILITY = struct.Struct("=16s32s32sIII12x")
_FORMAT = struct.Struct("=III32sII12x")
_SIZE = struct.Struct("=III6I8x")
_INTERVAL = struct.Struct("=5I6I8x")


def request(number: int, size: int, *, writes: bool = True, machine: str | None = None) -> int:
    """The number of an ioctl of Video4Linux that reads a structure, and `writes` one before.

    Args:
        number: in videodev2.h.
        size: of the structure, in bytes.
        writes: whether the driver reads it too.
        machine: as `platform.machine` calls it; this one, if not given.
    """
    machine = machine or platform.machine()
    odd = machine.startswith(("mips", "ppc", "powerpc", "sparc", "alpha"))
    read, write, shift = (2, 4, 29) if odd else (2, 1, 30)
    direction = read | (write if writes else 0)
    return direction << shift | size << 16 | ord("V") << 8 | number


QUERY_CAPABILITIES = request(0, _CAPABILITY.size, writes=False)
LIST_FORMATS = request(2, _FORMAT.size)
LIST_SIZES = request(74, _SIZE.size)
LIST_INTERVALS = request(75, _INTERVAL.size)


@dataclass(frozen=True, slots=True)
class Mode:
    """A way in which a camera can give pictures."""

    format: str
    """Four letters, such as MJPG or YUYV."""
    size: tuple[int, int]
    """(width, height) in pixels."""
    rates: tuple[float, ...]
    """Frames a second, the most first; empty where the driver does not say."""


@dataclass(frozen=True, slots=True)
class Device:
    """What a driver says of a device."""

    driver: str
    card: str
    """The model, for people."""
    bus: str
    captures: bool
    """Whether it gives pictures; a second node of a camera may give data about them only."""
    modes: tuple[Mode, ...]
    """In the driver's order, none twice."""


def query(path: str | Path, control: Control | None = None) -> Device | None:
    """Ask the driver of a device; None where it is no Video4Linux device.

    Args:
        path: such as /dev/video0.
        control: stands in for `fcntl.ioctl`.

    Raises:
        OSError: it may not be opened, or is gone.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return _Driver(descriptor, control or _ioctl).device()
    finally:
        os.close(descriptor)


def _ioctl(descriptor: int, number: int, structure: bytearray) -> None:
    import fcntl  # not on Windows, where this module is imported too

    fcntl.ioctl(descriptor, number, structure, True)


class _Driver:
    """An open device; asked no more than `MOST_ANSWERS` times."""

    def __init__(self, descriptor: int, control: Control) -> None:
        self._descriptor = descriptor
        self._control = control
        self._left = MOST_ANSWERS

    def device(self) -> Device | None:
        structure = bytearray(_CAPABILITY.size)
        try:
            self._control(self._descriptor, QUERY_CAPABILITIES, structure)
        except OSError as error:
            if error.errno in {errno.ENOTTY, errno.EINVAL, errno.ENOSYS}:
                return None
            raise
        driver, card, bus, _, whole, own = _CAPABILITY.unpack(structure)
        able = own if whole & _OWN_CAPABILITIES else whole
        kinds = [kind for kind in _BUFFERS if able & kind and not able & _MEMORY_TO_MEMORY]
        modes: dict[tuple[str, tuple[int, int]], Mode] = {}
        for kind in kinds:
            for mode in self._modes(_BUFFERS[kind]):
                modes.setdefault((mode.format, mode.size), mode)
        known = tuple(modes.values())
        return Device(_text(driver), _text(card), _text(bus), bool(kinds), known)

    def _modes(self, buffer: int) -> Iterator[Mode]:
        asked = (_FORMAT.pack(i, buffer, 0, b"", 0, 0) for i in range(MOST_FORMATS))
        for answer in self._answers(LIST_FORMATS, asked):
            code = _FORMAT.unpack(answer)[4]
            for size in dict.fromkeys(self._sizes(code)):
                rates = {rate for rate in self._rates(code, size) if 0 < rate <= MOST_FPS}
                yield Mode(_name(code), size, tuple(sorted(rates, reverse=True)))

    def _sizes(self, code: int) -> Iterator[tuple[int, int]]:
        asked = (_SIZE.pack(i, code, 0, *[0] * 6) for i in range(MOST_SIZES))
        for answer in self._answers(LIST_SIZES, asked):
            _, _, kind, *numbers = _SIZE.unpack(answer)
            found = [(numbers[0], numbers[1])] if kind == _DISCRETE else _in_range(*numbers)
            yield from (size for size in found if all(0 < side <= MOST_PIXELS for side in size))
            if kind != _DISCRETE:  # all is said in one answer
                return

    def _rates(self, code: int, size: tuple[int, int]) -> Iterator[float]:
        asked = (_INTERVAL.pack(i, code, *size, 0, *[0] * 6) for i in range(MOST_RATES))
        for answer in self._answers(LIST_INTERVALS, asked):
            _, _, _, _, kind, *numbers = _INTERVAL.unpack(answer)
            fastest = _rate(numbers[0], numbers[1])
            yield fastest
            if kind != _DISCRETE:
                slowest = _rate(numbers[2], numbers[3])
                yield slowest
                yield from (rate for rate in USUAL_RATES if slowest < rate < fastest)
                return

    def _answers(self, number: int, asked: Iterator[bytes]) -> Iterator[bytearray]:
        """What the driver makes of each question, until it has no more to say."""
        for question in islice(asked, self._left):
            self._left -= 1
            structure = bytearray(question)
            try:
                self._control(self._descriptor, number, structure)
            except (
                OSError
            ):  # EINVAL after the last, ENOTTY where it keeps no list, ENODEV unplugged
                return
            yield structure


def _in_range(*numbers: int) -> list[tuple[int, int]]:
    """Sizes of a range, given as least, most and step of the width, then of the height."""
    (least, most, step), (low, high, rise) = numbers[:3], numbers[3:]
    return [
        *((most, high),),
        *(
            (width, height)
            for width, height in reversed(USUAL_SIZES)
            if least <= width <= most
            and low <= height <= high
            and (width - least) % max(step, 1) == 0
            and (height - low) % max(rise, 1) == 0
        ),
        *((least, low),),
    ]


def _rate(numerator: int, denominator: int) -> float:
    """Frames a second, of an interval in seconds; 0 where that is nonsense."""
    return round(denominator / numerator, 3) if numerator else 0.0


def _name(code: int) -> str:
    """A format's four letters; a mark where its bytes are in the other order."""
    letters = (code & ~_BIG_ENDIAN).to_bytes(4, "little").decode("ascii", "replace").rstrip()
    return printable(letters) + ("-BE" if code & _BIG_ENDIAN else "")


def _text(value: bytes) -> str:
    return printable(value.split(b"\0", 1)[0].decode("utf-8", "replace").strip())


def printable(text: str) -> str:
    """Text without what could steer a terminal: a device may call itself anything."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
