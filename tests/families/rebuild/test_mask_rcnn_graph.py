"""Graphs that cannot be rebuilt are refused, and the node is named."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.errors import ModelError
from livesegment.families.rebuild.mask_rcnn_graph import MaskRcnnGraph
from livesegment.network import Dialect
from tests.families import random_mask_rcnn


def test_an_unknown_operation_is_refused_by_the_name_of_its_node() -> None:
    weights, graph = random_mask_rcnn.build()
    strange = graph.replace('name: "Second/Relu"\n  op: "Relu"', 'name: "Second/Relu"\n  op: "Erf"')
    with pytest.raises(ModelError, match="node Second/Relu is of type Erf"):
        MaskRcnnGraph(weights, strange, "strange").networks(Dialect())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('op: "PriorBox"', 'op: "Priors"', "proposals is of type Priors, not PriorBox"),
        ("CENTER_SIZE", "CORNER", "written as CORNER"),
        ('input: "corners"', 'input: "Scale"', "does not start from the proposals' corners"),
        ('op: "CropAndResize"', 'op: "RoiPool"', "0 crops are made"),
        ('"detection_out_final"', '"detections"', "there is no node detection_out_final"),
    ],
)
def test_a_graph_of_another_form_is_refused(old: str, new: str, said: str) -> None:
    weights, graph = random_mask_rcnn.build()
    with pytest.raises(ModelError, match=said):
        MaskRcnnGraph(weights, graph.replace(old, new), "other")


def test_a_constant_that_is_missing_is_named() -> None:
    weights, graph = random_mask_rcnn.build()
    parts = MaskRcnnGraph(weights, graph.replace("Second/weights", "Second/heavy"), "other")
    with pytest.raises(ModelError, match=r"Second/Conv2D .*Second/heavy is no constant"):
        parts.networks(Dialect())


@given(st.data())
def test_damaged_files_are_rebuilt_or_refused(data: st.DataObject) -> None:
    weights, graph = random_mask_rcnn.build()
    damaged = bytearray(weights)
    for place in data.draw(st.lists(st.integers(0, len(weights) - 1), max_size=3)):
        damaged[place] ^= data.draw(st.sampled_from([1, 4, 128]))
    letters = list(graph)
    for place in data.draw(st.lists(st.integers(0, len(graph) - 1), max_size=2)):
        letters[place] = data.draw(st.sampled_from('0-9{}"a:'))
    with suppress(ModelError):
        MaskRcnnGraph(bytes(damaged), "".join(letters), "damaged").networks(Dialect())


@pytest.mark.parametrize("number", ["0", "-1"])
@pytest.mark.parametrize(
    ("node", "key"),
    [("Pool", "strides"), ("Pool", "ksize"), ("Second/Conv2D", "strides")],
)
def test_numbers_out_of_bounds_are_refused(node: str, key: str, number: str) -> None:
    weights, graph = random_mask_rcnn.build()
    start = graph.index(f'key: "{key}"', graph.index(f'name: "{node}"'))
    wrong = graph[:start] + re.sub(
        r"i: [23] |(?<=i: 1 )i: 1 ", f"i: {number} ", graph[start:], count=1
    )
    assert wrong != graph
    with pytest.raises(ModelError, match=f"node {node} .* cannot be rebuilt"):
        MaskRcnnGraph(weights, wrong, "wrong").networks(Dialect())
