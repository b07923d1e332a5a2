"""EBML, the notation in which Matroska files are written: elements of an id, a size and content.

The notation is that of RFC 8794, the ids are those of RFC 9559. Ids are kept as the bytes that
stand in the file; sizes are big-endian numbers whose first set bit tells how long they are.
"""

from typing import NamedTuple


class MatroskaError(Exception):
    """A file is no Matroska file, or none of a kind that livesegment reads."""


EBML = b"\x1a\x45\xdf\xa3"
EBML_VERSION, EBML_READ_VERSION = b"\x42\x86", b"\x42\xf7"
MAX_ID_LENGTH, MAX_SIZE_LENGTH = b"\x42\xf2", b"\x42\xf3"
DOC_TYPE, DOC_TYPE_VERSION, DOC_TYPE_READ_VERSION = b"\x42\x82", b"\x42\x87", b"\x42\x85"
VOID, CRC_32 = b"\xec", b"\xbf"

SEGMENT = b"\x18\x53\x80\x67"
SEEK_HEAD, SEEK, SEEK_ID, SEEK_POSITION = b"\x11\x4d\x9b\x74", b"\x4d\xbb", b"\x53\xab", b"\x53\xac"
INFO, TIMESTAMP_SCALE, DURATION = b"\x15\x49\xa9\x66", b"\x2a\xd7\xb1", b"\x44\x89"
MUXING_APP, WRITING_APP = b"\x4d\x80", b"\x57\x41"
CHAPTERS, ATTACHMENTS, TAGS = b"\x10\x43\xa7\x70", b"\x19\x41\xa4\x69", b"\x12\x54\xc3\x67"

TRACKS, TRACK_ENTRY = b"\x16\x54\xae\x6b", b"\xae"
TRACK_NUMBER, TRACK_UID, TRACK_TYPE = b"\xd7", b"\x73\xc5", b"\x83"
FLAG_LACING, LANGUAGE, CODEC_ID, CODEC_PRIVATE = b"\x9c", b"\x22\xb5\x9c", b"\x86", b"\x63\xa2"
DEFAULT_DURATION, CONTENT_ENCODINGS = b"\x23\xe3\x83", b"\x6d\x80"
VIDEO, FLAG_INTERLACED, PIXEL_WIDTH, PIXEL_HEIGHT = b"\xe0", b"\x9a", b"\xb0", b"\xba"

CLUSTER, TIMESTAMP, SIMPLE_BLOCK = b"\x1f\x43\xb6\x75", b"\xe7", b"\xa3"
BLOCK_GROUP, BLOCK, REFERENCE_BLOCK = b"\xa0", b"\xa1", b"\xfb"
POSITION, PREVIOUS_SIZE = b"\xa7", b"\xab"
SILENT_TRACKS, ENCRYPTED_BLOCK = b"\x58\x54", b"\xaf"

CUES, CUE_POINT, CUE_TIME, CUE_TRACK_POSITIONS = b"\x1c\x53\xbb\x6b", b"\xbb", b"\xb3", b"\xb7"
CUE_TRACK, CUE_CLUSTER_POSITION, CUE_RELATIVE_POSITION = b"\xf7", b"\xf1", b"\xf0"

UNKNOWN_SIZE = b"\x01" + b"\xff" * 7
"""The size, eight bytes long, of an element that is still being written."""
MOST_HEAD = 12
"""Bytes of the longest id and size."""


def size_field(size: int) -> bytes:
    """The size of an element, in as few bytes as it needs.

    Raises:
        ValueError: it is negative or beyond what eight bytes can say.
    """
    for length in range(1, 9):
        if 0 <= size < (1 << 7 * length) - 1:  # all ones means "unknown"
            return (size | 1 << 7 * length).to_bytes(length, "big")
    raise ValueError(f"no element is {size} bytes long")


def long_size_field(size: int) -> bytes:
    """The size of an element in eight bytes, which take the place of `UNKNOWN_SIZE`."""
    return (size | 1 << 56).to_bytes(8, "big")


def element(name: bytes, content: bytes) -> bytes:
    """One element, whole."""
    return name + size_field(len(content)) + content


def number(name: bytes, value: int) -> bytes:
    """An element that holds an unsigned number."""
    return element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def void(length: int) -> bytes:
    """Reserved room of exactly so many bytes, 2..128 of them."""
    return VOID + size_field(length - 2) + bytes(length - 2)


class Head(NamedTuple):
    """How an element begins."""

    name: bytes
    """Its id."""
    size: int | None
    """Bytes of its content; None where the writer did not know."""
    length: int
    """Bytes of id and size."""


def read_head(data: bytes) -> Head | None:
    """The id and the size at the beginning of some bytes; None where they are cut or are none."""
    if not data or data[0] < 0x10:
        return None
    long = 9 - data[0].bit_length()
    if len(data) <= long or not data[long]:
        return None
    wide = 9 - data[long].bit_length()
    end = long + wide
    if len(data) < end:
        return None
    unknown = (1 << 7 * wide) - 1
    size = int.from_bytes(data[long:end], "big") & unknown
    return Head(bytes(data[:long]), None if size == unknown else size, end)
