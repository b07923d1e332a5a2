"""OpenCV's text graphs, cut in two without changing a number.

A text graph is a protobuf text: `node { name: "..." op: "..." input: "..." ... }` repeated. Only
names and inputs matter here; the rest of each node is carried along as it stands.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

_STRING = r'"((?:[^"\\]|\\.)*)"'
_NAME = re.compile(rf"(?<![\w\"])name:\s*{_STRING}")
_INPUT = re.compile(rf"(?<![\w\"])input:\s*{_STRING}")


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a text graph."""

    name: str
    inputs: tuple[str, ...]
    """Names of nodes and constants; a leading ^ and a trailing :0, :1 ... are taken off."""
    text: str
    """The node as it stands in the file."""

    def renamed_inputs(self, names: Mapping[str, str]) -> str:
        """The node's text with some of its inputs read from elsewhere."""

        def renamed(match: re.Match[str]) -> str:
            written, start = match[1], match.start(1) - match.start()
            mark = "^" if written.startswith("^") else ""
            name = written.removeprefix("^").removesuffix(":0")
            return match[0][:start] + (mark + names[name] if name in names else written) + '"'

        return _INPUT.sub(renamed, self.text)


@dataclass(frozen=True, slots=True)
class TextGraph:
    """Nodes in file order, which is an order of running."""

    nodes: tuple[Node, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a text graph.

        Raises:
            ValueError: the text is no such graph.
        """
        nodes = tuple(_node(block) for block in _blocks(text))
        if not nodes:
            raise ValueError("it holds no nodes")
        return cls(nodes)

    def __contains__(self, name: str) -> bool:
        return any(node.name == name for node in self.nodes)

    def downstream(self, name: str) -> set[str]:
        """Names of the nodes that need node `name`, directly or through others."""
        found = {name}
        for node in self.nodes:
            if found.intersection(node.inputs):
                found.add(node.name)
        return found - {name}

    def without(self, names: Collection[str]) -> str:
        """The text of the graph less some nodes."""
        return "".join(node.text for node in self.nodes if node.name not in names)

    def branch(
        self, names: Collection[str], inputs: Mapping[str, tuple[str, Sequence[int]]]
    ) -> str:
        """The text of some of the nodes as a graph of their own.

        Args:
            names: the nodes.
            inputs: node outside -> (name of the placeholder that stands for it, its NHWC shape,
                -1 where any).
        """
        renamed = {outside: name for outside, (name, _) in inputs.items()}
        return "".join(_placeholder(name, shape) for name, shape in inputs.values()) + "".join(
            node.renamed_inputs(renamed) for node in self.nodes if node.name in names
        )

    def inputs_of(self, names: Collection[str]) -> set[str]:
        """Nodes outside of `names` that nodes inside of it need."""
        every = {node.name for node in self.nodes}
        needed = {name for node in self.nodes if node.name in names for name in node.inputs}
        return (needed & every) - set(names)


def _blocks(text: str) -> list[str]:
    """The text of every top-level `node { ... }`."""
    blocks: list[str] = []
    depth, start = 0, -1
    for token in re.finditer(r'"(?:[^"\\\n]|\\.)*"|[{}]|\bnode\b', text):
        if token[0] == "{":
            depth += 1
        elif token[0] == "}":
            depth -= 1
            if depth < 0:
                raise ValueError("a } closes nothing")
            if depth == 0 and start >= 0:
                blocks.append(text[start : token.end()] + "\n")
                start = -1
        elif depth == 0 and token[0] == "node":
            start = token.start()
    if depth:
        raise ValueError("it ends in the middle of a node")
    return blocks


def _node(block: str) -> Node:
    name = _NAME.search(block)
    if name is None:
        raise ValueError("a node has no name")
    inputs = (match[1].lstrip("^").partition(":")[0] for match in _INPUT.finditer(block))
    return Node(name=name[1], inputs=tuple(inputs), text=block)


def _placeholder(name: str, shape: Sequence[int]) -> str:
    sides = "".join(f"dim {{ size: {side} }} " for side in shape)
    return (
        f'node {{\n  name: "{name}"\n  op: "Placeholder"\n'
        '  attr { key: "dtype" value { type: DT_FLOAT } }\n'
        f'  attr {{ key: "shape" value {{ shape {{ {sides}}} }} }}\n}}\n'
    )
