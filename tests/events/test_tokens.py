"""The words of a condition and their places."""

import pytest

from livesegment.errors import UsageError
from livesegment.events.tokens import Kind, at, tokens


def test_each_token_knows_its_place() -> None:
    text = ' score("a \\"b\\"")>=20% for 2s '
    found = [(one.kind, one.text, one.unit, text[one.start : one.end]) for one in tokens(text)]
    assert found == [
        (Kind.WORD, "score", "", "score"),
        (Kind.BRACKET, "(", "", "("),
        (Kind.QUOTED, 'a "b"', "", '"a \\"b\\""'),
        (Kind.BRACKET, ")", "", ")"),
        (Kind.SIGN, ">=", "", ">="),
        (Kind.NUMBER, "20", "%", "20%"),
        (Kind.WORD, "for", "", "for"),
        (Kind.NUMBER, "2", "s", "2s"),
        (Kind.END, "", "", ""),
    ]


@pytest.mark.parametrize("text", ["a ? b", "a >= -1", "a, b", "€"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="means nothing here"):
        tokens(text)


def test_an_error_shows_the_text_and_a_line_below_it() -> None:
    error = at("one two three", 4, 7, "no", hint="yes")
    assert str(error) == "--on: no\n  one two three\n      ^^^"
    assert error.hint == "yes"
