"""The wire format, from the outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.protobuf import messages, read_fields, text
from tests.families.onnx_bytes import field, varint


def read(data: bytes) -> list[tuple[int, int | bytes]]:
    fields = read_fields(memoryview(data))
    return [(n, value if isinstance(value, int) else bytes(value)) for n, value in fields]


@given(
    st.lists(
        st.tuples(st.integers(1, (1 << 29) - 1), st.integers(0, (1 << 64) - 1) | st.binary()),
        max_size=6,
    )
)
def test_fields_come_back_in_order(fields: list[tuple[int, int | bytes]]) -> None:
    assert read(b"".join(field(number, value) for number, value in fields)) == fields


def test_the_documented_examples_are_read() -> None:
    """From "Encoding" at protobuf.dev: 150 in field 1, "testing" in field 2."""
    assert read(bytes.fromhex("089601")) == [(1, 150)]
    assert read(bytes.fromhex("120774657374696e67")) == [(2, b"testing")]


def test_fixed_widths_are_passed_over() -> None:
    data = varint(1 << 3 | 5) + b"abcd" + varint(2 << 3 | 1) + b"abcdefgh" + field(3, 9)
    assert read(data) == [(1, b"abcd"), (2, b"abcdefgh"), (3, 9)]


def test_no_bytes_are_a_message_without_fields() -> None:
    assert read(b"") == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"\x08", "a number runs beyond the end", id="no value"),
        pytest.param(b"\x08\xff", "a number runs beyond the end", id="half a value"),
        pytest.param(b"\x08" + b"\xff" * 10 + b"\x01", "a number runs", id="11 bytes"),
        pytest.param(b"\x12\x05abcd", "a field runs beyond the end", id="string cut off"),
        pytest.param(b"\x0dabc", "a field runs beyond the end", id="4 bytes cut off"),
        pytest.param(b"\x09abcdefg", "a field runs beyond the end", id="8 bytes cut off"),
        pytest.param(b"\x00\x00", "field number 0", id="field 0"),
        pytest.param(b"\x0b", "wire type 3", id="group"),
        pytest.param(b"\x0f", "wire type 7", id="no wire type"),
    ],
)
def test_what_is_no_message_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(data)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No other error, and no endless reading: what is read is no longer than what there was."""
    try:
        fields = read(data)
    except ValueError:
        return
    assert len(fields) <= len(data)


def test_messages_are_those_of_one_field() -> None:
    data = memoryview(field(1, b"a") + field(2, b"b") + field(1, b"c") + field(1, 7))
    assert [bytes(item) for item in messages(data, 1)] == [b"a", b"c"]


def test_the_last_string_counts() -> None:
    data = memoryview(field(1, "first") + field(1, "läst"))
    assert text(data, 1) == "läst"
    assert text(data, 2) == ""


def test_a_string_that_is_no_utf_8_is_refused() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        text(memoryview(field(1, b"\xff")), 1)
