"""Options' values that are secrets in part: each knows how much of itself may be shown.

Wherever one is shown, printed, logged or written to a configuration, that part comes out alone.
"""

import os
import re
import shlex
from collections.abc import Mapping
from typing import ClassVar, NoReturn

from livesegment.errors import UsageError
from livesegment.sources.addresses.credentials import fill_in, is_place
from livesegment.sources.addresses.secret import HIDDEN, SAFE_ANYWHERE, SECRETS
from livesegment.sources.addresses.url import redact

_HTTP = re.compile(r"(https?)://([^\s/?#'\"]*)([^\s'\"]*)", re.IGNORECASE)
_NAMES_SECRET = re.compile(
    r"(?:pass|pwd|token|secret|auth|key|credential|cookie|login|bearer)", re.IGNORECASE
)
_TAKES_SECRET = re.compile(r"-[uUpPHb]|--(?:user|header|proxy-user)")
"""Options of the usual commands (curl, wget, mosquitto_pub, sshpass) before a secret."""
_ASSIGNED = re.compile(r"([\w.-]+=)(.+)", re.DOTALL)
_TOKEN = re.compile(r"(?<![\w/.-])(?=(?:[\w-]*\d){4})(?=[\w-]*[A-Za-z])[\w-]{20,}(?![\w/.-])")
"""A word that nobody would remember."""


class Confidential:
    """Text that is a secret in part."""

    flag: ClassVar[str]
    hint: ClassVar[str]

    def __init__(self, text: str) -> None:
        self._text = text
        self.shown = self._shown()
        """What anybody may see."""

    def reveal(self) -> str:
        """The text itself.

        Raises:
            UsageError: it comes from where its secret was left out.
        """
        if HIDDEN in self._text:
            raise UsageError(
                f"{self.flag} {self.shown}: *** stands where its secret should be", hint=self.hint
            )
        return self._text

    def _shown(self) -> str:
        raise NotImplementedError

    def __str__(self) -> str:
        return self.shown

    def __repr__(self) -> str:
        return repr(self.shown)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a secret, and is not pickled")


class WebhookUrl(Confidential):
    """An address that events are posted to: beyond the host, all of it may be its password.

    `${NAME}` stands for a variable of the environment, such as one with the whole address.
    """

    flag = "--webhook"
    hint = "type it again, or put the address into a variable: --webhook '${NAME}'"

    def reveal(self, environment: Mapping[str, str] | None = None) -> str:
        """The address, variables of the environment filled in; see `Confidential.reveal`."""
        text = super().reveal()
        filled = fill_in(text, os.environ if environment is None else environment, str)
        type(self)(filled)  # its secrets are known from now on
        return filled

    def _shown(self) -> str:
        if is_place(self._text):
            return self._text
        scheme, _, rest = self._text.partition("://")
        host, *beyond = re.split(r"(?=[/?#])", rest, maxsplit=1)
        if scheme not in {"http", "https"} or "@" in "".join(beyond):
            return HIDDEN  # no telling where a password ends
        login, at, host = host.rpartition("@")
        user, _, password = login.partition(":")
        SECRETS.add(password or user, user)
        if beyond and len(beyond[0]) > 1:
            SECRETS.add(f"{host}{beyond[0]}")
            for token in _TOKEN.findall(beyond[0].replace("/", " ")):
                SECRETS.add(token)
        tail = f"/{HIDDEN}" if beyond and beyond[0] != "/" else "".join(beyond)
        return f"{scheme}://{HIDDEN + at if at else ''}{host}{tail}"


class CommandLine(Confidential):
    """A command of the user's: what looks like a secret in it is one."""

    flag = "--exec"
    hint = "type it again, or let a script of your own read it from a file that only you can read"

    def _shown(self) -> str:
        try:
            words = shlex.split(self._text)
        except ValueError:
            return HIDDEN
        shown, before = [], ""
        for word in words:
            shown.append(_masked(word, before))
            before = word
        return self._text if shown == words else shlex.join(shown)

    @property
    def command(self) -> str:
        """Its first word, as it may be shown."""
        return (self.shown.split(maxsplit=1) or [""])[0]


def _masked(word: str, before: str) -> str:
    """A word of a command, its secrets hidden and remembered.

    Args:
        word: as the command gets it.
        before: the one before it.
    """
    option = before if before.startswith("-") and "=" not in before else ""
    if _TAKES_SECRET.fullmatch(option) or _NAMES_SECRET.search(option):
        return _hidden(word)
    if assigned := _ASSIGNED.fullmatch(word):
        named = _NAMES_SECRET.search(assigned[1]) is not None
        return assigned[1] + (_hidden(assigned[2]) if named else _masked(assigned[2], ""))
    if re.search(r"[ \t\r\n]", word):  # what a shell may read as a command
        if re.search(r"\b(?:Bearer|Basic|Authorization)\b|[\w-]+:\s", word, re.IGNORECASE):
            return _hidden(word)
        return CommandLine(word).shown
    return _TOKEN.sub(lambda found: _hidden(found[0]), redact(hide_paths(word)))


def _hidden(word: str) -> str:
    if len(word) >= SAFE_ANYWHERE and not word.isalpha():  # else texts would have holes
        SECRETS.add(word)
    return HIDDEN


def hide_paths(text: str) -> str:
    """`text` with every http and https URL cut after its host: beyond it may be a token."""
    return _HTTP.sub(lambda url: WebhookUrl(url[0]).shown, text)
