"""Networks written as ONNX, node by node, with the `onnx` library."""

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livesegment.errors import EngineError, ModelError, one_line

OPSET, IR_VERSION = 17, 9
"""Of 2022: ONNX Runtime 1.14 and OpenVINO 2023 read them."""


def onnx_library() -> ModuleType:
    """The `onnx` library.

    Raises:
        EngineError: it is not installed.
    """
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
        import onnx.shape_inference
    except ImportError as error:
        raise EngineError(
            "a TensorFlow model runs on ONNX engines once it is rebuilt, which needs onnx, "
            "and that is not installed",
            hint="pip install onnx, or --engine opencv, which runs the model as it is",
        ) from error
    return onnx


class OnnxWriter:
    """Collects nodes and constants; every method that adds one returns its name."""

    def __init__(self) -> None:
        self._onnx = onnx_library()
        self._nodes: list[Any] = []
        self._inputs: list[Any] = []
        self._constants: dict[str, Any] = {}

    def input(self, name: str, shape: Sequence[int | str]) -> str:
        """Add a float32 input; a side that may be of any length has a name."""
        helper = self._onnx.helper
        kind = self._onnx.TensorProto.FLOAT
        self._inputs.append(helper.make_tensor_value_info(name, kind, list(shape)))
        return name

    def constant(
        self, name: str, values: NDArray[np.floating] | NDArray[np.integer] | Sequence[int]
    ) -> str:
        """Add a constant: numbers as float32, whole ones as int64."""
        if name not in self._constants:
            array = np.asarray(values)
            kind = np.int64 if np.issubdtype(array.dtype, np.integer) else np.float32
            self._constants[name] = self._onnx.numpy_helper.from_array(
                np.asarray(array, kind, order="C"), name
            )
        return name

    def node(self, kind: str, inputs: Sequence[str], name: str, **attributes: object) -> str:
        """Add a node with one output, of the same name."""
        made = self._onnx.helper.make_node(kind, list(inputs), [name], name=name, **attributes)
        self._nodes.append(made)
        return name

    def zeros_like_rows(self, rows: str, name: str) -> str:
        """Add as many int64 zeros as a tensor has rows."""
        zero = self._onnx.numpy_helper.from_array(np.zeros(1, np.int64))
        count = self.node("Shape", [rows], f"{name}/count", start=0, end=1)
        return self.node("ConstantOfShape", [count], name, value=zero)

    def network(self, name: str, outputs: Mapping[str, int]) -> bytes:
        """The finished file.

        Args:
            name: for messages.
            outputs: tensor -> its number of axes.

        Raises:
            ModelError: what was written is no valid network.
        """
        helper = self._onnx.helper
        kind = self._onnx.TensorProto.FLOAT
        infos = [
            helper.make_tensor_value_info(
                output, kind, [f"{output}:{axis}" for axis in range(axes)]
            )
            for output, axes in outputs.items()
        ]
        graph = helper.make_graph(
            self._nodes, "livesegment", self._inputs, infos, list(self._constants.values())
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
        try:
            self._onnx.checker.check_model(model)
        except (self._onnx.checker.ValidationError, ValueError) as error:
            raise ModelError(f"{name} could not be rebuilt: {one_line(error)}") from error
        return bytes(model.SerializeToString())


def channels_of(network: bytes, tensor: str) -> int:
    """The channels of an output of a network, as its layers imply them.

    Raises:
        ModelError: they do not.
    """
    onnx = onnx_library()
    inferred = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(network))
    for info in inferred.graph.output:
        sides = info.type.tensor_type.shape.dim
        if info.name == tensor and len(sides) == 4 and sides[1].dim_value:
            return int(sides[1].dim_value)
    raise ModelError(f"how many channels {tensor} has cannot be told")
