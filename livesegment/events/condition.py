"""What a condition says, as a tree; `str` of it is a text that means the same."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

ANY = "any"
"""Stands for every class."""
RESERVED = frozenset({ANY, "and", "or", "not", "for", "count", "area", "score"})
"""Words of the language; a class of such a name is put in quotes."""


class Measure(StrEnum):
    """What of a class is compared with a number."""

    COUNT = "count"
    """How many there are."""
    AREA = "area"
    """Share of the picture that their masks cover together, 0..1."""
    SCORE = "score"
    """The best score of one, 0..1; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A measure of a class beside a number."""

    measure: Measure
    name: str | None
    """The class, as the model calls it; None for any."""
    sign: str
    """One of >= > <= < == !=."""
    value: float

    def __str__(self) -> str:
        name = ANY if self.name is None else _written(self.name)
        subject = name if self.measure is Measure.COUNT else f"{self.measure}({name})"
        return f"{subject}{self.sign}{_plain(self.value)}"


@dataclass(frozen=True, slots=True)
class Not:
    """Holds when the other does not."""

    term: "Tree"

    def __str__(self) -> str:
        return f"not {_inner(self.term)}"


@dataclass(frozen=True, slots=True)
class And:
    """Holds when all of two or more do."""

    terms: tuple["Tree", ...]

    def __str__(self) -> str:
        return " and ".join(_inner(term) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Or:
    """Holds when one of two or more does."""

    terms: tuple["Tree", ...]

    def __str__(self) -> str:
        return " or ".join(_inner(term) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Lasting:
    """Holds when the other has held without a break for a time."""

    term: "Tree"
    seconds: float

    def __str__(self) -> str:
        term = _inner(self.term) if isinstance(self.term, Lasting) else str(self.term)
        return f"{term} for {_plain(self.seconds)}s"


Tree: TypeAlias = Comparison | Not | And | Or | Lasting


@dataclass(frozen=True, slots=True)
class Condition:
    """What was typed, and what it means."""

    text: str
    tree: Tree

    @property
    def names(self) -> frozenset[str] | None:
        """The classes that it speaks of; None where it speaks of any."""
        names = [part.name for part in comparisons(self.tree)]
        return None if None in names else frozenset(name for name in names if name is not None)


def comparisons(tree: Tree) -> Iterator[Comparison]:
    """The comparisons of a tree, from left to right."""
    match tree:
        case Comparison():
            yield tree
        case Not(term) | Lasting(term):
            yield from comparisons(term)
        case And(terms) | Or(terms):
            for term in terms:
                yield from comparisons(term)


def _inner(tree: Tree) -> str:
    """As a part of something larger."""
    return f"({tree})" if isinstance(tree, And | Or | Lasting) else str(tree)


def _written(name: str) -> str:
    """The name of a class, in quotes where it would be something else without."""
    if re.fullmatch(r"[^\W\d][\w-]*", name) and name.lower() not in RESERVED:
        return name
    return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'


def _plain(value: float) -> str:
    """A number without an exponent, that reads as the very same number."""
    return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
