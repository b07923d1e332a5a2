"""Text graphs: read as far as needed, and cut in two."""

import pytest

from livesegment.families.text_graph import TextGraph

GRAPH = """\
node {
  name: "image"
  op: "Placeholder"
  attr {
    key: "note"
    value { s: "two }} in a string, and \\"node {\\"" }
  }
}
node {
  name: "features"
  op: "Conv2D"
  input: "image"
  input: "weights"
}
node {
  name: "found"
  op: "DetectionOutput"
  input: "features"
}
node {
  name: "crops"
  op: "CropAndResize"
  input: "features"
  input: "found"
}
node {
  name: "masks"
  op: "Sigmoid"
  input: "crops"
}
library {
}
"""


def names(text: str) -> list[str]:
    return [node.name for node in TextGraph.parse(text).nodes]


def small(*nodes: tuple[str, str]) -> TextGraph:
    """Nodes by name and inputs, the inputs separated by blanks."""
    blocks = [
        f'node {{\n  name: "{name}"\n' + "".join(f'  input: "{i}"\n' for i in inputs.split()) + "}"
        for name, inputs in nodes
    ]
    return TextGraph.parse("\n".join(blocks))


def test_nodes_are_read_in_file_order() -> None:
    assert names(GRAPH) == ["image", "features", "found", "crops", "masks"]


def test_inputs_are_those_written() -> None:
    inputs = {node.name: node.inputs for node in TextGraph.parse(GRAPH).nodes}
    assert inputs["image"] == ()
    assert inputs["crops"] == ("features", "found")


@pytest.mark.parametrize("written", ["found:0", "^found", "found:2"])
def test_an_input_is_known_by_its_node(written: str) -> None:
    """Which of a node's outputs it is, or that only its turn counts, does not matter."""
    graph = small(("found", ""), ("crops", written))
    assert graph.nodes[1].inputs == ("found",)


def test_a_graph_knows_its_nodes() -> None:
    graph = TextGraph.parse(GRAPH)
    assert "masks" in graph
    assert "weights" not in graph


def test_downstream_is_all_that_needs_a_node_even_through_others() -> None:
    graph = TextGraph.parse(GRAPH)
    assert graph.downstream("found") == {"crops", "masks"}
    assert graph.downstream("features") == {"found", "crops", "masks"}
    assert graph.downstream("masks") == set()


def test_inputs_of_a_branch_are_nodes_outside_of_it() -> None:
    """Constants are no nodes of the text graph."""
    graph = TextGraph.parse(GRAPH)
    assert graph.inputs_of({"crops", "masks"}) == {"features", "found"}
    assert graph.inputs_of({"features"}) == {"image"}


def test_without_leaves_the_others_as_they_stand() -> None:
    left = TextGraph.parse(GRAPH).without({"crops", "masks"})
    assert names(left) == ["image", "features", "found"]
    assert left == GRAPH[: GRAPH.index('node {\n  name: "crops"')]


def test_a_branch_begins_with_placeholders_and_reads_them() -> None:
    branch = TextGraph.parse(GRAPH).branch(
        {"crops", "masks"}, {"features": ("inlet", (-1, -1, -1, 8)), "found": ("rois", (1, 7))}
    )
    graph = TextGraph.parse(branch)
    assert [node.name for node in graph.nodes] == ["inlet", "rois", "crops", "masks"]
    assert graph.nodes[2].inputs == ("inlet", "rois")
    assert graph.nodes[3].inputs == ("crops",)
    assert 'op: "Placeholder"' in graph.nodes[0].text
    assert "dim { size: 1 } dim { size: 7 }" in graph.nodes[1].text


@pytest.mark.parametrize("name", ["in", "input", "i"])
def test_only_the_name_is_renamed_not_the_key_before_it(name: str) -> None:
    graph = TextGraph.parse(f'node {{\n  name: "a"\n  input: "{name}"\n}}')
    assert graph.nodes[0].renamed_inputs({name: "other"}) == (
        'node {\n  name: "a"\n  input: "other"\n}\n'
    )


@pytest.mark.parametrize(
    ("written", "renamed"), [("found:0", "rois"), ("^found", "^rois"), ("founder", "founder")]
)
def test_an_input_is_renamed_however_it_is_written(written: str, renamed: str) -> None:
    node = small(("crops", written)).nodes[0]
    assert f'input: "{renamed}"' in node.renamed_inputs({"found": "rois"})


def test_what_stands_before_the_first_node_is_passed_over() -> None:
    assert names('versions {\n  producer: 22\n}\nnode {\n  name: "a"\n}') == ["a"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no nodes"),
        ("library {\n}\n", "no nodes"),
        ('node {\n  name: "a"\n', "middle of a node"),
        ('node {\n  name: "a"\n}\n}', "closes nothing"),
        ('node {\n  op: "Placeholder"\n}', "no name"),
    ],
)
def test_what_is_no_text_graph_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        TextGraph.parse(text)
