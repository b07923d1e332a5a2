"""Pictures cut into RTP packets: JPEG as in RFC 2435, H.264 as in RFC 6184."""

import itertools
import struct
from collections.abc import Iterator

from livesegment.codecs.avc import units

CLOCK = 90_000
"""Ticks a second, for every kind of video."""
ROOM = 1400
"""Bytes of a payload; with all headers it fits a packet of Ethernet."""
JPEG, DYNAMIC = 26, 96
"""Payload types: JPEG has one of its own, H.264 gets the first free one."""

_QUANTISATION, _FRAME, _SCAN = 0xDB, 0xC0, 0xDA
_OWN_TABLES = 255
"""The Q of pictures that bring their quantisation tables along."""


class Rtp:
    """One stream's packets: each has a header with a number and a time."""

    def __init__(self, kind: int, first: int = 65_000) -> None:
        """Begin a stream.

        Args:
            kind: payload type.
            first: number of the first packet; the numbers go round soon after the default.
        """
        self._kind = kind
        self._number = first

    def packets(self, payloads: Iterator[bytes], at: float) -> Iterator[bytes]:
        """One picture's packets, the last one marked; `at` are seconds."""
        time = int(at * CLOCK) & 0xFFFFFFFF
        payload = next(payloads)
        for following in itertools.chain(payloads, (None,)):
            kind = self._kind | (0x80 if following is None else 0)
            yield struct.pack(">BBHII", 0x80, kind, self._number, time, 0x5EED) + payload
            self._number = self._number + 1 & 0xFFFF
            payload = following or b""


def jpeg_payloads(jpeg: bytes) -> Iterator[bytes]:
    """A baseline JPEG with the usual Huffman tables and halved colour, in parts.

    Only what the receiver cannot know is sent: the quantisation tables and the scan.
    """
    tables, size, scan = _parts(jpeg)
    quantisation = struct.pack(">BBH", 0, 0, len(tables)) + tables
    at = 0
    while at < len(scan):
        header = struct.pack(">B3sBB", 0, at.to_bytes(3, "big"), 1, _OWN_TABLES)
        header += bytes((size[0] // 8, size[1] // 8)) + (b"" if at else quantisation)
        part = scan[at : at + ROOM - len(header)]
        yield header + part
        at += len(part)


def h264_payloads(stream: bytes) -> Iterator[bytes]:
    """One picture's units as they are, or in fragments (FU-A) where they are long."""
    for unit in units(stream):
        if len(unit) <= ROOM:
            yield unit
            continue
        indicator, kind = unit[0] & 0xE0 | 28, unit[0] & 31
        parts = [unit[at : at + ROOM - 2] for at in range(1, len(unit), ROOM - 2)]
        for number, part in enumerate(parts):
            edge = 0x80 * (number == 0) | 0x40 * (number == len(parts) - 1)
            yield bytes((indicator, edge | kind)) + part


def _parts(jpeg: bytes) -> tuple[bytes, tuple[int, int], bytes]:
    """The quantisation tables in order, the size (width, height), and the scan."""
    tables, size, at = b"", (0, 0), 2
    while True:
        marker, length = struct.unpack(">xBH", jpeg[at : at + 4])
        body = jpeg[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == _QUANTISATION:
            tables += b"".join(body[one + 1 : one + 65] for one in range(0, len(body), 65))
        elif marker == _FRAME:
            height, width = struct.unpack(">xHH", body[:5])
            size = width, height
            assert body[7] == 0x22, "colour is not halved both ways"
            assert (width % 8, height % 8) == (0, 0), "RFC 2435 counts sizes in eights"
        elif marker == _SCAN:
            return tables, size, jpeg[at:].removesuffix(b"\xff\xd9")
