"""What an ONNX file says about itself: inputs, outputs and metadata, without a runtime.

Field numbers are those of onnx.proto (ModelProto.graph 7, .metadata_props 14; GraphProto.input
11, .output 12; ValueInfoProto.name 1, .type 2; TypeProto.tensor_type 1; Tensor.elem_type 1,
.shape 2; TensorProto.external_data 13, .data_location 14).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from livesegment.protobuf import messages, read_fields, text


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
    """Another file that holds weights of this one; empty: all are inside."""

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read the header.

        Raises:
            ValueError: the bytes are no ONNX model.
        """
        view = memoryview(data)
        graph = next(messages(view, 7), None)
        if graph is None:
            raise ValueError("it holds no graph")
        weights = list(messages(graph, 5))
        initialised = {text(item, 8) for item in weights}
        metadata = {text(item, 1): text(item, 2) for item in messages(view, 14)}
        return cls(
            inputs={k: v for k, v in _values(graph, 11).items() if k not in initialised},
            outputs=_values(graph, 12),
            metadata=metadata,
            types=_types(graph, 11) | _types(graph, 12),
            external=next(filter(None, map(_elsewhere, weights)), ""),
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


def _elsewhere(tensor: memoryview) -> str:
    """The file that holds a tensor's values; empty: they are here."""
    if not any(key == 14 and item == 1 for key, item in read_fields(tensor)):
        return ""
    entries = {text(entry, 1): text(entry, 2) for entry in messages(tensor, 13)}
    return entries.get("location") or "another file"
