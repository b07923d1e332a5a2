"""H.264 as encoders give it, made into what Matroska holds.

Encoders put a start code before each unit (ISO/IEC 14496-10, Annex B). Matroska, like MP4, holds
each unit with its length before it, and the parameter sets apart from the pictures (ISO/IEC
14496-15, 5.3).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

START = b"\0\0\1"
LENGTH = 4
"""Bytes of the length before each unit."""
PLAIN_PROFILES = frozenset({66, 77, 88})
"""Baseline, main and extended: their description ends with the parameter sets."""
SAMPLING = bytes([0xFC | 1, 0xF8, 0xF8, 0])
"""4:2:0, 8 bits of luma, 8 of chroma, no extensions: the only pictures ever encoded here."""


class Unit(IntEnum):
    """Kinds of units that matter here (ISO/IEC 14496-10, table 7-1)."""

    IDR = 5
    """A part of a picture from which decoding can begin."""
    SEQUENCE = 7
    PICTURE = 8
    DELIMITER = 9
    END_OF_SEQUENCE = 10
    END_OF_STREAM = 11
    FILLER = 12


LEFT_OUT = frozenset({Unit.DELIMITER, Unit.END_OF_SEQUENCE, Unit.END_OF_STREAM, Unit.FILLER})
"""Of use only where nothing else tells where pictures begin and end."""


def kind(unit: bytes) -> int:
    """What a unit is, as `Unit` numbers it."""
    return unit[0] & 0x1F


def units(stream: bytes) -> list[bytes]:
    """The units of an Annex B stream.

    Raises:
        ValueError: it begins with no start code.
    """
    first, *found = stream.split(START)
    if first.strip(b"\0") or (stream and not found):
        raise ValueError(f"no start code at the beginning of {stream[:8].hex()}")
    # No unit ends in a zero byte: those before a start code are part of it.
    trimmed = [unit.rstrip(b"\0") for unit in found]
    return [unit for unit in trimmed if unit]


def is_key(stream: Iterable[bytes]) -> bool:
    """Whether the picture of these units can be read without the ones before."""
    return any(kind(unit) == Unit.IDR for unit in stream)


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """What a decoder must know before the first picture."""

    sequence: tuple[bytes, ...]
    picture: tuple[bytes, ...]

    @classmethod
    def among(cls, stream: Sequence[bytes]) -> Self | None:
        """Those among some units; None where either kind is missing."""
        sequence = tuple(unit for unit in stream if kind(unit) == Unit.SEQUENCE)
        picture = tuple(unit for unit in stream if kind(unit) == Unit.PICTURE)
        return cls(sequence, picture) if sequence and picture else None

    def configuration(self) -> bytes:
        """The AVCDecoderConfigurationRecord (avcC) that Matroska has as CodecPrivate."""
        profile, compatibility, level = self.sequence[0][1:4]
        record = bytearray([1, profile, compatibility, level, 0xFC | (LENGTH - 1)])
        record.append(0xE0 | len(self.sequence))
        record += b"".join(_sized(unit, 2) for unit in self.sequence)
        record.append(len(self.picture))
        record += b"".join(_sized(unit, 2) for unit in self.picture)
        return bytes(record if profile in PLAIN_PROFILES else record + SAMPLING)

    def sample(self, stream: Iterable[bytes]) -> bytes:
        """A picture's units as one block; parameter sets only where they are others than these."""
        known = {*self.sequence, *self.picture}
        return b"".join(
            _sized(unit, LENGTH)
            for unit in stream
            if kind(unit) not in LEFT_OUT and unit not in known
        )


def _sized(unit: bytes, length: int) -> bytes:
    return len(unit).to_bytes(length) + unit
