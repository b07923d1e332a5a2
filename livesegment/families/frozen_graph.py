"""The constants of a frozen TensorFlow graph, as arrays.

Only `Const` nodes are read, and those that hand one on (`Identity`). The field numbers are those of
`graph.proto`, `node_def.proto`, `attr_value.proto`, `tensor.proto` and `tensor_shape.proto` in
tensorflow/core/framework.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from livesegment.errors import ModelError
from livesegment.protobuf import messages, packed_varints, read_fields, text

Constant: TypeAlias = NDArray[Any]
"""float32, int32 or int64."""

FLOAT, INT32, INT64 = 1, 3, 9
"""DataType."""
_TYPES: dict[int, np.dtype[Any]] = {
    FLOAT: np.dtype("<f4"),
    INT32: np.dtype("<i4"),
    INT64: np.dtype("<i8"),
}
_VALUES = {FLOAT: 5, INT32: 7, INT64: 10}
"""Data type -> the field of its numbers, where they are not raw bytes in `tensor_content`."""
_CONTENT = 4
_MOST_REPEATED = 1 << 24
"""Values that one number may stand for: a file of a few bytes must not fill the memory."""


@dataclass(frozen=True, slots=True)
class FrozenGraph:
    """Constants by name, decoded when they are asked for."""

    tensors: dict[str, memoryview]
    """Name -> TensorProto."""
    aliases: dict[str, str]
    """Name of an Identity -> what it hands on."""

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read the outside of all nodes.

        Raises:
            ValueError: the bytes are no GraphDef.
        """
        tensors: dict[str, memoryview] = {}
        aliases: dict[str, str] = {}
        for node in messages(memoryview(data), 1):
            kind = text(node, 2)
            if kind == "Const":
                value = _attribute(node, "value")
                tensor = None if value is None else next(messages(value, 8), None)
                if tensor is not None:
                    tensors[text(node, 1)] = tensor
            elif kind == "Identity":
                source = next(messages(node, 3), None)
                if source is not None:
                    aliases[text(node, 1)] = bytes(source).decode("utf-8").removesuffix(":0")
        return cls(tensors, aliases)

    def __contains__(self, name: str) -> bool:
        return self._source(name) in self.tensors

    def constant(self, name: str) -> Constant:
        """The values of a constant.

        Raises:
            KeyError: there is none of that name.
            ValueError: it is damaged, or neither float32 nor a whole number.
        """
        return _decode(self.tensors[self._source(name)])

    def _source(self, name: str) -> str:
        for _ in range(8):
            if name not in self.aliases:
                break
            name = self.aliases[name]
        return name


def check_frozen_graph(weights: bytes, name: str) -> None:
    """Look at the outside of a frozen graph: OpenCV 5 crashes on a text file.

    Raises:
        ModelError: the bytes are no GraphDef with nodes.
    """
    if weights.startswith(b"version https://git-lfs"):
        raise ModelError(
            f"{name} is a Git LFS pointer, not the weights", hint="fetch it with: git lfs pull"
        )
    try:
        nodes = sum(1 for _ in messages(memoryview(weights), 1))
    except ValueError as error:
        raise ModelError(
            f"{name} is damaged or no TensorFlow graph: {error}",
            hint="fetch the file again: it may have been cut off",
        ) from error
    if nodes == 0:
        raise ModelError(f"{name} is empty: a TensorFlow graph with nodes is needed")


def _attribute(node: memoryview, key: str) -> memoryview | None:
    """An AttrValue of a NodeDef: attr = 5 is a map of key = 1 and value = 2."""
    for entry in messages(node, 5):
        if text(entry, 1) == key:
            return next(messages(entry, 2), None)
    return None


def _decode(tensor: memoryview) -> Constant:
    """A TensorProto: dtype = 1, tensor_shape = 2, then the values."""
    kind = next((v for n, v in read_fields(tensor) if n == 1 and isinstance(v, int)), 0)
    if kind not in _TYPES:
        raise ValueError(f"it is of data type {kind}, not float32, int32 or int64")
    shape = tuple(_sides(tensor))
    count = 1
    for side in shape:
        count *= side
    content = next(messages(tensor, _CONTENT), None)
    if content is not None and len(content):
        if len(content) != count * _TYPES[kind].itemsize:
            raise ValueError(f"it has {len(content)} bytes for the shape {shape}")
        return np.frombuffer(content, _TYPES[kind]).reshape(shape)
    values = _numbers(tensor, kind)
    if len(values) == count:
        return values.reshape(shape)
    if not 0 < len(values) < count <= _MOST_REPEATED:
        raise ValueError(f"it has {len(values)} values for the shape {shape}")
    # TensorFlow leaves out what repeats at the end.
    return np.concatenate((values, np.full(count - len(values), values[-1]))).reshape(shape)


def _numbers(tensor: memoryview, kind: int) -> Constant:
    """The numbers in the field of a data type, packed or one by one."""
    if kind == FLOAT:
        parts = [bytes(part) for part in messages(tensor, _VALUES[kind])]
        return np.frombuffer(b"".join(parts), "<f4")
    whole: list[int] = []
    for number, value in read_fields(tensor):
        if number == _VALUES[kind]:
            whole += [value] if isinstance(value, int) else packed_varints(value)
    # Negative numbers are written as 64-bit two's complement.
    return np.array(whole, np.uint64).astype(np.int64).astype(_TYPES[kind])


def _sides(tensor: memoryview) -> Iterator[int]:
    """The sides in a TensorShapeProto: dim = 2, each with size = 1."""
    for shape in messages(tensor, 2):
        for dim in messages(shape, 2):
            side = next((v for n, v in read_fields(dim) if n == 1 and isinstance(v, int)), 0)
            if side >= 1 << 31:
                raise ValueError("it has no shape")
            yield side
