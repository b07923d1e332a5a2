"""Networks written as ONNX, node by node, as `onnx.proto` says; no library is needed for it."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from livesegment.protobuf import integer, message, single

OPSET, IR_VERSION = 17, 9
"""Of 2022: ONNX Runtime 1.14, OpenVINO 2023 and OpenCV 4.8 read them."""

FLOAT, INT64 = 1, 7
"""TensorProto.DataType."""

Numbers: TypeAlias = NDArray[np.floating] | NDArray[np.integer] | Sequence[int] | Sequence[float]
Attribute: TypeAlias = float | str | Sequence[int] | NDArray[np.integer]
"""A whole number, a number, a word, whole numbers, or a tensor."""
Shape: TypeAlias = Sequence[int | str]
"""The sides of a tensor; one that may be of any length has a name."""


class OnnxWriter:
    """Collects nodes and constants; every method that adds one returns its name."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._inputs: list[bytes] = []
        self._constants: dict[str, bytes] = {}

    def input(self, name: str, shape: Shape) -> str:
        """Add a float32 input."""
        self._inputs.append(_value_info(name, shape))
        return name

    def constant(self, name: str, values: Numbers) -> str:
        """Add a constant, if none of the name is there: float32, or int64 for whole numbers."""
        if name not in self._constants:
            self._constants[name] = _tensor(name, values)
        return name

    def node(self, kind: str, inputs: Sequence[str], name: str, **attributes: Attribute) -> str:
        """Add a node with one output, of the same name.

        A NodeProto: input = 1, output = 2, name = 3, op_type = 4, attribute = 5.
        """
        self._nodes.append(
            b"".join(message(1, source) for source in inputs)
            + message(2, name)
            + message(3, name)
            + message(4, kind)
            + b"".join(message(5, _attribute(key, value)) for key, value in attributes.items())
        )
        return name

    def zeros_like_rows(self, rows: str, name: str) -> str:
        """Add as many int64 zeros as a tensor has rows."""
        count = self.node("Shape", [rows], f"{name}/count", start=0, end=1)
        return self.node("ConstantOfShape", [count], name, value=np.zeros(1, np.int64))

    def network(self, outputs: Mapping[str, Shape]) -> bytes:
        """The finished file.

        A ModelProto: ir_version = 1, graph = 7, opset_import = 8; a GraphProto: node = 1, name = 2,
        initializer = 5, input = 11, output = 12.

        Args:
            outputs: float32 tensor -> its shape.
        """
        graph = (
            b"".join(message(1, node) for node in self._nodes)
            + message(2, "livesegment")
            + b"".join(message(5, constant) for constant in self._constants.values())
            + b"".join(message(11, info) for info in self._inputs)
            + b"".join(message(12, _value_info(name, shape)) for name, shape in outputs.items())
        )
        opset = message(1, "") + integer(2, OPSET)
        return integer(1, IR_VERSION) + message(7, graph) + message(8, opset)


def _value_info(name: str, shape: Shape) -> bytes:
    """A ValueInfoProto: name = 1, type = 2 with tensor_type = 1 (elem_type = 1, shape = 2)."""
    sides = b"".join(
        message(1, integer(1, side) if isinstance(side, int) else message(2, side))
        for side in shape
    )
    kind = message(1, integer(1, FLOAT) + message(2, sides))
    return message(1, name) + message(2, kind)


def _tensor(name: str, values: Numbers) -> bytes:
    """A TensorProto: dims = 1, data_type = 2, name = 8, raw_data = 9."""
    array = np.asarray(values)
    whole = np.issubdtype(array.dtype, np.integer)
    dims = b"".join(integer(1, side) for side in array.shape)
    raw = array.astype("<i8" if whole else "<f4").tobytes()
    return dims + integer(2, INT64 if whole else FLOAT) + message(8, name) + message(9, raw)


def _attribute(name: str, value: Attribute) -> bytes:
    """An AttributeProto: name = 1, f = 2, i = 3, s = 4, t = 5, ints = 8, type = 20."""
    match value:
        case int():
            kind, written = 2, integer(3, value)
        case float():
            kind, written = 1, single(2, value)
        case str():
            kind, written = 3, message(4, value)
        case np.ndarray():
            kind, written = 4, message(5, _tensor("", value))
        case _:
            kind, written = 7, b"".join(integer(8, number) for number in value)
    return message(1, name) + written + integer(20, kind)
