"""Which operators of an ONNX file the installed OpenCV lacks.

OpenCV 5 answers for a network with such an operator with an empty one, and names it to standard
error only. So each node is handed to it alone, with what constants it has, and is known again by
the empty network.
"""

from collections.abc import Callable
from typing import Any

from livesegment.onnx_writer import FLOAT
from livesegment.protobuf import integer, message, messages, text

SMALL = 4096
"""Bytes of a constant that goes along with a node: shapes and limits, not weights."""


def missing_operators(data: bytes, read: Callable[[bytes], Any]) -> list[str]:
    """The kinds of nodes that are missing, in the order of the file; empty where none is found.

    Args:
        data: the ONNX file.
        read: makes a network of one, raising anything where the file is wrong otherwise.
    """
    try:
        return _missing(memoryview(data), read)
    except ValueError:
        return []


def _missing(model: memoryview, read: Callable[[bytes], Any]) -> list[str]:
    """As `missing_operators`.

    Raises:
        ValueError: the file is damaged.
    """
    opsets = b"".join(message(8, bytes(opset)) for opset in messages(model, 8))
    found: dict[str, None] = {}
    for graph in messages(model, 7):
        constants = {
            text(item, 8): message(5, bytes(item))
            for item in messages(graph, 5)
            if len(item) < SMALL
        }
        tried: set[bytes] = set()
        for node in messages(graph, 1):
            kind = text(node, 4)
            key = kind.encode() + b"".join(map(bytes, messages(node, 5)))
            if kind in found or key in tried:
                continue
            tried.add(key)
            alone = integer(1, 8) + message(7, _alone(node, constants)) + opsets
            try:
                lacks = read(alone).empty()
            except Exception:  # noqa: BLE001, S112 -- it knows the operator, and wants more of it
                continue
            if lacks:
                found[kind] = None
    return list(found)


def _alone(node: memoryview, constants: dict[str, bytes]) -> bytes:
    """A graph of one node, whose inputs are inputs of the graph where they are no constants."""
    inputs = [bytes(name).decode() for name in messages(node, 1)]
    outputs = [bytes(name).decode() for name in messages(node, 2)]
    return (
        message(1, bytes(node))
        + message(2, "alone")
        + b"".join(constants[name] for name in inputs if name in constants)
        + b"".join(message(11, _info(name)) for name in inputs if name and name not in constants)
        + b"".join(message(12, _info(name)) for name in outputs)
    )


def _info(name: str) -> bytes:
    """A float tensor of any four sides."""
    sides = message(2, b"".join(message(1, message(2, f"{name}{side}")) for side in range(4)))
    return message(1, name) + message(2, message(1, integer(1, FLOAT) + sides))
