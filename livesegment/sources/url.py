"""URLs of streams, and keeping their passwords to themselves."""

import re

SCHEMES = frozenset({"rtsp", "rtsps", "rtmp", "rtmps", "http", "https", "udp", "rtp", "tcp", "srt"})

_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S*", re.IGNORECASE)
_ONLY_URL = re.compile(r"[a-z][a-z0-9+.-]*://.*", re.IGNORECASE | re.DOTALL)
_CREDENTIALS = re.compile(r"(?<=://)(?:.*:.*|[^/?#]*)@", re.DOTALL)
"""Up to the last @: an @ or a / that nobody escaped belongs to the password, whatever RFC 3986
says of it. Rather a host too much is hidden than half a password too little."""
_PARAMETERS = re.compile(
    r"(\w*(?:user|usr|login|pass?|pwd|psw|token|secret|auth|key|sig)\w*=)[^&;#/'\"]*",
    re.IGNORECASE,
)
"""Cameras that want the password in the query, or in the path, as `/user=admin_password=...`."""


def is_url(text: str) -> bool:
    """Whether `text` is the URL of a stream."""
    return "://" in text and text.split("://", 1)[0].lower() in SCHEMES


def redact(text: str) -> str:
    """`text` with the user name and password of every URL in it replaced by `***`."""
    # A text that begins as a URL is one to its end, even if its password has a space.
    return (_ONLY_URL if _ONLY_URL.fullmatch(text) else _URL).sub(_redacted, text)


def short_name(url: str) -> str:
    """A URL's host and path: a name for titles and folders, without credentials or query."""
    rest = redact(url).split("://", 1)[1].removeprefix("***@")
    return re.split(r"[?#]", rest, maxsplit=1)[0].rstrip("/") or "stream"


def _redacted(url: re.Match[str]) -> str:
    return _PARAMETERS.sub(r"\1***", _CREDENTIALS.sub("***@", url[0], count=1))
