"""TensorFlow's GraphDef messages for constants, in protobuf's wire format.

OpenCV takes the topology of a network from a text graph and only the constants from the frozen
graph, so a frozen graph made of nothing but `Const` nodes is complete. The field numbers are those
of `graph.proto`, `node_def.proto`, `attr_value.proto`, `tensor.proto` and `tensor_shape.proto` in
tensorflow/core/framework.
"""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from livesegment.protobuf import integer, message, varint

Constant: TypeAlias = NDArray[np.float32] | NDArray[np.int32]
"""The values of a Const node; float32 or int32."""

_DT_FLOAT, _DT_INT32 = 1, 3


def graph_def(constants: Mapping[str, Constant]) -> bytes:
    """A frozen graph that holds `constants` by name, in the order given.

    Raises:
        TypeError: a constant is neither float32 nor int32.
    """
    return b"".join(message(1, _const_node(name, value)) for name, value in constants.items())


def _const_node(name: str, value: Constant) -> bytes:
    """A NodeDef: name = 1, op = 2, attr = 5."""
    data_type, tensor = _tensor(value)
    return b"".join(
        (
            message(1, name),
            message(2, "Const"),
            _attribute("dtype", integer(6, data_type)),
            _attribute("value", message(8, tensor)),
        )
    )


def _attribute(key: str, value: bytes) -> bytes:
    """One entry of NodeDef.attr, which is a map: key = 1, value = 2."""
    return message(5, message(1, key) + message(2, value))


def _tensor(value: Constant) -> tuple[int, bytes]:
    """The data type and the TensorProto: dtype = 1, tensor_shape = 2, then the values."""
    if value.dtype == np.float32:
        data_type, numbers = _DT_FLOAT, value.astype("<f4").tobytes()
    elif value.dtype == np.int32:
        data_type, numbers = _DT_INT32, value.astype("<i4").tobytes()
    else:
        raise TypeError(f"a constant must be float32 or int32, got {value.dtype}")
    if value.ndim:
        values = message(4, numbers)  # tensor_content
    elif data_type == _DT_FLOAT:
        # OpenCV reads some scalars from float_val and int_val without a look at whether they are
        # there, and crashes when the number is in tensor_content.
        values = message(5, numbers)
    else:
        values = message(7, varint(int(value)))
    shape = b"".join(message(2, integer(1, side)) for side in value.shape)
    return data_type, integer(1, data_type) + message(2, shape) + values
