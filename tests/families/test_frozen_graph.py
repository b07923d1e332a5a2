"""Constants come out of a frozen graph as they went in, or not at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from livesegment.builtin import colour_shapes
from livesegment.builtin.graph_def import graph_def
from livesegment.families.frozen_graph import FLOAT, INT32, FrozenGraph
from livesegment.protobuf import integer, message


def constant(*fields: bytes, name: str = "x") -> bytes:
    """A frozen graph with one constant, its TensorProto written by hand."""
    value = message(5, message(1, b"value") + message(2, message(8, b"".join(fields))))
    return message(1, message(1, name.encode()) + message(2, b"Const") + value)


def shape(*sides: int) -> bytes:
    return message(2, b"".join(message(2, integer(1, side)) for side in sides))


@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=0, max_dims=4, max_side=5)),
    hnp.arrays(np.int32, hnp.array_shapes(min_dims=0, max_dims=2, max_side=5)),
)
def test_constants_come_back(floats: NDArray[np.float32], whole: NDArray[np.int32]) -> None:
    graph = FrozenGraph.parse(graph_def({"a/weights": floats, "b": whole}))
    np.testing.assert_array_equal(graph.constant("a/weights"), floats)
    np.testing.assert_array_equal(graph.constant("b"), whole)


def test_all_constants_of_the_built_in_model_are_read() -> None:
    graph = FrozenGraph.parse(colour_shapes.build()[0])
    assert len(graph.tensors) > 20
    for name in graph.tensors:
        assert np.isfinite(graph.constant(name)).all()


def test_an_identity_stands_for_what_it_hands_on() -> None:
    values = np.arange(3, dtype=np.float32)
    read = message(1, message(1, b"w/read") + message(2, b"Identity") + message(3, b"w:0"))
    graph = FrozenGraph.parse(graph_def({"w": values}) + read)
    assert "w/read" in graph
    np.testing.assert_array_equal(graph.constant("w/read"), values)


def test_identities_in_a_ring_are_no_constants() -> None:
    ring = b"".join(
        message(1, message(1, name) + message(2, b"Identity") + message(3, source))
        for name, source in ((b"a", b"b"), (b"b", b"a"))
    )
    assert "a" not in FrozenGraph.parse(ring)


def test_other_nodes_are_passed_over() -> None:
    other = message(1, message(1, b"conv") + message(2, b"Conv2D") + message(3, b"x"))
    graph = FrozenGraph.parse(other)
    assert "conv" not in graph
    with pytest.raises(KeyError):
        graph.constant("conv")


def test_what_repeats_at_the_end_is_filled_in() -> None:
    numbers = np.array([1, 2], "<f4").tobytes()
    graph = FrozenGraph.parse(constant(integer(1, FLOAT), shape(2, 2), message(5, numbers)))
    assert graph.constant("x").tolist() == [[1, 2], [2, 2]]


def test_whole_numbers_may_be_packed_and_negative() -> None:
    minus_one = integer(7, -1)[1:]
    packed = FrozenGraph.parse(
        constant(integer(1, INT32), shape(3), message(7, b"\x05\x00" + minus_one))
    )
    assert packed.constant("x").tolist() == [5, 0, -1]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ((integer(1, 7), shape(1)), "data type 7"),
        ((integer(1, FLOAT), shape(2), message(4, b"1234")), "4 bytes for the shape"),
        ((integer(1, FLOAT), shape(2)), "0 values for the shape"),
        ((integer(1, FLOAT), shape(1 << 30, 9), message(5, b"1234")), "1 values for the shape"),
        ((integer(1, FLOAT), shape(-1), message(5, b"1234")), "has no shape"),
    ],
)
def test_a_damaged_constant_is_refused(fields: tuple[bytes, ...], said: str) -> None:
    graph = FrozenGraph.parse(constant(*fields))
    with pytest.raises(ValueError, match=said):
        graph.constant("x")


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        graph = FrozenGraph.parse(data)
        for name in graph.tensors:
            graph.constant(name)
    except ValueError:
        pass
