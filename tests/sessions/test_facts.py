"""Values out of files that anybody may have edited."""

from datetime import UTC, datetime
from typing import Any

import pytest

from livesegment.sessions.facts import moment, number, objects, texts, whole_number


@pytest.mark.parametrize(
    ("value", "found"),
    [(2, 2.0), (0.5, 0.5), ("2", None), (None, None), (float("inf"), None), (10**400, None)],
)
def test_numbers(value: Any, found: float | None) -> None:
    assert number(value) == found


@pytest.mark.parametrize(("value", "found"), [(2, 2), (2.0, None), (True, None), (10**400, None)])
def test_whole_numbers(value: Any, found: int | None) -> None:
    assert whole_number(value) == found


@pytest.mark.parametrize("value", ["2026-11-23T08:30:00.000Z", "2026-11-23T08:30:00"])
def test_times_are_utc_if_nothing_else_is_said(value: str) -> None:
    assert moment(value) == datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", [None, "", "soon", 12, [], "2026-13-01T00:00:00Z", "0001-01-01T00:00:00Z"]
)
def test_what_is_no_time_is_none(value: Any) -> None:
    assert moment(value) is None


@pytest.mark.parametrize("value", [None, 3, "ab", {"a": 1}])
def test_what_is_no_list_has_nothing_in_it(value: Any) -> None:
    assert (objects(value), texts(value)) == ([], [])


def test_what_is_no_object_is_left_out() -> None:
    assert objects([{"a": 1}, 2, None, "b"]) == [{"a": 1}]
