"""What an ONNX file says about itself: inputs, outputs and metadata, without a runtime.

Field numbers are those of onnx.proto (ModelProto.graph 7, .metadata_props 14; GraphProto.input
11, .output 12; ValueInfoProto.name 1, .type 2; TypeProto.tensor_type 1; Tensor.shape 2).
"""

from dataclasses import dataclass
from typing import Self

from livesegment.families.protobuf import messages, read_fields, text


@dataclass(frozen=True, slots=True)
class OnnxHeader:
    """The outside of an ONNX model."""

    inputs: dict[str, tuple[int, ...]]
    """Input name -> shape; 0 for a side that is not fixed."""
    outputs: dict[str, tuple[int, ...]]
    metadata: dict[str, str]

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
        initialised = {text(item, 8) for item in messages(graph, 5)}
        metadata = {text(item, 1): text(item, 2) for item in messages(view, 14)}
        return cls(
            inputs={k: v for k, v in _values(graph, 11).items() if k not in initialised},
            outputs=_values(graph, 12),
            metadata=metadata,
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
