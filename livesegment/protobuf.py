"""Reading the outside of protobuf files: enough to look before an engine leaps.

OpenCV crashes on some damaged files; a look at the outer layers costs a millisecond. The wire
format is documented at protobuf.dev, "Encoding".
"""

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
        key, position = _varint(data, position)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise ValueError("field number 0")
        if wire == 0:
            value, position = _varint(data, position)
            yield number, value
            continue
        if wire == 2:
            length, position = _varint(data, position)
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
        number, position = _varint(data, position)
        numbers.append(number)
    return numbers


def _varint(data: memoryview, position: int) -> tuple[int, int]:
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
