"""Words that nobody may see: remembered as they are typed, and taken out of any text."""

import base64
import json
import re
import threading
from urllib.parse import quote

HIDDEN = "***"
SHORTEST = 4
"""Characters. A shorter word is hidden only where it stands beside its user's name: taken out
everywhere, it would leave holes in every sentence."""
SAFE_ANYWHERE = 8
"""Characters, of more than one kind, from which on a word is taken out even of the middle of
another. A shorter one goes where it stands alone."""
PLAIN = 12
"""Characters; a word of fewer letters, or a number of fewer digits, is one that sentences have. It
goes where passwords stand: behind : and =, and before a host's @; what belongs to no user, and so
may be a part of a path, also behind / ? and &."""

_ALONE = (r"(?:(?<![^\W_])|(?<=%[0-9A-Fa-f]{2}))(?:", r")(?![^\W_])")
_IN_PLACE = (r"(?:(?<=[:=])|(?<=%3[AaDd]))(?:", r")(?![^\W_])")
_IN_PATH = (r"(?<=[/?&])(?:", r")(?![^\W_])")
_AS_LOGIN = (r"(?<![^\W_])(?:", ")(?=@|%40)")
_BEFORE_A_HOST = ("(?:", ")(?=@|%40)")
_ANYWHERE = ("(?:", ")")
_FOR_URLS = str.maketrans("+/", "-_")
"""Base64 as it is written in URLs."""


class Secrets:
    """A set of secrets that only grows. Any thread may add to it and ask it.

    A secret is found as it is, percent-encoded, with the escapes of JSON and of Python, in any mix
    of these, and inside the user and password of Basic authentication.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._patterns: set[str] = set()
        self._any: re.Pattern[str] | None = None
        """Any of them; None: to be put together by whoever asks next."""

    def add(self, password: str, user: str | None = None) -> None:
        """Hide a password, or another secret, from now on.

        Args:
            password: as it is, nothing encoded.
            user: whom it belongs to, where known.
        """
        patterns = []
        if len(password) >= SHORTEST:
            plain = password.isalpha() or password.isdigit()
            if plain and len(password) < PLAIN:
                places = [_IN_PLACE, _AS_LOGIN, *([_IN_PATH] if user is None else [])]
            else:
                places = [_ALONE if plain or len(password) < SAFE_ANYWHERE else _ANYWHERE]
            patterns += [_pattern(password, around) for around in places]
        if user is not None and password:
            pair = f"{user}:{password}"
            patterns.append(_pattern(pair, _BEFORE_A_HOST))
            coded = base64.b64encode(pair.encode(errors="surrogateescape")).decode().rstrip("=")
            patterns.append(_pattern(coded, _ANYWHERE))
            patterns.append(_pattern(coded.translate(_FOR_URLS), _ANYWHERE))
        with self._lock:
            if not self._patterns.issuperset(patterns):
                self._patterns.update(patterns)
                self._any = None

    def hide(self, text: str) -> str:
        """`text` with `***` in place of every secret."""
        pattern = self._any
        if pattern is None:
            with self._lock:
                if not self._patterns:
                    return text
                longest_first = sorted(self._patterns, key=len, reverse=True)
                pattern = self._any = re.compile("|".join(longest_first))
        return pattern.sub(HIDDEN, text)


SECRETS = Secrets()
"""Those of this process."""


def _pattern(word: str, around: tuple[str, str]) -> str:
    # Escaped, a row of backslashes has any length: one pattern for all of it, or the time to
    # match a few of them would grow without bound.
    parts = re.findall(r"\\+|[^\\]", word)
    return around[0] + "".join(map(_in_any_form, parts)) + around[1]


def _in_any_form(part: str) -> str:
    """A pattern of one character, or a row of backslashes, escaped in any of the usual ways."""
    if part.startswith("\\"):
        return r"(?:\\|(?i:%(?:25)*5c))" + f"{{{len(part)},}}"
    coded = quote(part.encode(errors="surrogateescape"), safe="")
    if not coded.startswith("%"):
        coded = f"%{ord(part):02X}"
    forms = {re.escape(part), "(?i:" + coded.replace("%", "%(?:25)*") + ")"}  # encoded twice, too
    if part == " ":
        forms.add(r"\+")
    if part in "\"'/":
        forms.add(r"\\+" + part)
    if not " " <= part <= "~":
        for escaped in (json.dumps(part), ascii(part)):
            forms.add("(?i:" + re.escape(escaped[1:-1]) + ")")
    return "(?:" + "|".join(sorted(forms, key=len, reverse=True)) + ")"
