"""Nodes of text graphs, read."""

import numpy as np
import pytest

from livesegment.builtin import colour_shapes
from livesegment.families.rebuild.operation import Operation
from livesegment.families.text_graph import TextGraph

CONVOLUTION = """node {
  name: "Conv/Conv2D"  # the only one
  op: "Conv2D"
  input: "image:0"
  input: "Conv/weights"
  input: "^Assert"
  attr { key: "padding" value { s: "SAME" } }
  attr { key: "strides" value { list { i: 1 i: 2 i: 3 i: 1 } } }
  attr { key: "epsilon" value { f: 0.001 } }
  attr { key: "axis" value { i: -1 } }
  attr { key: "fast" value { b: true } }
  attr { key: "shape" value { shape { dim { size: -1 } dim { size: 3 } } } }
  attr {
    key: "begins"
    value { tensor { dtype: DT_INT32 tensor_shape { dim { size: 2 } } int_val: 0 int_val: 3 } }
  }
}
"""


def read(text: str) -> Operation:
    (node,) = TextGraph.parse(text).nodes
    return Operation.read(node)


def test_a_node_says_what_it_does_and_of_what() -> None:
    operation = read(CONVOLUTION)
    assert (operation.name, operation.kind) == ("Conv/Conv2D", "Conv2D")
    assert operation.inputs == ("image", "Conv/weights")


def test_attributes_have_their_types() -> None:
    operation = read(CONVOLUTION)
    assert operation.word("padding", "") == "SAME"
    assert operation.pair("strides") == (2, 3)
    assert operation.number("epsilon", 0) == pytest.approx(0.001)
    assert operation.whole("axis", 0) == -1
    assert operation.flag("fast")
    assert operation.attributes["shape"] == [-1, 3]
    np.testing.assert_array_equal(np.asarray(operation.attributes["begins"]), [0, 3])


def test_what_is_not_there_is_as_usual() -> None:
    operation = read(CONVOLUTION)
    assert operation.pair("dilations") == (1, 1)
    assert operation.word("mode", "plain") == "plain"
    assert not operation.flag("slow")
    assert operation.flag("clip", default=True)


def test_one_number_fills_a_tensor() -> None:
    text = CONVOLUTION.replace("int_val: 0 int_val: 3", "int_val: 7")
    np.testing.assert_array_equal(np.asarray(read(text).attributes["begins"]), [7, 7])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("int_val: 3", ""),
        ("DT_INT32", "DT_STRING"),
        ("int_val: 0 int_val: 3", 'tensor_content: "\\001"'),
        ("i: -1", "i: one"),
        ("f: 0.001", "f: small"),
    ],
)
def test_a_wrong_value_is_refused(old: str, new: str) -> None:
    text = CONVOLUTION.replace(old, new)
    if old == "int_val: 3":
        text = text.replace("size: 2", "size: 3").replace("int_val: 0", "int_val: 0 int_val: 1")
    with pytest.raises(ValueError, match=r"."):
        read(text)


def test_an_attribute_of_another_type_is_refused_where_it_is_used() -> None:
    operation = read(CONVOLUTION)
    with pytest.raises(ValueError, match="padding is no whole number"):
        operation.whole("padding", 0)
    with pytest.raises(ValueError, match="padding is no number"):
        operation.number("padding", 0)
    with pytest.raises(ValueError, match="padding is SAME, not four numbers"):
        operation.pair("padding")


def test_every_node_of_the_built_in_model_is_read() -> None:
    for node in TextGraph.parse(colour_shapes.build()[1]).nodes:
        operation = Operation.read(node)
        assert operation.kind
        assert set(operation.inputs) == set(node.inputs)
