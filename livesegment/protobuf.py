"""Protobuf's wire format, read and written field by field; see protobuf.dev, "Encoding".

OpenCV crashes on some damaged files: a look at the outer layers costs a millisecond. And what the
program writes, constants for OpenCV's TensorFlow reader and networks as ONNX, is a few messages.
"""

import struct
from collections.abc import Iterator
from typing import TypeAlias

Field: TypeAlias = tuple[int, int | memoryview]
"""(field number, value): bytes for strings and messages, a number otherwise."""


def read_fields(data: memoryview) -> Iterator[Field]:
    """The fields of one message, not descending into it.

    Raises:
        ValueError: the bytes are no such message.
    """
    position = 0
    while position < len(data):
        key, position = _read_varint(data, position)
        number, wire = key >> 3, key & 7
        if not 0 < number < 1 << 29:  # others read the low bits of a larger one as a field
            raise ValueError(f"field number {number}")
        if wire == 0:
            value, position = _read_varint(data, position)
            yield number, value
            continue
        if wire == 2:
            length, position = _read_varint(data, position)
        elif wire in {1, 5}:
            length = 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire}")
        if position + length > len(data):
            raise ValueError("a field runs beyond the end")
        yield number, data[position : position + length]
        position += length


def messages(data: memoryview, number: int) -> Iterator[memoryview]:
    """The sub-messages, strings or bytes of field `number`.

    Raises:
        ValueError: the bytes are no such message.
    """
    for found, value in read_fields(data):
        if found == number and isinstance(value, memoryview):
            yield value


def text(data: memoryview, number: int) -> str:
    """The last string in field `number`, or "".

    Raises:
        ValueError: the bytes are no such message.
    """
    values = [bytes(value).decode("utf-8") for value in messages(data, number)]
    return values[-1] if values else ""


def packed_varints(data: memoryview) -> list[int]:
    """The numbers of a packed field.

    Raises:
        ValueError: the bytes are no such field.
    """
    numbers, position = [], 0
    while position < len(data):
        number, position = _read_varint(data, position)
        numbers.append(number)
    return numbers


def message(field: int, content: bytes | str) -> bytes:
    """A field of wire type 2, a message, string or bytes: a length, then that many bytes."""
    data = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(data)) + data


def integer(field: int, value: int) -> bytes:
    """A field of wire type 0; a negative number is written as its 64-bit two's complement."""
    return varint(field << 3) + varint(value)


def single(field: int, value: float) -> bytes:
    """A field of wire type 5, a float32."""
    return varint(field << 3 | 5) + struct.pack("<f", value)


def varint(value: int) -> bytes:
    """Seven bits a byte, lowest first, the top bit set on all but the last."""
    value &= (1 << 64) - 1
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def _read_varint(data: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise ValueError("a number runs beyond the end")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, position
