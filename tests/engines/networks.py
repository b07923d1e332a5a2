"""Small ONNX networks of every element type, with answers that can be told beforehand."""

from collections.abc import Mapping, Sequence

import numpy as np

from livesegment.network import Format, Network
from tests.families.onnx_bytes import Array, field, node, tensor

FLOAT, UINT8, INT64, FLOAT16 = 1, 2, 7, 10
"""TensorProto.DataType."""

Value = tuple[int, Sequence[int]]
"""Type and shape of an input or output; a side of 0 is not fixed."""


def network(
    inputs: Mapping[str, Value],
    outputs: Mapping[str, Value],
    nodes: Sequence[bytes],
    *,
    constants: Mapping[str, Array] | None = None,
    wanted: Sequence[str] = (),
) -> Network:
    """A network called net.onnx; `wanted` are the outputs asked for."""
    graph = (
        b"".join(field(1, item) for item in nodes)
        + field(2, "by hand")
        + b"".join(field(5, tensor(name, item)) for name, item in (constants or {}).items())
        + b"".join(field(11, _value_info(name, *value)) for name, value in inputs.items())
        + b"".join(field(12, _value_info(name, *value)) for name, value in outputs.items())
    )
    data = field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13))
    return Network("net.onnx", Format.ONNX, data, tuple(wanted))


def doubling(*wanted: str, shape: Sequence[int] = (1, 3, 4, 4)) -> Network:
    """Gives `doubled` and `squared` of `images`."""
    return network(
        {"images": (FLOAT, shape)},
        {"doubled": (FLOAT, shape), "squared": (FLOAT, shape)},
        [
            node("Mul", ["images", "two"], "doubled"),
            node("Mul", ["images", "images"], "squared"),
        ],
        constants={"two": np.full(1, 2, np.float32)},
        wanted=wanted,
    )


def difference() -> Network:
    """Gives `left`, which is `a` less `b`."""
    four = (FLOAT, (1, 4))
    return network({"a": four, "b": four}, {"left": four}, [node("Sub", ["a", "b"], "left")])


def folding() -> Network:
    """Gives the 12 numbers of `x` as 3 rows, `y`; fails at any other count."""
    return network(
        {"x": (FLOAT, (1, 12))},
        {"y": (FLOAT, (3, 4))},
        [node("Reshape", ["x", "sides"], "y")],
        constants={"sides": np.array([3, 4], np.int64)},
    )


def typed(given: int, gives: int) -> Network:
    """Gives `y`, twice `x`, where `x` has the type `given` and `y` the type `gives`."""
    shape = (1, 3, 4, 4)
    return network(
        {"x": (given, shape)},
        {"y": (gives, shape)},
        [
            node("Cast", ["x"], "as_float", to=FLOAT),
            node("Mul", ["as_float", "two"], "twice"),
            node("Cast", ["twice"], "y", to=gives),
        ],
        constants={"two": np.full(1, 2, np.float32)},
    )


def several_types() -> Network:
    """Gives `y`, the whole numbers of `a` and the floats of `b` added up."""
    shape = (1, 4)
    return network(
        {"a": (UINT8, shape), "b": (FLOAT, shape)},
        {"y": (FLOAT, shape)},
        [node("Cast", ["a"], "as_float", to=FLOAT), node("Add", ["as_float", "b"], "y")],
        wanted=("y",),
    )


def _value_info(name: str, kind: int, shape: Sequence[int]) -> bytes:
    """ValueInfoProto."""
    sides = b"".join(
        field(1, field(1, side) if side else field(2, f"{name}{i}")) for i, side in enumerate(shape)
    )
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, sides)))
