"""A node of a text graph as an operation: what it does, of what, and with which attributes.

The text is protobuf's text format; the messages are NodeDef and AttrValue of
tensorflow/core/framework.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from livesegment.families.frozen_graph import Constant
from livesegment.families.text_graph import Node

Attribute: TypeAlias = bool | int | float | str | list[int] | list[float] | Constant
"""A list may be a list or a shape; an array is a tensor."""

_Value: TypeAlias = "str | _Fields"
_Fields: TypeAlias = list[tuple[str, "_Value"]]

AS_IT_IS = "--engine opencv with OpenCV 4 runs it as it is: pip install 'opencv-contrib-python<5'"
"""The hint for a graph that cannot be rebuilt."""

_TOKEN = re.compile(r'\s*(?:#[^\n]*\s*)*("(?:[^"\\\n]|\\.)*"|[{}:]|[^\s{}:"]+)')
_MOST_REPEATED = 1 << 24


@dataclass(frozen=True, slots=True)
class Operation:
    """One node, read."""

    name: str
    kind: str
    """As TensorFlow calls it, "Conv2D"."""
    inputs: tuple[str, ...]
    """Nodes and constants, control inputs left out."""
    attributes: Mapping[str, Attribute]

    @classmethod
    def read(cls, node: Node) -> "Operation":
        """Read a node's text.

        Raises:
            ValueError: it is no node.
        """
        fields = _parse(node.text)
        if len(fields) != 1 or isinstance(fields[0][1], str):
            raise ValueError(f"{node.name} is no node")
        inputs, attributes, kind = [], {}, ""
        for key, value in fields[0][1]:
            if isinstance(value, str):
                if key == "op":
                    kind = value
                elif key == "input" and not value.startswith("^"):
                    inputs.append(value.removesuffix(":0"))
            elif key == "attr":
                entry = dict(value)
                held = entry.get("value")
                if isinstance(held, list) and held:
                    attributes[str(entry.get("key"))] = _attribute(*held[0])
        return cls(node.name, kind, tuple(inputs), attributes)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A yes or no."""
        return bool(self.attributes.get(name, default))

    def whole(self, name: str, default: int) -> int:
        """A whole number.

        Raises:
            ValueError: it is none.
        """
        value = self.attributes.get(name, default)
        if not isinstance(value, int):
            raise ValueError(f"{name} is no whole number")  # noqa: TRY004 -- of a file, not of code
        return value

    def number(self, name: str, default: float) -> float:
        """Any number.

        Raises:
            ValueError: it is none.
        """
        value = self.attributes.get(name, default)
        if not isinstance(value, int | float):
            raise ValueError(f"{name} is no number")  # noqa: TRY004
        return value

    def word(self, name: str, default: str) -> str:
        """A string."""
        return str(self.attributes.get(name, default))

    def pair(self, name: str) -> tuple[int, int]:
        """The two middle numbers of a list of four, such as strides in height and width.

        Raises:
            ValueError: there is no such list.
        """
        value = self.attributes.get(name, [1, 1, 1, 1])
        if not isinstance(value, list) or len(value) != 4 or value[0] != 1 or value[3] != 1:
            raise ValueError(f"{name} is {value}, not four numbers with 1 at the ends")
        if min(value) < 1:
            raise ValueError(f"{name} is {value}")
        return int(value[1]), int(value[2])


def _attribute(kind: str, value: _Value) -> Attribute:
    """One AttrValue: which of its fields, and what that holds."""
    if isinstance(value, str):
        match kind:
            case "b":
                return value == "true"
            case "i":
                return int(value)
            case "f":
                return float(value)
        return value
    if kind == "tensor":
        return _tensor(value)
    if kind == "shape":
        return [int(str(side)) for _, dim in value if isinstance(dim, list) for _, side in dim]
    items = [(key, item) for key, item in value if isinstance(item, str)]
    if any(key == "f" for key, _ in items):
        return [float(item) for _, item in items]
    return [int(item) for key, item in items if key == "i"]


def _tensor(fields: _Fields) -> Constant:
    shape: list[int] = []
    values: list[str] = []
    kind = "DT_FLOAT"
    for key, value in fields:
        if key == "dtype":
            kind = str(value)
        elif key == "tensor_shape" and isinstance(value, list):
            shape = [int(str(dict(dim)["size"])) for _, dim in value if isinstance(dim, list)]
        elif key.endswith("_val"):
            values.append(str(value))
        elif key == "tensor_content":
            raise ValueError("a tensor written as bytes cannot be read")
    if kind not in {"DT_FLOAT", "DT_INT32", "DT_INT64"}:
        raise ValueError(f"a tensor of type {kind} cannot be read")
    array: Constant = (
        np.array([float(value) for value in values], np.float32)
        if kind == "DT_FLOAT"
        else np.array([int(value) for value in values], np.int64)
    )
    count = int(np.prod(shape, dtype=np.int64))
    if len(values) == 1 and 1 < count <= _MOST_REPEATED:
        array = np.repeat(array, count)
    return array.reshape(shape)


def _parse(text: str) -> _Fields:
    """A message's fields.

    Raises:
        ValueError: the text is no message.
    """
    top: _Fields = []
    open_messages = [top]
    key, position, text = "", 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"{text[position : position + 20]!r} is not understood")
        word, position = match[1], match.end()
        if word == "{":
            inner: _Fields = []
            open_messages[-1].append((key, inner))
            open_messages.append(inner)
            key = ""
        elif word == "}":
            open_messages.pop()
            if not open_messages:
                raise ValueError("a } closes nothing")
        elif word == ":":
            continue
        elif key:
            open_messages[-1].append((key, word.strip('"')))
            key = ""
        else:
            key = word
    if len(open_messages) != 1:
        raise ValueError("it ends in the middle")
    return top
