"""The address of a stream: what the user typed, taken apart, and put together for FFmpeg."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn, Self
from urllib.parse import quote, unquote

from livesegment.errors import UsageError
from livesegment.sources.addresses.credentials import Credentials, fill_in, is_place
from livesegment.sources.addresses.secret import HIDDEN, SECRETS
from livesegment.sources.addresses.url import SCHEMES, redact, redact_parameters

PORTS = {
    "rtsp": 554,
    "rtsps": 322,
    "rtmp": 1935,
    "rtmps": 443,
    "rtmpt": 80,
    "http": 80,
    "https": 443,
}
"""Where nothing else is typed."""
TLS = frozenset({"rtsps", "rtmps", "https"})
DATAGRAMS = frozenset({"udp", "rtp"})
"""Schemes without a connection; theirs may also have no host: anybody may send."""
MOST_FOR_RTSP = 127
"""Bytes of user and password, percent-encoded, that FFmpeg's RTSP keeps; it cuts off the rest."""

_SERVER = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]+(?:%[\w.~-]+)?\]|[\w.~-]*)(?::(?P<port>\d{0,5}))?(?=[/?#]|\Z)"
)
_PLAINLY_A_HOST = re.compile(r"\[.*|localhost|.*\w\.\w.*", re.IGNORECASE)
_NOT_IN_A_URL = re.compile(r"[^!-~]+")


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """Where a stream is. Shown, printed or logged, it keeps its password to itself."""

    scheme: str
    """In lower case."""
    user: str | None
    """As it is, nothing encoded; None: none is sent."""
    password: str | None
    """Likewise; None: there is none, or none was typed."""
    host: str
    """IPv6 without its brackets; may be empty for datagrams."""
    port: int | None
    """None: the scheme's own."""
    path: str
    """With query and fragment, from the first / ? or # on, percent-encoded; may be empty."""

    @classmethod
    def parse(
        cls,
        text: str,
        environment: Mapping[str, str] | None = None,
        credentials: Credentials | None = None,
    ) -> Self:
        """Take apart what was typed; its password is hidden from then on by `redact`.

        A password may have @ # / ? : and % in it as they are: it goes up to the last @ that a
        host follows. Only a URL that is one as it stands, with a host that has a dot, ends at
        its first / ? or # as RFC 3986 has it, whatever comes later. %41 is an A, as everywhere in
        URLs, and a % without two hexadecimal digits is a %. `${NAME}` in user, password, path or
        query stands for a variable of the environment, which is taken literally.

        Args:
            text: a URL.
            environment: for `${NAME}`; None: the process's.
            credentials: for a URL without a user.

        Raises:
            UsageError: it is no URL that can be opened.
        """
        environment = os.environ if environment is None else environment
        scheme, rest = _scheme(text)
        login, host, port, path = _split(rest, text)
        user, password = None, None
        if login:
            typed_user, colon, typed_password = login.partition(":")
            user = fill_in(typed_user, environment, _decoded)
            password = fill_in(typed_password, environment, _decoded) if colon else None
        elif scheme in PORTS and credentials and (found := credentials.of(host, port)):
            user, password = found
        path = fill_in(path, environment, _mended, _kept_secret)
        if password:
            SECRETS.add(password, user)
        address = cls(scheme, user, password, host, port, path)
        address._check()
        return address

    @property
    def url(self) -> str:
        """What FFmpeg is given; the only place where the password comes out again."""
        return f"{self.scheme}://{self._login}{self.server}{self.path}"

    @property
    def bare_url(self) -> str:
        """The URL without user and password; those of its query are still there."""
        return f"{self.scheme}://{self.server}{self.path}"

    @property
    def server(self) -> str:
        """Host and port as a URL has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def real_port(self) -> int | None:
        """The port that is connected to; None where the scheme has none of its own."""
        return PORTS.get(self.scheme) if self.port is None else self.port

    @property
    def name(self) -> str:
        """For titles and folders: host and path, no secrets."""
        path = re.split(r"[?#]", self._shown_path, maxsplit=1)[0]
        return f"{self.server}{path}".rstrip("/") or "stream"

    @property
    def _shown_path(self) -> str:
        return SECRETS.hide(redact_parameters(self.path))

    @property
    def _login(self) -> str:
        if self.user is None:
            return ""
        password = self.password or ""  # FFmpeg logs in only where there is a colon
        if self.scheme.startswith("rtmp"):  # which it takes as written
            return f"{self.user}:{password}@"
        return f"{_quoted(self.user)}:{_quoted(password)}@"

    def _check(self) -> None:
        """Refuse what FFmpeg would take for something else.

        Raises:
            UsageError: it would.
        """
        if not self.host and self.scheme not in DATAGRAMS:
            _refuse(self, "no host is named")
        if self.port is not None and not 0 < self.port < 1 << 16:
            _refuse(self, "ports go from 1 to 65535")
        if self.real_port is None:
            _refuse(self, "its port is missing")
        login = f"{self.user or ''}:{self.password or ''}"
        if self.password == HIDDEN:
            _refuse(self, "*** stands where its password should be", LEFT_OUT)
        if any(ord(sign) < 32 or ord(sign) == 127 for sign in login):
            _refuse(self, "its user or password has a control character")
        if self.scheme.startswith("rtmp") and re.search(r"[/?#\s]", login):
            _refuse(self, "FFmpeg can log in to RTMP only without / ? # and spaces")
        if self.scheme.startswith("rtsp") and len(self._login) > MOST_FOR_RTSP + 1:
            _refuse(self, "user and password are too long for FFmpeg")

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"

    def __str__(self) -> str:
        login = "" if self.user is None else f"{HIDDEN}@"
        return f"{self.scheme}://{login}{self.server}{self._shown_path}"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("an Address holds a password, and is not pickled")


LEFT_OUT = (
    "A password was left out of a URL, where *** stands. It goes into a variable, as "
    "rtsp://user:${NAME}@host/path, or into a file for --credentials."
)
"""The comment that belongs to a configuration with a `shareable` URL that is not as typed."""


def shareable(text: str) -> str:
    """A typed URL for a configuration file: passwords replaced by `***`, `${NAME}` left alone."""
    try:
        scheme, rest = _scheme(text)
        login, _, _, path = _split(rest, text)
    except UsageError:
        return redact(text)
    server = rest[len(login) + 1 if login is not None else 0 : len(rest) - len(path)]
    user, colon, password = (login or "").partition(":")
    if password and not is_place(password):
        password = HIDDEN
    path = SECRETS.hide(redact_parameters(path))
    at = "" if login is None else "@"
    return f"{scheme}://{user}{colon}{password}{at}{server}{path}"


def remember(text: str) -> None:
    """Hide the password of a typed URL from now on, whatever becomes of it."""
    _, equals, value = text.partition("=")
    for typed in (text, value if equals else ""):
        with suppress(UsageError):
            login, *_ = _split(_scheme(typed)[1], typed)
            user, _, password = (login or "").partition(":")
            SECRETS.add(password, user)
            SECRETS.add(_decoded(password), _decoded(user))


def _scheme(text: str) -> tuple[str, str]:
    scheme, colon, rest = text.partition("://")
    scheme = scheme.lower()
    if not colon or scheme not in SCHEMES:
        raise UsageError(
            f"{redact(text)}: no kind of URL that can be opened"
            + (", as OpenCV's FFmpeg is built without SRT" if scheme == "srt" else ""),
            hint=f"known: {', '.join(sorted(SCHEMES))}",
        )
    return scheme, rest


def _split(rest: str, text: str) -> tuple[str | None, str, int | None, str]:
    """User and password as typed, host, port, and the path with all that follows."""
    end = next((index for index, sign in enumerate(rest) if sign in "/?#"), len(rest))
    places = [rest.rfind("@", 0, end)]
    late = [index for index in range(end, len(rest)) if rest[index] == "@"]
    if ":" in rest[: rest.rfind("@") + 1]:
        strict = _SERVER.match(rest, places[0] + 1)
        plain = strict is not None and _PLAINLY_A_HOST.fullmatch(strict["host"])
        places = [*places, *reversed(late)] if plain else [*reversed(late), *places]
    for at in places:
        server = _SERVER.match(rest, at + 1)
        if server is not None and (server["host"] or at <= end):
            login = rest[:at] if at >= 0 else None
            port = int(server["port"]) if server["port"] else None
            return login, server["host"].strip("[]").replace("%25", "%"), port, rest[server.end() :]
    raise UsageError(
        f"{redact(text)}: cannot tell the host of this URL",
        hint="a URL is such as rtsp://user:password@192.168.1.20:554/path",
    )


def _decoded(text: str) -> str:
    return unquote(text, errors="surrogateescape")


def _quoted(text: str) -> str:
    return quote(text.encode(errors="surrogateescape"), safe="!$*+,;=")


def _mended(path: str) -> str:
    """A path with what no URL can hold percent-encoded, such as spaces."""
    return _NOT_IN_A_URL.sub(
        lambda found: quote(found[0].encode(errors="surrogateescape"), safe=""), path
    )


def _kept_secret(value: str) -> str:
    """What the environment tells for a path."""
    SECRETS.add(value)
    return quote(value.encode(errors="surrogateescape"), safe="")


def _refuse(address: Address, why: str, hint: str | None = None) -> NoReturn:
    raise UsageError(f"{address}: {why}", hint=hint)
