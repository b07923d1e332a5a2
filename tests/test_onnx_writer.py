"""Networks that are written are what ONNX's own library makes of the same parts."""

import numpy as np
import pytest

from livesegment.onnx_writer import OnnxWriter
from livesegment.protobuf import integer, message, single

onnx = pytest.importorskip("onnx", reason="onnx is not installed")


def written() -> bytes:
    """A network with every kind of attribute, constant and side."""
    writer = OnnxWriter()
    picture = writer.input("picture", (1, 2, "height", "width"))
    weights = writer.constant("weights", np.ones((3, 2, 3, 3)))
    last = writer.node("Conv", [picture, weights], "conv", kernel_shape=(3, 3), auto_pad="VALID")
    last = writer.node("LeakyRelu", [last], "leaky", alpha=0.25)
    shape = writer.constant("shape", [1, -1])
    last = writer.node("Reshape", [last, shape], "flat")
    zeros = writer.zeros_like_rows(picture, "zeros")
    kept = writer.node("Gather", [last, zeros], "kept", axis=0)
    return writer.network({kept: ("rows", "columns")})


def test_onnx_itself_finds_nothing_wrong() -> None:
    model = onnx.load_model_from_string(written())
    onnx.checker.check_model(model, full_check=True)


def test_names_shapes_and_numbers_come_back() -> None:
    graph = onnx.load_model_from_string(written()).graph
    assert [node.op_type for node in graph.node] == [
        *("Conv", "LeakyRelu", "Reshape", "Shape", "ConstantOfShape", "Gather")
    ]
    conv, leaky, *_ = graph.node
    told = {item.name: onnx.helper.get_attribute_value(item) for item in conv.attribute}
    assert told == {"kernel_shape": [3, 3], "auto_pad": b"VALID"}
    assert onnx.helper.get_attribute_value(leaky.attribute[0]) == 0.25
    weights, shape = (onnx.numpy_helper.to_array(item) for item in graph.initializer)
    assert (weights.dtype, weights.shape) == (np.float32, (3, 2, 3, 3))
    assert (shape.dtype, shape.tolist()) == (np.int64, [1, -1])
    sides = graph.input[0].type.tensor_type.shape.dim
    assert [side.dim_value or side.dim_param for side in sides] == [1, 2, "height", "width"]


def test_a_constant_of_one_name_is_written_once() -> None:
    writer = OnnxWriter()
    writer.input("x", (1,))
    for _ in range(2):
        writer.node("Add", ["x", writer.constant("one", [1.0])], "y")
    assert len(onnx.load_model_from_string(writer.network({"y": (1,)})).graph.initializer) == 1


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (integer(1, 150), "089601"),
        (message(2, "testing"), "120774657374696e67"),
        (integer(1, -1), "08ffffffffffffffffff01"),
        (single(5, 1.5), "2d0000c03f"),
    ],
)
def test_fields_are_written_as_documented(data: bytes, wanted: str) -> None:
    """From "Encoding" at protobuf.dev; field 5 of wire type 5 is 0x2d."""
    assert data.hex() == wanted
