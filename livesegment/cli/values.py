"""Values that people type: durations, sizes, lists of classes."""

import difflib
import math
import re
from collections.abc import Sequence
from typing import TypeVar

from livesegment.errors import UsageError

N = TypeVar("N", int, float)

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
BYTES = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
LONGEST = 36_500 * UNITS["d"]
"""Seconds."""
LARGEST = 10**18
"""Bytes."""

# Digits are those of ASCII, and not endless: Python's own functions take others, and refuse some.
_WHOLE = r"[0-9]{1,18}"
_NUMBER = r"(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})"


def number(text: str, option: str, low: float | None = None, high: float | None = None) -> float:
    """A number within bounds, such as `0.5`.

    Args:
        text: what was typed.
        option: where, for the message.
        low: the least; None: any.
        high: the most; likewise.

    Raises:
        UsageError: the text is none, or lies outside.
    """
    if re.fullmatch(rf"[+-]?{_NUMBER}(?:[eE][+-]?[0-9]{{1,2}})?", text.strip()) is None:
        raise UsageError(f"{option} {shortened(text)} is no number", hint=between(low, high))
    return bounded(float(text), option, low, high)


def whole_number(
    text: str, option: str, low: float | None = None, high: float | None = None
) -> int:
    """A whole number within bounds; as `number`."""
    if re.fullmatch(rf"[+-]?{_WHOLE}", text.strip()) is None:
        raise UsageError(f"{option} {shortened(text)} is no whole number", hint=between(low, high))
    return bounded(int(text), option, low, high)


def bounded(value: N, option: str, low: float | None, high: float | None) -> N:
    """The value, if it lies within bounds.

    Raises:
        UsageError: it does not, or is none, as NaN.
    """
    within = (low is None or value >= low) and (high is None or value <= high)
    if not within or not math.isfinite(value):
        shown = str(value).removesuffix(".0")
        raise UsageError(f"{option} {shown} is out of range", hint=between(low, high))
    return value


def between(low: float | None, high: float | None) -> str | None:
    """Bounds in words."""
    if low is None:
        return None
    return f"a number from {low:g} on" if high is None else f"a number from {low:g} to {high:g}"


def index(text: str) -> int | None:
    """A number such as that of a class or a camera, from 0 on; None for any other text."""
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else None


def shortened(text: str) -> str:
    """What was typed, for a message of one line."""
    return repr(text if len(text) <= 40 else f"{text[:37]}...")


def duration(text: str, option: str, *, zero: bool = False) -> float:
    """Seconds in `30s`, `5m`, `1.5h`, `7d`, `200ms`; a bare number is seconds.

    Args:
        text: what was typed.
        option: where, for the message.
        zero: whether 0 will do.

    Raises:
        UsageError: the text is none of these, or not above zero.
    """
    match = re.fullmatch(rf"({_NUMBER})\s*(ms|s|m|h|d|)", text.strip())
    seconds = float(match[1]) * UNITS[match[2] or "s"] if match else -1.0
    if not 0 <= seconds <= LONGEST or (seconds == 0 and not zero):
        raise UsageError(f"{option} {shortened(text)} is no duration", hint="such as 30s, 5m or 2h")
    return seconds


def data_size(text: str, option: str) -> int:
    """Bytes in `500MB`, `50GB`, `1.5TB`; a bare number is bytes.

    Raises:
        UsageError: the text is none of these.
    """
    match = re.fullmatch(rf"({_NUMBER})\s*([kmgt]?b|)", text.strip().lower())
    found = round(float(match[1]) * BYTES["" if match[2] == "b" else match[2]]) if match else -1
    if not 0 <= found <= LARGEST:
        raise UsageError(f"{option} {shortened(text)} is no size", hint="such as 500MB or 50GB")
    return found


LEAST_KEPT = 60.0
"""Seconds between two looks for what is too old: less cannot be kept to."""
LEAST_ROOM = 10**6
"""Bytes of about a second of video: less would remove every file as soon as it is finished."""


def age(text: str, option: str) -> float:
    """Seconds in `7d`, `12h`: after which something is removed for good, so that the unit is asked.

    Raises:
        UsageError: the text is no duration, has no unit, or is too short a time.
    """
    seconds = duration(text, option)
    if _bare(text):
        raise UsageError(f"{option} {text!r} has no unit", hint=f"{text.strip()}d is days")
    if seconds < LEAST_KEPT:
        raise UsageError(f"{option} {text!r} is too short", hint="1m or more, such as 7d")
    return seconds


def room(text: str, option: str) -> int:
    """Bytes in `50GB`: beyond which something is removed for good, so that the unit is asked.

    Raises:
        UsageError: the text is no size, has no unit, or is too little.
    """
    found = data_size(text, option)
    if _bare(text):
        raise UsageError(f"{option} {text!r} has no unit", hint=f"{text.strip()}GB is gigabytes")
    if found < LEAST_ROOM:
        raise UsageError(f"{option} {text!r} is too little", hint="1MB or more, such as 50GB")
    return found


def _bare(text: str) -> bool:
    """Whether a number has no unit."""
    return not text.strip()[-1:].isalpha()


def size(text: str, option: str) -> tuple[int, int]:
    """(width, height) in `640` or `640x360`.

    Raises:
        UsageError: the text is neither, or out of range.
    """
    match = re.fullmatch(rf"({_WHOLE})(?:[xX]({_WHOLE}))?", text.strip())
    sides = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not all(16 <= side <= 8192 for side in sides):
        raise UsageError(
            f"{option} {shortened(text)} is no size",
            hint="N or WxH, 16 to 8192, such as 640 or 640x360",
        )
    return sides


def class_ids(text: str, labels: Sequence[str]) -> frozenset[int]:
    """Ids of classes named, or numbered, with commas between.

    Raises:
        UsageError: the model knows no such class; names the nearest.
    """
    ids: set[int] = set()
    by_name = {label.lower(): i for i, label in reversed(list(enumerate(labels)))}
    for name in (part.strip() for part in text.split(",") if part.strip()):
        if name.lower() in by_name:
            ids.add(by_name[name.lower()])
        elif (number := index(name)) is not None and number < len(labels):
            ids.add(number)
        else:
            near = difflib.get_close_matches(name.lower(), by_name, 1)
            known = ", ".join(labels[:8]) + (", ..." if len(labels) > 8 else "")
            raise UsageError(
                f"the model has no class {shortened(name)}",
                hint=f"did you mean {near[0]!r}?" if near else f"its classes: {known}",
            )
    if not ids:
        raise UsageError("--classes names no class", hint="such as --classes person,car")
    return frozenset(ids)
