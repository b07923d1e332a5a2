"""Words for people: the one way by which text from anywhere reaches a terminal."""

import json
import logging
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""Invisible, and part of words in Persian and of emoji."""


def printable(text: str) -> str:
    """Text on one line, with a sign in place of whatever could steer a terminal."""
    if text.isprintable():
        return text
    return "".join(c if _is_harmless(c) else "\N{REPLACEMENT CHARACTER}" for c in text)


def shown(text: str) -> str:
    """The same of a text that may have several lines."""
    return text if text.isprintable() else "\n".join(map(printable, text.split("\n")))


def escaped(text: str, escape: Callable[[str], str] = lambda c: json.dumps(c)[1:-1]) -> str:
    """JSON, or with another escape TOML, of the same value and without such signs."""
    return "".join(c if c == "\n" or _is_harmless(c) else escape(c) for c in text)


def _is_harmless(letter: str) -> bool:
    """Whether it shows itself, or a space, and changes nothing else on the screen."""
    return letter.isprintable() or letter in JOINERS or unicodedata.category(letter) == "Zs"


class PlainConsole(Console):
    """A console to which every text is just text, wherever it is from.

    On standard error nothing that goes wrong with words ends what the program does.
    """

    def __init__(self, *, stderr: bool = True, quiet: bool = False) -> None:
        super().__init__(stderr=stderr, quiet=quiet, markup=False, highlight=False, emoji=False)

    def say(self, *parts: str | tuple[str, str]) -> None:
        """A line, as long as it is; parts may be of a style.

        Lines within it are set off, so that no name begins one that looks like ours.
        """
        self.print(Text.assemble(*map(_part, parts)), soft_wrap=True)

    @contextmanager
    def busy(self, *, quiet: bool = False) -> Iterator[Callable[[str], None]]:
        """While it goes on, what is being done can be told; it is seen on a terminal only."""
        if quiet or not self.is_terminal:
            yield lambda _text: None
            return
        with self.status(Text()) as status:
            yield lambda text: status.update(Text(shown(text)))

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich does it."""
        if not self.stderr:
            super().print(*objects, **options)
            return
        with suppress(Exception):
            super().print(*objects, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Clean before it is measured."""
        return super().render_str(shown(text), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Clean, however it came here."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=shown(segment.text))


def _part(part: str | tuple[str, str]) -> tuple[str, str]:
    text, style = (part, "") if isinstance(part, str) else part
    return shown(text).replace("\n", "\n  "), style


PEOPLE = PlainConsole()
"""Standard error."""


class LogWords(logging.Handler):
    """Says what is logged, a line each, however wide the terminal."""

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        style = f"logging.level.{record.levelname.lower()}"
        PEOPLE.say((f"{record.levelname:<8}", style), f" {self.format(record)}")


def say(line: str) -> None:
    """Words for people, beside what a command prints."""
    PEOPLE.say(printable(line))


def tables() -> PlainConsole:
    """Standard output, for people."""
    return PlainConsole(stderr=False)


def print_line(text: str | Path) -> None:
    """A line of standard output; programs may read it, and get it as it is."""
    _put(printable(str(text)) if sys.stdout.isatty() else str(text))


def print_json(value: object) -> None:
    """Data for programs."""
    _put(escaped(json.dumps(value, indent=2, ensure_ascii=not _has_all_letters())))


def print_toml(text: str) -> None:
    """A config file, which ends its last line itself."""
    _put(escaped(text, lambda c: f"\\U{ord(c):08X}").removesuffix("\n"))


def _has_all_letters() -> bool:
    return sys.stdout.encoding.lower().replace("-", "") == "utf8"


def _put(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
