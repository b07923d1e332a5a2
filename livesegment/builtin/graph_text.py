"""Networks written node by node: OpenCV's text graph, and the constants that go with it."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from livesegment.builtin.graph_def import Constant, graph_def

Attribute: TypeAlias = bool | int | float | str | Sequence[int] | Sequence[float]
"""A value of a node; a list of floats is written as a tensor, as OpenCV expects of priors."""


class GraphBuilder:
    """Collects nodes and constants; every method that adds one returns its name.

    Arrays are in TensorFlow's order: pictures (batch, height, width, channels), convolution
    weights (height, width, inputs, outputs).
    """

    def __init__(self) -> None:
        self._nodes: list[str] = []
        self._constants: dict[str, Constant] = {}

    def text(self) -> str:
        """The text graph."""
        return "".join(self._nodes)

    def frozen(self) -> bytes:
        """The frozen graph: the constants alone."""
        return graph_def(self._constants)

    def placeholder(self, name: str, channels: int) -> str:
        """Add an input of any batch, height and width."""
        sides = "".join(f"dim {{ size: {side} }} " for side in (-1, -1, -1, channels))
        return self._add(
            name,
            "Placeholder",
            (),
            ("dtype", "type: DT_FLOAT"),
            ("shape", f"shape {{ {sides}}}"),
        )

    def node(self, name: str, op: str, inputs: Sequence[str], **attributes: Attribute) -> str:
        """Add a node; `inputs` are names of nodes or constants."""
        values = ((key, _attribute_value(value)) for key, value in attributes.items())
        return self._add(name, op, inputs, *values)

    def floats(self, name: str, values: ArrayLike) -> str:
        """Add a float32 constant."""
        self._constants[name] = np.asarray(values, np.float32)
        return name

    def integers(self, name: str, values: ArrayLike) -> str:
        """Add an int32 constant."""
        self._constants[name] = np.asarray(values, np.int32)
        return name

    def convolution(
        self,
        name: str,
        source: str,
        weights: ArrayLike,
        biases: ArrayLike,
        *,
        activation: str | None = None,
        stride: int = 1,
        padding: str = "SAME",
        op: str = "Conv2D",
    ) -> str:
        """Add a convolution, a BiasAdd and, unless None, an activation.

        Args:
            name: prefix of the names of what is added.
            source: what is convolved.
            weights: (height, width, inputs, outputs).
            biases: (outputs,).
            activation: "Relu", "Relu6" or "Sigmoid".
            stride: in both directions.
            padding: "SAME" or "VALID".
            op: "Conv2D", or "DepthwiseConv2dNative" with weights (height, width, channels, 1).
        """
        last = self.node(
            f"{name}/{op}",
            op,
            [source, self.floats(f"{name}/weights", weights)],
            data_format="NHWC",
            padding=padding,
            strides=[1, stride, stride, 1],
            dilations=[1, 1, 1, 1],
        )
        last = self.node(
            f"{name}/BiasAdd",
            "BiasAdd",
            [last, self.floats(f"{name}/biases", biases)],
            data_format="NHWC",
        )
        return last if activation is None else self.node(f"{name}/{activation}", activation, [last])

    def pool(
        self,
        name: str,
        source: str,
        size: tuple[int, int],
        stride: int = 1,
        *,
        op: str = "MaxPool",
        padding: str = "SAME",
    ) -> str:
        """Add a "MaxPool" or "AvgPool" over windows of `size` (height, width)."""
        return self.node(
            name,
            op,
            [source],
            data_format="NHWC",
            ksize=[1, *size, 1],
            padding=padding,
            strides=[1, stride, stride, 1],
        )

    def concat(self, name: str, sources: Sequence[str]) -> str:
        """Add a ConcatV2 of the channels of `sources`."""
        return self.node(name, "ConcatV2", [*sources, self.integers(f"{name}/axis", 3)])

    def reshape(self, name: str, source: str, shape: Sequence[int]) -> str:
        """Add a Reshape: -1 is what is left, 0 is as it was."""
        return self.node(name, "Reshape", [source, self.integers(f"{name}/shape", shape)])

    def _add(self, name: str, op: str, inputs: Sequence[str], *attributes: tuple[str, str]) -> str:
        lines = [f'name: "{name}"', f'op: "{op}"']
        lines += [f'input: "{source}"' for source in inputs]
        lines += [f'attr {{ key: "{key}" value {{ {value} }} }}' for key, value in attributes]
        self._nodes.append("".join(("node {\n", *(f"  {line}\n" for line in lines), "}\n")))
        return name


def _attribute_value(value: Attribute) -> str:
    """An AttrValue in protobuf's text format."""
    match value:
        case bool():
            return f"b: {str(value).lower()}"
        case int():
            return f"i: {value}"
        case float():
            return f"f: {value!r}"
        case str():
            return f's: "{value}"'
    if all(isinstance(number, int) for number in value):
        return f"list {{ {' '.join(f'i: {number}' for number in value)} }}"
    numbers = " ".join(f"float_val: {number!r}" for number in value)
    shape = f"tensor_shape {{ dim {{ size: {len(value)} }} }}"
    return f"tensor {{ dtype: DT_FLOAT {shape} {numbers} }}"
