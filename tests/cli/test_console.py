"""Text from anywhere reaches a terminal as text, however odd."""

import contextlib
import io
import json
import logging
import tomllib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from livesegment.cli import console
from livesegment.cli.console import LogWords, PlainConsole, escaped, printable, shown

ODD = [
    "door[/]",
    "[bold]a[/bold]",
    "[link=http://x]a[/link]",
    ":warning:",
    "\x1b[2J",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\N{RIGHT-TO-LEFT OVERRIDE}cod.exe",
    "\N{FIRST STRONG ISOLATE}a",
    "a\rb",
    "a\x00b",
    "\udcff.avi",
    "\N{LINE SEPARATOR}error: none",
]


def _is_clean(text: str) -> bool:
    spaces = "".join(c for c in text if unicodedata.category(c) == "Zs")
    plain = text.translate(dict.fromkeys(map(ord, spaces + "\u200c\u200d"), " "))
    return all(line.isprintable() for line in plain.split("\n"))


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("form", [str, Text])
def test_a_text_is_said_as_it_is_less_what_steers_a_terminal(
    text: str, form: type, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table("name", title=text)
    table.add_row(form(text))
    PlainConsole().print(table)
    PlainConsole().say(text)
    said = capsys.readouterr().err
    assert _is_clean(said)
    if text.isprintable():
        assert said.count(text) == 3


@given(st.text())
def test_what_is_printable_is_on_one_line_and_stays_so(text: str) -> None:
    once = printable(text)
    assert len(once) == len(text)
    assert "\n" not in once
    assert "\x1b" not in once
    assert printable(once) == once
    assert shown(text).split("\n") == [printable(line) for line in text.split("\n")]


@pytest.mark.parametrize(
    "text",
    [
        "naïve",
        "東京\N{IDEOGRAPHIC SPACE}駅",
        "\u0645\u06cc\u200c\u062e\u0648",
        "4\u202fPM",
    ],
)
def test_words_of_every_language_stay_whole(text: str) -> None:
    assert printable(text) == text


@given(st.text())
def test_json_keeps_its_value_and_steers_no_terminal(text: str) -> None:
    line = escaped(json.dumps(text, ensure_ascii=False))
    assert json.loads(line) == text
    assert "\x1b" not in line
    assert "\x9b" not in line


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_config_file_keeps_its_values_and_steers_no_terminal(text: str) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        console.print_toml(f"a = {json.dumps(text, ensure_ascii=False)}".replace("\x7f", "\\u007f"))
    assert tomllib.loads(out.getvalue()) == {"a": text}
    assert _is_clean(out.getvalue())


def test_a_line_within_a_message_is_set_off(capsys: pytest.CaptureFixture[str]) -> None:
    PlainConsole().say("no pictures in a\nerror: the disk is full")
    assert capsys.readouterr().err.splitlines()[1:] == ["  error: the disk is full"]


def test_what_is_logged_is_not_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("tests.console")
    logger.propagate = False
    handler = LogWords()
    logger.addHandler(handler)
    logger.warning("[/] %s", "word " * 60 + "end")
    logger.removeHandler(handler)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("WARNING  [/] word")
    assert line.endswith("end")


class _Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


def test_words_that_cannot_be_said_end_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", _Broken())
    PlainConsole().say("a")
    PlainConsole().print(object())
    console.say("b")


def test_a_table_that_cannot_be_printed_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", _Broken())
    with pytest.raises(OSError, match="Input/output"):
        console.tables().print("a")
