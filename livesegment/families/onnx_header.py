"""What an ONNX file says about itself: inputs, outputs and metadata, without a runtime.

Field numbers are those of onnx.proto (ModelProto.graph 7, .metadata_props 14; GraphProto.input
11, .output 12; ValueInfoProto.name 1, .type 2; TypeProto.tensor_type 1; Tensor.elem_type 1,
.shape 2); those of `_INSIDE` lead to every tensor there can be.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Self

from livesegment.protobuf import messages, read_fields, text


class _Part(Enum):
    """What a message is, on the way to tensors."""

    MODEL = auto()
    GRAPH = auto()
    NODE = auto()
    FUNCTION = auto()
    TRAINING = auto()
    ATTRIBUTE = auto()
    SPARSE_TENSOR = auto()
    TENSOR = auto()


_INSIDE: dict[_Part, dict[int, _Part]] = {
    _Part.MODEL: {7: _Part.GRAPH, 20: _Part.TRAINING, 25: _Part.FUNCTION},
    _Part.GRAPH: {1: _Part.NODE, 5: _Part.TENSOR, 15: _Part.SPARSE_TENSOR},
    _Part.NODE: {5: _Part.ATTRIBUTE},
    _Part.FUNCTION: {7: _Part.NODE, 11: _Part.ATTRIBUTE},
    _Part.TRAINING: {1: _Part.GRAPH, 2: _Part.GRAPH},
    _Part.ATTRIBUTE: {
        5: _Part.TENSOR,
        6: _Part.GRAPH,
        10: _Part.TENSOR,
        11: _Part.GRAPH,
        22: _Part.SPARSE_TENSOR,
        23: _Part.SPARSE_TENSOR,
    },
    _Part.SPARSE_TENSOR: {1: _Part.TENSOR, 2: _Part.TENSOR},
    _Part.TENSOR: {},
}
"""Part -> field number -> what lies in that field."""
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
"""Fields of a tensor that say that its values are in another file."""
DEEPEST = 100
"""Messages in each other; protobuf itself reads no more."""
MOST_FIELDS = 10_000_000
"""Many times those of the largest networks; more are there to take time."""
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class OnnxHeader:
    """The outside of an ONNX model."""

    inputs: dict[str, tuple[int, ...]]
    """Input name -> shape; 0 for a side that is not fixed."""
    outputs: dict[str, tuple[int, ...]]
    metadata: dict[str, str]
    types: Mapping[str, int] = field(default_factory=dict)
    """Input or output name -> TensorProto.DataType: 1 float, 2 uint8, 6 int32, 7 int64..."""
    external: str = ""
    """Another file that holds values of a tensor anywhere in this one; empty: all are inside."""

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read the header.

        Raises:
            ValueError: the bytes are no ONNX model.
        """
        view = memoryview(data)
        external = _external(view)
        graph = next(messages(view, 7), None)
        if graph is None:
            raise ValueError("it holds no graph")
        initialised = {text(item, 8) for item in messages(graph, 5)}
        metadata = {text(item, 1): text(item, 2) for item in messages(view, 14)}
        return cls(
            inputs={k: v for k, v in _values(graph, 11).items() if k not in initialised},
            outputs=_values(graph, 12),
            metadata=metadata,
            types=_types(graph, 11) | _types(graph, 12),
            external=external,
        )


def _values(graph: memoryview, number: int) -> dict[str, tuple[int, ...]]:
    return {text(value, 1): _shape(value) for value in messages(graph, number)}


def _shape(value: memoryview) -> tuple[int, ...]:
    sides: list[int] = []
    for kind in messages(value, 2):
        for tensor in messages(kind, 1):
            for shape in messages(tensor, 2):
                for side in messages(shape, 1):
                    sizes = [item for number, item in read_fields(side) if number == 1]
                    side_length = sizes[0] if sizes and isinstance(sizes[0], int) else 0
                    # Some exporters write -1 where a side is not fixed: 2^64 - 1 on the wire.
                    sides.append(side_length if side_length < 1 << 63 else 0)
    return tuple(sides)


def _types(graph: memoryview, number: int) -> dict[str, int]:
    return {
        text(value, 1): item
        for value in messages(graph, number)
        for kind in messages(value, 2)
        for tensor in messages(kind, 1)
        for key, item in read_fields(tensor)
        if key == 1 and isinstance(item, int)
    }


def _external(model: memoryview) -> str:
    """The first file that a tensor refers to, wherever in the model it is; empty: there is none.

    Of a field that should be there once every one is looked at: protobuf makes one of them all.

    Raises:
        ValueError: the bytes are no ONNX model, or one that is too deep or large to be looked at.
    """
    waiting = [(model, _Part.MODEL, 0)]
    fields = 0
    while waiting:
        data, part, depth = waiting.pop()
        if depth > DEEPEST:
            raise ValueError("its parts lie too deep in each other")
        inside = _INSIDE[part]
        refers = False
        for number, value in read_fields(data):
            fields += 1
            if fields > MOST_FIELDS:
                raise ValueError("it has more parts than any network")
            if part is _Part.TENSOR:
                refers |= number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0)
            elif number in inside and isinstance(value, memoryview):
                waiting.append((value, inside[number], depth + 1))
        if refers:
            entries = {text(item, 1): text(item, 2) for item in messages(data, _EXTERNAL_DATA)}
            return entries.get("location", "")[:LONGEST_NAME] or "another file"
    return ""
