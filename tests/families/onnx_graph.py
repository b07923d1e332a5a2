"""Small ONNX networks put together with the `onnx` library, node by node, for the tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

FLOAT, UINT8, INT64 = TensorProto.FLOAT, TensorProto.UINT8, TensorProto.INT64


class Graph:
    """A network in the making; every call gives the name of a tensor."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def add(self, op: str, *inputs: str, to: str = "", **attributes: Any) -> str:
        """A node of one output, called `to` or by its number."""
        return self.split(op, *inputs, to=[to or f"t{len(self._nodes)}"], **attributes)[0]

    def split(self, op: str, *inputs: str, to: Sequence[str], **attributes: Any) -> Sequence[str]:
        """A node of several outputs."""
        self._nodes.append(helper.make_node(op, inputs, to, **attributes))
        return to

    def cast(self, source: str, kind: int = FLOAT) -> str:
        """A node that changes the type; its attribute is called as an argument here is."""
        name = f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node("Cast", [source], [name], to=kind))
        return name

    def constant(self, values: Any, kind: type = np.float32) -> str:
        """Weights."""
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def conv(
        self,
        source: str,
        kernel: NDArray[np.float32],
        bias: Sequence[float],
        *,
        pads: Sequence[int] = (0, 0, 0, 0),
    ) -> str:
        """A convolution whose windows do not overlap; pads are top, left, bottom, right."""
        side = kernel.shape[2]
        return self.add(
            "Conv",
            source,
            self.constant(kernel),
            self.constant(bias),
            kernel_shape=[side, side],
            strides=[side, side],
            pads=list(pads),
        )

    def file(
        self,
        inputs: Mapping[str, Sequence[int | str]],
        outputs: Mapping[str, Sequence[int | str]],
        *,
        types: Mapping[str, int] | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> bytes:
        """The network's file; `types` where they are not float."""
        kinds = types or {}
        ends = [
            [
                helper.make_tensor_value_info(name, kinds.get(name, FLOAT), list(shape))
                for name, shape in shapes.items()
            ]
            for shapes in (inputs, outputs)
        ]
        graph = helper.make_graph(self._nodes, "made for a test", ends[0], ends[1], self._weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        helper.set_model_props(model, dict(metadata or {}))
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())


def colour_share(side: int, colours: Sequence[int], gain: float = 1) -> NDArray[np.float32]:
    """Kernels that give the share of pure colours in squares: 1 all over, 0 for black.

    Args:
        side: of the square, which is the stride too.
        colours: 0 red, 1 green, 2 blue; a kernel each.
        gain: a factor.
    """
    kernels = np.full((len(colours), 3, side, side), -1, np.float32)
    for row, colour in enumerate(colours):
        kernels[row, colour] = 1
    return kernels * np.float32(gain / side**2)
