"""ONNX models written by hand, field by field: small ones that are known to the last weight.

Field numbers are those of onnx.proto; the wire format is documented at protobuf.dev, "Encoding".
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32] | NDArray[np.int64]
Attribute: TypeAlias = int | Sequence[int]
Shapes: TypeAlias = Mapping[str, Sequence[int]]

FLOAT, INT64 = 1, 7
"""TensorProto.DataType."""


def varint(value: int) -> bytes:
    """A number, 7 bits a byte, low ones first; negative ones as 64-bit two's complement."""
    value &= (1 << 64) - 1
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


def field(number: int, value: int | str | bytes) -> bytes:
    """One field of a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name: str, values: Array) -> bytes:
    """TensorProto."""
    kind = INT64 if values.dtype == np.int64 else FLOAT
    raw = np.asarray(values, np.int64 if kind == INT64 else np.float32).tobytes()
    dims = b"".join(field(1, side) for side in values.shape)
    return dims + field(2, kind) + field(8, name) + field(9, raw)


def node(op: str, inputs: Sequence[str], output: str, **attributes: Attribute) -> bytes:
    """NodeProto, with whole numbers and lists of them for attributes."""
    return (
        b"".join(field(1, name) for name in inputs)
        + field(2, output)
        + field(3, output)
        + field(4, op)
        + b"".join(field(5, _attribute(name, value)) for name, value in attributes.items())
    )


def value_info(name: str, shape: Sequence[int]) -> bytes:
    """ValueInfoProto of a float tensor; a side of 0 is written as not fixed."""
    sides = b"".join(field(1, field(1, side) if side else field(2, "any")) for side in shape)
    return field(1, name) + field(2, field(1, field(1, FLOAT) + field(2, sides)))


def model(
    inputs: Shapes,
    outputs: Shapes,
    *,
    nodes: Sequence[bytes] = (),
    initialisers: Mapping[str, Array] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """ModelProto; without nodes it is a header that describes a network which is not there."""
    graph = (
        b"".join(field(1, item) for item in nodes)
        + field(2, "by hand")
        + b"".join(field(5, tensor(name, item)) for name, item in (initialisers or {}).items())
        + b"".join(field(11, value_info(name, shape)) for name, shape in inputs.items())
        + b"".join(field(12, value_info(name, shape)) for name, shape in outputs.items())
    )
    properties = (field(1, key) + field(2, text) for key, text in (metadata or {}).items())
    return (
        field(1, 8)  # ir_version
        + field(7, graph)
        + field(8, field(1, "") + field(2, 13))  # opset
        + b"".join(field(14, item) for item in properties)
    )


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, int):
        return field(1, name) + field(3, value) + field(20, 2)
    return field(1, name) + b"".join(field(8, item) for item in value) + field(20, 7)
