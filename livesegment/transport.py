"""HTTP and HTTPS requests, and nothing else that urllib can open; none goes on without end."""

import http.client
import io
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import IO, Any
from urllib.parse import urlsplit

from livesegment import __version__

TIMEOUT = 20.0
"""Seconds that connecting, the head of the answer, and each read after it, may take."""
WINDOW, LEAST = 60.0, 60_000
"""In so many seconds so many bytes must come at least: 1 kB a second."""
LONGEST = 24 * 3600.0
"""Seconds that one answer may take."""
LARGEST = 4 << 30
"""Bytes of one answer. No network's file has more than 2 GiB, which is protobuf's own limit."""
LONGEST_HEAD = 1 << 18
"""Bytes of what comes before a body."""


class TransferError(Exception):
    """The network or the server let a transfer down; another try may do better."""


class RangeError(TransferError):
    """The server has no such part of the file."""


class SizeError(TransferError):
    """More comes than any model has; another try brings no less."""


class _EndlessError(OSError):
    """An answer goes beyond `LARGEST` or `LONGEST_HEAD`."""


def connect(
    url: str, headers: dict[str, str], allow: Callable[[str], None]
) -> http.client.HTTPResponse:
    """Ask for a file.

    Args:
        url: an http or https address, already checked.
        headers: of the request, over the usual ones.
        allow: called with the scheme of each address that a redirect leads to; what it raises
            comes out of here.

    Returns:
        The open answer, of status 200 or 206.

    Raises:
        RangeError: the server answers 416.
        TransferError: any other failure.
    """
    request = urllib.request.Request(  # noqa: S310 -- the opener below knows http and https only
        url, headers={"User-Agent": f"livesegment/{__version__}", **headers}
    )
    try:
        response: http.client.HTTPResponse = _opener(allow).open(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()  # a context manager wants it open, which it is not after a redirect
        kind = RangeError if error.code == 416 else TransferError
        raise kind(_answered(error.code, str(error.reason))) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise TransferError(_reason(error)) from error
    if response.status not in {200, 206}:
        with response:
            raise TransferError(_answered(response.status, response.reason))
    return response


def post(url: str, body: bytes, headers: dict[str, str], timeout: float) -> tuple[int, str]:
    """Send something; redirects are not followed.

    Args:
        url: an http or https address, already checked, without a password.
        body: what to send.
        headers: of the request, over the usual ones.
        timeout: seconds that connecting, and the head of the answer, may take.

    Returns:
        Status and reason of the answer, whatever they are.

    Raises:
        TransferError: there was no answer.
    """
    request = urllib.request.Request(  # noqa: S310 -- the opener below knows http and https only
        url, body, {"User-Agent": f"livesegment/{__version__}", **headers}, method="POST"
    )
    try:
        with _opener(None).open(request, timeout=timeout) as response:
            return response.status, response.reason
    except urllib.error.HTTPError as error:
        with error:
            return error.code, str(error.reason)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise TransferError(_reason(error, timeout)) from error


def read(response: http.client.HTTPResponse, most: int) -> bytes:
    """What has come, at most `most` bytes; empty at the end.

    Raises:
        SizeError: there is no end to it.
        TransferError: the connection failed, fell silent or brings next to nothing.
    """
    try:
        return response.read1(most)
    except _EndlessError as error:
        raise SizeError(str(error)) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise TransferError(_reason(error)) from error


def length(response: http.client.HTTPResponse) -> int | None:
    """Bytes that are still to come; None where the server does not say it, or says nonsense.

    Raises:
        SizeError: more than any model has.
    """
    if response.length is not None and response.length > LARGEST:
        raise SizeError("the server offers more than any model has")
    return response.length


def validator(response: http.client.HTTPResponse) -> str:
    """What tells this version of the file from others; empty where the server gives nothing."""
    etag = response.headers["ETag"] or ""
    if etag and not etag.startswith("W/"):  # If-Range takes strong ones only
        return str(etag).strip()
    return str(response.headers["Last-Modified"] or "").strip()


def _opener(allow: Callable[[str], None] | None) -> urllib.request.OpenerDirector:
    """Not urllib's own: that one also opens file:, ftp: and data: addresses.

    Args:
        allow: see `connect`; None follows no redirect.
    """
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        _Http(),
        _Https(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    if allow is not None:
        opener.add_handler(_Redirects(allow))
    return opener


class _Limited(io.RawIOBase):
    """What comes out of a socket, as long as it comes to an end."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw, self._sock = raw, sock
        self._patience = sock.gettimeout() or TIMEOUT
        self._until = time.monotonic() + self._patience
        self._left = LONGEST_HEAD
        self._since, self._got = self._until, 0

    def begin_body(self) -> None:
        """Apply the limits of a body: the head has come."""
        self._left = LARGEST
        self._since, self._got = time.monotonic(), 0
        self._until = self._since + LONGEST

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        """See `io.RawIOBase`."""
        now = time.monotonic()
        if now >= self._until:
            raise TimeoutError
        if now - self._since >= WINDOW:
            if self._got < LEAST:
                raise OSError(f"only {self._got} bytes came in {WINDOW:g} s")
            self._since, self._got = now, 0
        self._sock.settimeout(min(self._patience, self._until - now))
        count = self._raw.readinto(buffer) or 0
        self._got += count
        self._left -= count
        if self._left < 0:
            raise _EndlessError("the answer does not end where it should")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer with limits, from its first byte on."""

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self._limited = _Limited(self.fp.detach(), sock)
        self.fp = io.BufferedReader(self._limited)

    def begin(self) -> None:
        super().begin()
        self._limited.begin_body()


class _Connection(http.client.HTTPConnection):
    response_class = _Response


class _SecureConnection(http.client.HTTPSConnection):
    response_class = _Response


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_SecureConnection, req)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects where it is allowed."""

    def __init__(self, allow: Callable[[str], None]) -> None:
        self._allow = allow

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """The request that follows a redirect to `newurl`."""
        fp.close()  # what else it brings is of no use, and may have no end
        self._allow(urlsplit(newurl).scheme)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _answered(status: int, reason: str) -> str:
    return " ".join(f"the server answers {status} {reason}".split())[:200]


def _reason(error: Exception, timeout: float | None = None) -> str:
    """Why a connection failed, in words."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {timeout or TIMEOUT:g} s"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(cause) or type(cause).__name__
