"""The notation: sizes and ids come back as they were written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.matroska import ebml


@given(st.integers(0, (1 << 56) - 2))
def test_a_size_comes_back_as_it_was_written(size: int) -> None:
    for field in (ebml.size_field(size), ebml.long_size_field(size)):
        assert ebml.read_head(ebml.CLUSTER + field) == (ebml.CLUSTER, size, 4 + len(field))


@pytest.mark.parametrize(
    ("size", "length"), [(0, 1), (126, 1), (127, 2), (16382, 2), (16383, 3), ((1 << 56) - 2, 8)]
)
def test_a_size_takes_as_few_bytes_as_it_needs(size: int, length: int) -> None:
    assert len(ebml.size_field(size)) == length


@pytest.mark.parametrize("size", [-1, (1 << 56) - 1])
def test_a_size_that_cannot_be_written_is_an_error(size: int) -> None:
    with pytest.raises(ValueError, match="no element"):
        ebml.size_field(size)


@pytest.mark.parametrize("length", range(1, 9))
def test_all_ones_is_an_unknown_size_of_any_length(length: int) -> None:
    field = ((1 << 7 * length + 1) - 1).to_bytes(length, "big")
    assert ebml.read_head(ebml.CLUSTER + field) == (ebml.CLUSTER, None, 4 + length)


@given(st.binary(max_size=14))
def test_any_bytes_are_a_head_or_none(data: bytes) -> None:
    head = ebml.read_head(data)
    assert head is None or (data.startswith(head.name) and 2 <= head.length <= ebml.MOST_HEAD)


@pytest.mark.parametrize("name", [ebml.VOID, ebml.DOC_TYPE, ebml.TIMESTAMP_SCALE, ebml.CLUSTER])
def test_a_head_that_is_cut_is_none(name: bytes) -> None:
    whole = name + ebml.size_field(300)
    assert all(ebml.read_head(whole[:length]) is None for length in range(len(whole)))


@given(st.integers(0, (1 << 64) - 1))
def test_a_number_is_written_in_whole_bytes(value: int) -> None:
    head = ebml.read_head(ebml.number(ebml.TIMESTAMP, value))
    assert head is not None
    content = ebml.number(ebml.TIMESTAMP, value)[head.length :]
    assert len(content) == head.size
    assert int.from_bytes(content, "big") == value


@given(st.integers(2, 128))
def test_reserved_room_is_as_long_as_it_was_asked_for(length: int) -> None:
    room = ebml.void(length)
    assert len(room) == length
    assert ebml.read_head(room) == (ebml.VOID, length - 2, 2)
