"""From the text of a condition to its tree.

    condition  = either [ "for" DURATION ]
    either     = both { "or" both }
    both       = single { "and" single }
    single     = "not" single | "(" condition ")" | comparison
    comparison = CLASS [ SIGN NUMBER ] | MEASURE "(" CLASS ")" [ SIGN NUMBER ]

docs/events.md tells people the same in other words.
"""

import difflib
import math
from collections.abc import Iterable, Sequence
from itertools import takewhile

from livesegment.errors import UsageError
from livesegment.events.condition import (
    ANY,
    RESERVED,
    And,
    Comparison,
    Condition,
    Lasting,
    Measure,
    Not,
    Or,
    Tree,
)
from livesegment.events.tokens import UNITS, Kind, Token, at, tokens

DEEPEST = 40
"""Brackets and nots inside one another."""
EXAMPLES = "such as 'person>=1 for 2s', 'area(car)>0.2' or 'any and not person'"


def conditions(texts: Iterable[str], labels: Sequence[str]) -> list[Condition]:
    """The conditions of several `--on`.

    Raises:
        UsageError: one of them is wrong; points at the place.
    """
    return [parse(text, labels) for text in texts]


def parse(text: str, labels: Sequence[str]) -> Condition:
    """Read a condition.

    Args:
        text: what was typed.
        labels: the classes of the model; a condition may name no others.

    Raises:
        UsageError: the text is no condition; shows where, and what was expected there.
    """
    return Condition(text.strip(), _Parser(text, labels).condition())


