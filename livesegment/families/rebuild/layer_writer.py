"""One network in the making: which tensors are there, and in which order their axes are.

TensorFlow keeps pictures as (batch, height, width, channels), ONNX as (batch, channels, height,
width). Here, as in OpenCV, a picture is always the latter, and axes that the graph names are
turned accordingly; only what flattens or reshapes a picture sees TensorFlow's order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from livesegment.errors import ModelError
from livesegment.families.frozen_graph import Constant
from livesegment.families.rebuild.operation import Operation
from livesegment.families.rebuild.resizing import Resizing
from livesegment.network import Dialect
from livesegment.onnx_writer import OnnxWriter

TO_NHWC, TO_NCHW = [0, 2, 3, 1], [0, 3, 1, 2]


@dataclass(frozen=True, slots=True)
class Tensor:
    """What is known of a tensor while the network is written."""

    name: str
    axes: int
    picture: bool = False
    """Whether TensorFlow's order of its axes is another than here."""
    size: tuple[int, int] | None = None
    """(height, width) of a picture, where it does not depend on the input."""
    resized: Resizing | None = None
    """A resize still to be done: a convolution may do it on the way."""
    channels: int = 0
    """Of a picture, where the graph says; else 0."""
    crops: int = 0
    """Boxes that were cropped one below the other in one picture, not yet taken apart: their
    height; 0 where there are none."""


class LayerWriter:
    """Writes operations into one ONNX network."""

    def __init__(
        self,
        operations: Mapping[str, Operation],
        constant: Callable[[str], Constant | None],
        dialect: Dialect,
    ) -> None:
        """Start a network.

        Args:
            operations: the whole graph, by name.
            constant: the values of a constant, None where there is none of the name.
            dialect: how the engine likes it.
        """
        self.onnx = OnnxWriter()
        self.tensors: dict[str, Tensor] = {}
        self.crop_sizes: list[tuple[int, int]] = []
        self._operations = operations
        self._constant = constant
        self.dialect = dialect

    def read(self, operation: Operation, index: int = 0) -> Tensor:
        """An input that is a tensor, everything that was put off done."""
        return self._settled(self.raw(operation, index))

    def finished(self, name: str) -> Tensor:
        """Make sure that an output is there as it is asked for."""
        if name not in self.tensors:
            raise ModelError(f"node {name} is not made by this part of the graph")
        done = self._settled(self.tensors[name])
        if done.name != name:
            self.onnx.node("Identity", [done.name], name)
        return done

    def raw(self, operation: Operation, index: int = 0) -> Tensor:
        """An input that is a tensor, as it is."""
        name = operation.inputs[index]
        if name not in self.tensors:
            raise ValueError(f"its input {name} is not there")
        return self.tensors[name]

    def values(self, operation: Operation, index: int) -> Constant:
        """An input that is a constant."""
        values = self._constant(operation.inputs[index])
        if values is None:
            raise ValueError(f"{operation.inputs[index]} is no constant of the graph")
        return values

    def operand(self, operation: Operation, index: int, like: Tensor) -> str:
        """An input that is a tensor or a constant, to go with another in arithmetic.

        A constant of several values lies along the channels, or the axis that is named.
        """
        name = operation.inputs[index]
        if name in self.tensors:
            return self.read(operation, index).name
        values = self.values(operation, index).astype(np.float32)
        if values.size == 1:
            return self.onnx.constant(name, values.reshape(()))
        if values.ndim != 1:
            raise ValueError(f"its constant has the shape {values.shape}")
        axis = 1 if like.picture else operation.whole("axis", like.axes - 1)
        shape = [-1] + [1] * (like.axes - 1 - axis)
        return self.onnx.constant(f"{name}/{len(shape)}", values.reshape(shape))

    def maker(self, operation: Operation) -> Operation | None:
        """The operation that makes the first input."""
        return self._operations.get(operation.inputs[0])

    def nhwc(self, tensor: Tensor, name: str) -> str:
        """A tensor in TensorFlow's order."""
        if not tensor.picture:
            return tensor.name
        return self.onnx.node("Transpose", [tensor.name], f"{name}/nhwc", perm=TO_NHWC)

    def _settled(self, tensor: Tensor) -> Tensor:
        if tensor.resized is not None:
            key = tensor.name
            source, down, across = tensor.resized.source, tensor.resized.down, tensor.resized.across
            rows = self.onnx.constant(f"{key}/down", down)
            columns = self.onnx.constant(f"{key}/across", across.T)
            wide = self.onnx.node("MatMul", [source, columns], f"{key}/wide")
            self.onnx.node("MatMul", [rows, wide], key)
            done = replace(tensor, resized=None)
        elif tensor.crops:
            done = replace(tensor, name=f"{tensor.name}/crops", crops=0)
            height, width = tensor.size or (0, 0)
            shape = self.onnx.constant(f"{done.name}/shape", [0, -1, height, width])
            # (1, channels, boxes * height, width) to (boxes, channels, height, width).
            first = self.onnx.constant("first axis", [0])
            one = self.onnx.node("Squeeze", [tensor.name, first], f"{done.name}/one")
            apart = self.onnx.node("Reshape", [one, shape], f"{done.name}/apart")
            self.onnx.node("Transpose", [apart], done.name, perm=[1, 0, 2, 3])
        else:
            return tensor
        self.tensors = {
            key: done if value is tensor else value for key, value in self.tensors.items()
        }
        return done


Layer = Callable[[LayerWriter, Operation], Tensor]
"""Writes one kind of operation, and tells what it made.

Raises ValueError where it is used in a way that cannot be rebuilt."""
