"""The words of a condition, and where in its text each stands."""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

from livesegment.errors import UsageError

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
"""Of durations, in seconds."""
BEFORE, AFTER = 50, 30
"""Characters of a long text that are shown around the place of an error."""

_PARTS = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?P<unit>%|[^\W\d_]*))
    | (?P<word>[^\W\d][\w-]*)
    | (?P<sign>>=|<=|==|!=|>|<)
    | (?P<bracket>[()])
    | (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    """,
    re.VERBOSE | re.DOTALL,
)
_INSTEAD = {
    "=": "the same is written ==",
    "&": "both is written with the word and",
    "|": "either is written with the word or",
    "!": "the opposite is written with the word not; unlike is !=",
    ",": "several things are joined with and, or",
    "-": "numbers here are not negative",
}
"""What people type out of habit, and what they mean."""


class Kind(Enum):
    """What a token is; the values are for messages."""

    NUMBER = "a number"
    WORD = "a word"
    QUOTED = "a name in quotes"
    SIGN = "a comparison"
    BRACKET = "a bracket"
    END = "the end"


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or sign of a text."""

    kind: Kind
    text: str
    """What it says: of a name in quotes what is between them."""
    start: int
    end: int
    """Of its characters in the text; `end` is exclusive."""
    unit: str = ""
    """What stands right behind a number."""


def tokens(text: str) -> list[Token]:
    """The tokens of a condition; the last is its end.

    Raises:
        UsageError: a character belongs to none.
    """
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _PARTS.match(text, place)
        if match is None:
            raise _unreadable(text, place)
        if match["number"] is not None:
            digits = match["number"].removesuffix(match["unit"])
            found.append(Token(Kind.NUMBER, digits, place, match.end(), match["unit"]))
        elif match["quoted"] is not None:
            name = re.sub(r"\\(.)", r"\1", match["quoted"][1:-1], flags=re.DOTALL)
            found.append(Token(Kind.QUOTED, name, place, match.end()))
        elif match["space"] is None:
            kind = Kind[(match.lastgroup or "").upper()]
            found.append(Token(kind, match[0], place, match.end()))
        place = match.end()
    found.append(Token(Kind.END, "", len(text.rstrip()), len(text.rstrip())))
    return found


def at(text: str, start: int, end: int, problem: str, *, hint: str | None = None) -> UsageError:
    """The error for a place in a condition: the text, and a line below that points there."""
    first, last = max(0, start - BEFORE), min(len(text), max(end, start + 1) + AFTER)
    lead, tail = "..." * (first > 0), "..." * (last < len(text))
    before, here = lead + _one_line(text[first:start]), _one_line(text[start : min(end, last)])
    rest = _one_line(text[min(end, last) : last]) + tail
    marks = "^" * max(1, _columns(here))
    return UsageError(
        f"--on: {problem}\n  {before}{here}{rest}\n  {' ' * _columns(before)}{marks}", hint=hint
    )


def _unreadable(text: str, place: int) -> UsageError:
    char = text[place]
    if char in "\"'":
        return at(text, place, len(text), "this quote has no end", hint=f"end it with {char}")
    return at(text, place, place + 1, f"{char!r} means nothing here", hint=_INSTEAD.get(char))


def _one_line(text: str) -> str:
    """`text` with everything replaced that would move the line below it out of place."""
    return "".join(char if char.isprintable() else " " for char in text)


def _columns(text: str) -> int:
    """How wide a terminal shows it."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
