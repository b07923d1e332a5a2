"""Values out of files that anybody may have edited.

What is not of the right kind, or beyond any bounds that a recording keeps to, is not there.
"""

import json
from datetime import UTC, datetime
from typing import Any

LARGEST = 16 << 20
"""Bytes of one JSON text: the manifest of half a year of ten-minute files, or a line."""
MOST_VALUES = 1_000_000
"""In one JSON text: the least of them takes thirty times the memory that it takes in the file."""
DEEPEST = 12
"""Objects and lists inside of each other; ours have five."""
LONGEST_TEXT = 4096
LONGEST_TIME = 1e10
"""Seconds on any clock, either way: three centuries, also of the time since 1970."""
MOST_COUNT = 2**53
MOST_PID = 2**31 - 1
MOST_SIDE = 65_535
MOST_PIXELS = 1 << 27
"""Of a picture: 134 million, 16384 by 8192."""
MOST_CLASS = 65_535
MOST_TRACK = 2**31 - 1
YEARS = range(1900, 3000)


def parsed(data: bytes) -> dict[str, Any]:
    """The JSON object of a text.

    Raises:
        ValueError: it is none, or too large a one.
    """
    if len(data) > LARGEST or (len(data) > MOST_VALUES and _values(data) > MOST_VALUES):
        raise ValueError(f"it is too large: {len(data)} bytes")
    try:
        found = json.loads(data)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 -- of the file, not of the caller
    return found


def bounded(value: Any, depth: int = DEEPEST) -> Any:
    """Any JSON value with null for all in it that no JSON can hold, or no manifest has.

    So it can be written again, printed and gone through by whoever wants to.
    """
    match value:
        case dict() if depth:
            return {text(key): bounded(one, depth - 1) for key, one in value.items()}
        case list() if depth:
            return [bounded(one, depth - 1) for one in value]
        case str():
            return text(value)
        case bool():
            return value
        case int() | float():
            return value if abs(value) <= MOST_COUNT else None  # and NaN is not
    return None


def number(value: Any, least: float = -LONGEST_TIME, most: float = LONGEST_TIME) -> float | None:
    """A number within bounds, by default those of a time in seconds; None for anything else."""
    if type(value) not in (int, float) or not least <= value <= most:  # NaN is in no bounds
        return None
    return float(value)


def whole_number(value: Any, least: int = 0, most: int = MOST_COUNT) -> int | None:
    """A whole number within bounds, by default those of a count; None for anything else."""
    return value if type(value) is int and least <= value <= most else None


def text(value: Any, longest: int = LONGEST_TEXT) -> str:
    """Text that can be written in UTF-8, cut where it is too long; empty for anything else."""
    if not isinstance(value, str):
        return ""
    cut = value[:longest]
    return cut if cut.isascii() else cut.encode("utf-8", "replace").decode("utf-8")


def moment(value: Any) -> datetime | None:
    """A time in ISO 8601, in UTC where it does not say; None for anything else."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    if found.year not in YEARS:  # there is time before and after to reckon with
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; none if it is no list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """The items of a list as text; none if it is no list."""
    return [text(item) for item in value] if isinstance(value, list) else []


def _values(data: bytes) -> int:
    return sum(data.count(mark) for mark in (b",", b"[", b"{"))
