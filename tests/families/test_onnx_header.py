"""What an ONNX file says about itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.families import onnx_header
from livesegment.families.onnx_header import OnnxHeader
from tests.benchmarks.fuzz_external import TENSORS, external, wrapped
from tests.families.onnx_bytes import field, model, node, varint

HEADER = model(
    {"images": (1, 3, 480, 640)},
    {"output0": (1, 116, 8400), "output1": (1, 32, 120, 160)},
    metadata={"task": "segment", "names": "{0: 'cat'}"},
)


def test_inputs_and_outputs_have_their_shapes() -> None:
    header = OnnxHeader.parse(HEADER)
    assert header.inputs == {"images": (1, 3, 480, 640)}
    assert header.outputs == {"output0": (1, 116, 8400), "output1": (1, 32, 120, 160)}


def test_metadata_is_text_by_name() -> None:
    assert OnnxHeader.parse(HEADER).metadata == {"task": "segment", "names": "{0: 'cat'}"}


def test_a_side_with_a_name_is_not_fixed() -> None:
    header = OnnxHeader.parse(model({"images": (0, 3, 0, 0)}, {"out": (1, 0)}))
    assert header.inputs == {"images": (0, 3, 0, 0)}
    assert header.outputs == {"out": (1, 0)}


def test_a_side_of_minus_one_is_not_fixed() -> None:
    """Some exporters write it in place of a name."""
    header = OnnxHeader.parse(model({"images": (-1, 3, -1, -1)}, {"out": (1, 5)}))
    assert header.inputs == {"images": (0, 3, 0, 0)}


def test_an_output_without_a_shape_has_no_sides() -> None:
    graph = field(12, field(1, "out") + field(2, field(1, field(1, 1))))
    assert OnnxHeader.parse(field(7, graph)).outputs == {"out": ()}


def test_weights_that_are_listed_as_inputs_are_none() -> None:
    """ONNX before IR version 4 listed every weight among the inputs."""
    data = model(
        {"images": (1, 3, 8, 8), "weight": (2,)},
        {"out": (2,)},
        nodes=[node("Identity", ["weight"], "out")],
        initialisers={"weight": np.zeros(2, np.float32)},
    )
    assert list(OnnxHeader.parse(data).inputs) == ["images"]


def test_bytes_without_a_graph_are_no_model() -> None:
    with pytest.raises(ValueError, match="holds no graph"):
        OnnxHeader.parse(field(1, 8))


@pytest.mark.parametrize("keep", [0, 1, 20, len(HEADER) // 2, len(HEADER) - 1])
def test_a_file_cut_short_is_refused(keep: int) -> None:
    with pytest.raises(ValueError, match=r"holds no graph|beyond the end"):
        OnnxHeader.parse(HEADER[:keep])


@given(st.integers(0, len(HEADER) - 1), st.integers(0, 255))
def test_a_damaged_file_is_read_or_refused(place: int, byte: int) -> None:
    """One wrong byte anywhere raises ValueError or nothing."""
    damaged = bytearray(HEADER)
    damaged[place] = byte
    try:
        header = OnnxHeader.parse(bytes(damaged))
    except ValueError:
        return
    assert all(side >= 0 for shape in header.inputs.values() for side in shape)


def test_types_are_told_by_name() -> None:
    header = OnnxHeader.parse(HEADER)
    assert header.types == {"images": 1, "output0": 1, "output1": 1}


def test_weights_that_are_all_inside_are_nowhere_else() -> None:
    data = model({"a": (1,)}, {"b": (1,)}, initialisers={"w": np.zeros(2, np.float32)})
    assert not OnnxHeader.parse(data).external


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (field(1, "location") + field(2, "weights.bin"), "weights.bin"),
        (field(1, "offset") + field(2, "0"), "another file"),
    ],
)
def test_weights_in_another_file_are_told_where(entry: bytes, told: str) -> None:
    weights = field(8, "w") + field(13, entry) + field(14, 1)
    assert OnnxHeader.parse(field(7, field(5, weights))).external == told


@pytest.mark.parametrize("path", TENSORS, ids=lambda path: "-".join(map(str, path)))
@pytest.mark.parametrize("deeper", [0, 1, 20])
def test_a_tensor_in_another_file_is_found_wherever_it_is(path: list[int], deeper: int) -> None:
    """In nodes, functions and training; in subgraphs of subgraphs of an If, Loop or Scan."""
    subgraphs = [7] + [1, 5, 6] * deeper
    data = wrapped(subgraphs + path[1:] if path[0] == 7 else path, external("elsewhere"))
    assert OnnxHeader.parse(field(7, b"") + data).external == "elsewhere"


@pytest.mark.parametrize(
    "tensor",
    [
        field(14, 1),
        field(14, 1) + field(14, 0),
        field(14, (1 << 32) + 1),
        field(13, field(1, "location") + field(2, "elsewhere")),
    ],
    ids=["without a name", "said twice", "more bits than are read", "without saying so"],
)
def test_whatever_a_runtime_might_take_for_another_file_is_one(tensor: bytes) -> None:
    assert OnnxHeader.parse(field(7, field(5, tensor))).external


def test_a_field_that_others_might_read_as_another_is_refused() -> None:
    """Its number has more than 32 bits; some readers drop those beyond."""
    hidden = varint(1 << 32 | 7 << 3 | 2) + varint(2) + b"ab"
    with pytest.raises(ValueError, match="field number"):
        OnnxHeader.parse(HEADER + hidden)


def test_graphs_in_graphs_without_end_are_refused() -> None:
    data = wrapped([7] + [1, 5, 6] * 3000 + [5], external("elsewhere"))
    with pytest.raises(ValueError, match="too deep"):
        OnnxHeader.parse(data)


def test_parts_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_header, "MOST_FIELDS", 1000)
    with pytest.raises(ValueError, match="more parts"):
        OnnxHeader.parse(HEADER + field(7, field(1, b"") * 1000))
