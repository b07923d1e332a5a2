"""Values out of files that anybody may have edited: what is not of the right kind is not there."""

import math
from datetime import UTC, datetime
from typing import Any


def number(value: Any) -> float | None:
    """A finite number; None for anything else."""
    try:
        found = float(value) if isinstance(value, int | float) else math.nan
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def whole_number(value: Any) -> int | None:
    """A whole number; None for anything else."""
    return value if type(value) is int and number(value) is not None else None


def moment(value: Any) -> datetime | None:
    """A time in ISO 8601, in UTC where it does not say; None for anything else."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; none if it is no list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """The items of a list as text; none if it is no list."""
    return [str(item) for item in value] if isinstance(value, list) else []
