"""A network of two convolutions, as ONNX: what an engine is tried with when no model is at hand.

It needs no library to be written and none to be checked: `answer` computes it with numpy. The
field numbers are those of `onnx.proto`.
"""

import numpy as np
from numpy.typing import NDArray

from livesegment.builtin.graph_def import integer, message

INPUT, OUTPUT = "picture", "shares"
SHAPE = (1, 3, 64, 64)
"""Of the input; fixed, as some devices take nothing else."""
HIDDEN, CLASSES = 16, 4
"""Channels of the two layers; the output is (1, CLASSES, 64, 64)."""

_FLOAT = 1
"""TensorProto.DataType."""
_INTS = 7
"""AttributeProto.AttributeType."""
_IR_VERSION, _OPSET = 8, 13

Weights = NDArray[np.float32]


def build() -> bytes:
    """Write the network as an ONNX file; the same bytes at each call.

    A ModelProto: ir_version = 1, graph = 7, opset_import = 8.
    """
    return integer(1, _IR_VERSION) + message(7, _graph()) + message(8, integer(2, _OPSET))


def picture() -> Weights:
    """An input of `SHAPE`, values in 0..1."""
    values = np.sin(np.arange(np.prod(SHAPE)) * 0.37) / 2 + 0.5
    return np.asarray(values.reshape(SHAPE), np.float32)


def answer(tensor: Weights) -> Weights:
    """What the network has to give for an input, computed in float64."""
    (first, first_bias), (second, second_bias) = _layers()
    hidden = np.maximum(_convolved(tensor.astype(np.float64), first, first_bias), 0)
    logits = _convolved(hidden, second, second_bias)
    return (1 / (1 + np.exp(-logits))).astype(np.float32)


def _layers() -> tuple[tuple[Weights, Weights], tuple[Weights, Weights]]:
    """Weights (out, in, 3, 3) and biases (out,) of both convolutions."""
    return (
        (_wave((HIDDEN, 3, 3, 3), 0.9), _wave((HIDDEN,), 0.5)),
        (_wave((CLASSES, HIDDEN, 3, 3), 0.7), _wave((CLASSES,), 0.3)),
    )


def _wave(shape: tuple[int, ...], step: float) -> Weights:
    """Numbers of both signs that never repeat."""
    values = 0.3 * np.sin(np.arange(1, np.prod(shape) + 1) * step)
    return np.asarray(values.reshape(shape), np.float32)


def _convolved(tensor: NDArray[np.float64], weights: Weights, biases: Weights) -> Weights:
    padded = np.pad(tensor, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    found = np.einsum("nchwij,kcij->nkhw", windows, weights) + biases[:, None, None]
    return np.asarray(found)


def _graph() -> bytes:
    """A GraphProto: node = 1, name = 2, initializer = 5, input = 11, output = 12."""
    (first, first_bias), (second, second_bias) = _layers()
    constants = {"w1": first, "b1": first_bias, "w2": second, "b2": second_bias}
    return b"".join(
        (
            message(1, _convolution([INPUT, "w1", "b1"], "c1")),
            message(1, _node("Relu", ["c1"], "r1")),
            message(1, _convolution(["r1", "w2", "b2"], "c2")),
            message(1, _node("Sigmoid", ["c2"], OUTPUT)),
            message(2, b"tiny"),
            *(message(5, _tensor(name, values)) for name, values in constants.items()),
            message(11, _value_info(INPUT, SHAPE)),
            message(12, _value_info(OUTPUT, (1, CLASSES, *SHAPE[2:]))),
        )
    )


def _convolution(inputs: list[str], output: str) -> bytes:
    attributes = {"kernel_shape": (3, 3), "pads": (1, 1, 1, 1), "strides": (1, 1)}
    written = (
        message(5, message(1, name.encode()) + _numbers(values) + integer(20, _INTS))
        for name, values in attributes.items()
    )
    return _node("Conv", inputs, output) + b"".join(written)


def _numbers(values: tuple[int, ...]) -> bytes:
    """AttributeProto.ints = 8."""
    return b"".join(integer(8, value) for value in values)


def _node(op: str, inputs: list[str], output: str) -> bytes:
    """A NodeProto: input = 1, output = 2, name = 3, op_type = 4; attribute = 5 may follow."""
    names = b"".join(message(1, name.encode()) for name in inputs)
    return (
        names + message(2, output.encode()) + message(3, output.encode()) + message(4, op.encode())
    )


def _tensor(name: str, values: Weights) -> bytes:
    """A TensorProto: dims = 1, data_type = 2, name = 8, raw_data = 9."""
    dims = b"".join(integer(1, side) for side in values.shape)
    raw = values.astype("<f4").tobytes()
    return dims + integer(2, _FLOAT) + message(8, name.encode()) + message(9, raw)


def _value_info(name: str, shape: tuple[int, ...]) -> bytes:
    """A ValueInfoProto: name = 1, type = 2, which holds a tensor_type = 1 (elem_type, shape)."""
    sides = b"".join(message(1, integer(1, side)) for side in shape)
    kind = message(1, integer(1, _FLOAT) + message(2, sides))
    return message(1, name.encode()) + message(2, kind)
