"""URLs of streams, and keeping their passwords to themselves."""

import re

from livesegment.sources.addresses.secret import SECRETS

SCHEMES = frozenset(
    {"rtsp", "rtsps", "rtmp", "rtmps", "rtmpt", "http", "https", "udp", "rtp", "tcp"}
)
"""What FFmpeg in OpenCV's packages opens; it is built without SRT."""

_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S*", re.IGNORECASE)
_ONLY_URL = re.compile(r"[a-z][a-z0-9+.-]*://.*", re.IGNORECASE | re.DOTALL)
_LOGIN = re.compile(
    r"((?:rtsps?|rtmp[st]?|https?)(?::/|//)(?!/)|(?<![^\s'\"(<]))[^\s/@:'\"(<]+:(?!/)[^\s@/]+@(?=[\w\[])",
    re.IGNORECASE,
)
"""User and password before a host where what is around them is no URL, or a misspelt one."""
_CREDENTIALS = re.compile(r"(?<=://)(?:.*:.*|[^/?#]*)@", re.DOTALL)
"""Up to the last @: an @ or a / that nobody escaped belongs to the password, whatever RFC 3986
says of it. Rather a host too much is hidden than half a password too little."""
_PARAMETERS = re.compile(
    r"(\w*(?:user|usr|login|pass?|pwd|psw|token|secret|auth|key|sig)\w*=)"
    r"(?!\$\{\w+\}(?:[&;#/'\"]|\Z))[^&;#/'\"]*",
    re.IGNORECASE,
)
"""Cameras that want the password in the query, or in the path, as `/user=admin_password=...`.
The name of a variable in its place is no secret."""


def is_url(text: str) -> bool:
    """Whether `text` is the URL of a stream."""
    return "://" in text and text.split("://", 1)[0].lower() in SCHEMES


def redact(text: str) -> str:
    """`text` with the user name and password of every URL in it replaced by `***`.

    So is every password that was parsed before, wherever it stands; see `Secrets`.
    """
    return SECRETS.hide(redact_urls(text))


def redact_urls(text: str) -> str:
    """`text` with the user name and password of every URL in it replaced by `***`."""
    # A text that begins as a URL is one to its end, even if its password has a space.
    urls = _ONLY_URL if _ONLY_URL.fullmatch(text) else _URL
    return _LOGIN.sub(r"\1***@", urls.sub(_redacted, text))


def redact_parameters(text: str) -> str:
    """A URL's path and query with what is called user, password or the like replaced by `***`."""
    return _PARAMETERS.sub(r"\1***", text)


def short_name(url: str) -> str:
    """A URL's host and path: a name for titles and folders, without credentials or query."""
    rest = redact(url).split("://", 1)[1].removeprefix("***@")
    return re.split(r"[?#]", rest, maxsplit=1)[0].rstrip("/") or "stream"


def _redacted(url: re.Match[str]) -> str:
    return redact_parameters(_CREDENTIALS.sub("***@", url[0], count=1))