class _Parser:
    """Recursive descent over the tokens of one text; a method reads what it is named after."""

    def __init__(self, text: str, labels: Sequence[str]) -> None:
        self._text = text
        self._labels = labels
        self._tokens = tokens(text)
        self._place = 0
        self._depth = 0

    def condition(self) -> Tree:
        tree = self._lasting()
        if self._here.kind is not Kind.END:
            expected = "and, or, for or the end"
            if isinstance(tree, Lasting) and self._is("and", "or"):
                raise self._error(
                    self._here,
                    "'for' speaks of all that is before it and ends the condition",
                    hint="put what it speaks of in brackets: (person for 2s) and car",
                )
            raise self._unexpected(expected)
        return tree

    def _lasting(self) -> Tree:
        tree = self._either()
        if not self._took("for"):
            return tree
        return Lasting(tree, self._duration())

    def _either(self) -> Tree:
        terms = [self._both()]
        while self._took("or"):
            terms.append(self._both())
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _both(self) -> Tree:
        terms = [self._single()]
        while self._took("and"):
            terms.append(self._single())
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _single(self) -> Tree:
        opening = self._here
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(opening, f"more than {DEEPEST} brackets and nots inside one another")
        tree: Tree
        if self._took("not"):
            tree = Not(self._single())
        elif self._took("("):
            tree = self._lasting()
            if not self._took(")"):
                raise self._unclosed(opening, tree)
        else:
            tree = self._comparison()
        self._depth -= 1
        return tree

    def _unclosed(self, opening: Token, tree: Tree) -> UsageError:
        if self._here.kind is Kind.END:
            return self._error(opening, "this bracket is never closed", hint="close it with )")
        words = ") after the duration" if isinstance(tree, Lasting) else "and, or, for or )"
        return self._unexpected(words)

    def _comparison(self) -> Tree:
        subject = self._here
        measure = Measure.COUNT
        bracket = self._tokens[min(self._place + 1, len(self._tokens) - 1)]
        if subject.kind is Kind.WORD and bracket.text == "(" and bracket.kind is Kind.BRACKET:
            measure = self._measure()
            self._place += 2
            name = self._name()
            if not self._took(")"):
                raise self._unexpected(") after the class")
        else:
            name = self._name()
        if self._here.kind is not Kind.SIGN:
            if measure is not Measure.COUNT:
                raise self._unexpected(f"a comparison such as {measure}(...)>0.2")
            return Comparison(measure, name, ">=", 1.0)
        sign = self._take().text
        return Comparison(measure, name, sign, self._number(measure))

    def _measure(self) -> Measure:
        word = self._here
        try:
            return Measure(word.text.lower())
        except ValueError:
            pass
        if word.text.lower() in RESERVED:
            raise self._unexpected("a class")
        near = difflib.get_close_matches(word.text.lower(), list(Measure), 1)
        raise self._error(
            word,
            f"{word.text!r} is nothing that can be measured",
            hint=f"did you mean {near[0]}?" if near else f"known: {', '.join(Measure)}",
        )

    def _name(self) -> str | None:
        """A class; None for any."""
        token = self._here
        if token.kind is Kind.WORD and token.text.lower() == ANY:
            self._place += 1
            return None
        if token.kind is Kind.WORD and token.text.lower() in RESERVED:
            raise self._unexpected("a class")
        if token.kind not in {Kind.WORD, Kind.QUOTED}:
            raise self._unexpected("a class")
        if token.text in self._labels:
            self._place += 1
            return token.text
        for label in self._labels:
            if label.lower() == token.text.lower():
                self._place += 1
                return label
        raise self._no_class(token)

    def _no_class(self, token: Token) -> UsageError:
        following = takewhile(
            lambda one: one.kind is Kind.WORD and one.text.lower() not in RESERVED,
            self._tokens[self._place :],
        )
        words = " ".join(one.text for one in following).lower()
        by_name = {label.lower(): label for label in reversed(self._labels)}
        near = difflib.get_close_matches(token.text.lower(), by_name, 1)
        if token.kind is Kind.WORD and words in by_name:
            hint = f'put a name of several words in quotes: "{by_name[words]}"'
        elif near:
            name = by_name[near[0]]
            hint = f'did you mean "{name}"?' if " " in name else f"did you mean {name}?"
        else:
            known = ", ".join(self._labels[:8]) + (", ..." if len(self._labels) > 8 else "")
            hint = f"its classes: {known or 'none'}; any stands for all of them"
        return self._error(token, f"the model has no class {token.text!r}", hint=hint)

    def _number(self, measure: Measure) -> float:
        token = self._here
        if token.kind is not Kind.NUMBER:
            raise self._unexpected("a number")
        if token.unit not in {"", "%"}:
            raise self._error(token, f"expected a number, got {token.text}{token.unit}")
        self._place += 1
        value = float(token.text)
        if measure is Measure.COUNT:
            if token.unit or not value.is_integer():
                raise self._error(token, "objects are counted in whole numbers")
            return value
        value = value / 100 if token.unit else value
        if not 0 <= value <= 1:
            raise self._error(
                token,
                f"{measure} lies between 0 and 1",
                hint=f"{token.text}% is {token.text} per cent" if value <= 100 else None,
            )
        return value

    def _duration(self) -> float:
        token = self._here
        if token.kind is not Kind.NUMBER:
            raise self._unexpected("a duration such as 2s")
        self._place += 1
        unit, end = token.unit, token.end
        if not unit and self._here.kind is Kind.WORD and self._here.text in UNITS:
            end, unit = self._here.end, self._take().text
        seconds = float(token.text) * UNITS.get(unit or "s", math.nan)
        if not 0 < seconds < math.inf:
            raise at(
                self._text,
                token.start,
                end,
                "this is no duration above zero",
                hint="such as 500ms, 2s, 1.5m or 1h",
            )
        return seconds

    @property
    def _here(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._here
        self._place += 1
        return token

    def _is(self, *texts: str) -> bool:
        here = self._here
        return here.kind in {Kind.WORD, Kind.BRACKET} and here.text.lower() in texts

    def _took(self, text: str) -> bool:
        """Go on past a word or bracket, if it is the one."""
        if not self._is(text):
            return False
        self._place += 1
        return True

    def _unexpected(self, expected: str) -> UsageError:
        token = self._here
        got = "the end" if token.kind is Kind.END else repr(self._text[token.start : token.end])
        hint = EXAMPLES if not self._text.strip() else None
        return self._error(token, f"expected {expected}, got {got}", hint=hint)

    def _error(self, token: Token, problem: str, *, hint: str | None = None) -> UsageError:
        return at(self._text, token.start, token.end, problem, hint=hint)
