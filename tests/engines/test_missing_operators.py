"""The operators that an OpenCV lacks are named."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from livesegment.engines.missing_operators import missing_operators
from livesegment.engines.opencv import OpenCvEngine
from livesegment.errors import ModelError
from livesegment.families.onnx_header import OnnxHeader
from livesegment.network import Format, Network
from tests.families.onnx_bytes import model, node

NETWORK = model(
    {"x": (1, 4)},
    {"y": (1, 4)},
    nodes=[
        node("Relu", ["x"], "a"),
        node("Strange", ["a"], "b"),
        node("Reshape", ["b", "sides"], "c"),
        node("Strange", ["c"], "d"),
        node("Odd", ["d"], "y", axis=1),
    ],
    initialisers={"sides": np.array([1, 4], np.int64)},
)


class Reader:
    """Knows some operators; gives an empty network for one that it does not know."""

    def __init__(self, *known: str) -> None:
        self.known = known
        self.given: list[bytes] = []

    def __call__(self, data: bytes) -> Any:
        self.given.append(data)
        header = OnnxHeader.parse(data)
        assert header.outputs
        knows = any(kind.encode() in data for kind in self.known)
        return SimpleNamespace(empty=lambda: not knows)


def test_each_kind_is_asked_for_alone_and_named_once() -> None:
    reader = Reader("Relu", "Reshape")
    assert missing_operators(NETWORK, reader) == ["Strange", "Odd"]
    assert len(reader.given) == 4


def test_a_node_has_its_small_constants_with_it() -> None:
    reader = Reader("Relu", "Reshape")
    missing_operators(NETWORK, reader)
    (reshape,) = (data for data in reader.given if b"Reshape" in data)
    assert list(OnnxHeader.parse(reshape).inputs) == ["b"]


def test_an_operator_that_wants_more_is_known() -> None:
    def wants_more(_: bytes) -> Any:
        raise RuntimeError("it needs an attribute")

    assert missing_operators(NETWORK, wants_more) == []


@pytest.mark.parametrize("data", [b"", b"no ONNX", NETWORK[:100]])
def test_damaged_files_name_nothing(data: bytes) -> None:
    assert missing_operators(data, Reader()) == []


@pytest.mark.wheel
@pytest.mark.parametrize("names", [("NoSuchLayer",), ("First", "Second"), ("StringNormalizer",)])
def test_opencv_names_what_it_lacks(names: tuple[str, ...]) -> None:
    tensors = ["x", *(f"t{i}" for i in range(1, len(names))), "y"]
    nodes = [node(n, [tensors[i]], tensors[i + 1]) for i, n in enumerate(names)]
    weights = model({"x": (1, 4)}, {"y": (1, 4)}, nodes=nodes)

    def load_and_run() -> None:
        engine = OpenCvEngine(Network("net.onnx", Format.ONNX, weights, ("y",)))
        engine.run({"x": np.zeros((1, 4), np.float32)})

    with pytest.raises(ModelError) as caught:
        load_and_run()
    assert names[0] in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.wheel
def test_a_missing_operator_is_said_by_us_alone(capfd: pytest.CaptureFixture[str]) -> None:
    weights = model({"x": (1, 4)}, {"y": (1, 4)}, nodes=[node("NoSuchLayer", ["x"], "y")])
    network = Network("net.onnx", Format.ONNX, weights, ("y",))
    with pytest.raises(ModelError, match="NoSuchLayer"):
        OpenCvEngine(network).run({"x": np.zeros((1, 4), np.float32)})
    assert capfd.readouterr().err == ""
