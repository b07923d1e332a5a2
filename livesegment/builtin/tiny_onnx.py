"""A network of two convolutions, as ONNX: what an engine is tried with when no model is at hand.

It needs no library to be written and none to be checked: `answer` computes it with numpy.
"""

import numpy as np
from numpy.typing import NDArray

from livesegment.onnx_writer import OnnxWriter

INPUT, OUTPUT = "picture", "shares"
SHAPE = (1, 3, 64, 64)
"""Of the input; fixed, as some devices take nothing else."""
HIDDEN, CLASSES = 16, 4
"""Channels of the two layers; the output is (1, CLASSES, 64, 64)."""

Weights = NDArray[np.float32]


def build() -> bytes:
    """Write the network as an ONNX file; the same bytes at each call."""
    onnx = OnnxWriter()
    last = onnx.input(INPUT, SHAPE)
    for number, ((weights, biases), activation, name) in enumerate(
        zip(_layers(), ("Relu", "Sigmoid"), ("hidden", OUTPUT), strict=True)
    ):
        constants = [
            onnx.constant(f"weights {number}", weights),
            onnx.constant(f"biases {number}", biases),
        ]
        last = onnx.node(
            "Conv",
            [last, *constants],
            f"convolution {number}",
            kernel_shape=(3, 3),
            pads=(1, 1, 1, 1),
            strides=(1, 1),
        )
        last = onnx.node(activation, [last], name)
    return onnx.network({OUTPUT: (1, CLASSES, *SHAPE[2:])})


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
