"""HTTP and HTTPS requests, and nothing else that urllib can open."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import IO
from urllib.parse import urlsplit

from livesegment import __version__

TIMEOUT = 20.0
"""Seconds that connecting, and each read, may take."""


class TransferError(Exception):
    """The network or the server let a transfer down; another try may do better."""


class RangeError(TransferError):
    """The server has no such part of the file."""


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
        with error:
            kind = RangeError if error.code == 416 else TransferError
            raise kind(f"the server answers {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise TransferError(_reason(error)) from error
    if response.status not in {200, 206}:
        with response:
            raise TransferError(f"the server answers {response.status} {response.reason}")
    return response


def post(url: str, body: bytes, headers: dict[str, str], timeout: float) -> tuple[int, str]:
    """Send something; redirects are not followed.

    Args:
        url: an http or https address, already checked, without a password.
        body: what to send.
        headers: of the request, over the usual ones.
        timeout: seconds that connecting, and each read, may take.

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
        TransferError: the connection failed or fell silent.
    """
    try:
        return response.read1(most)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise TransferError(_reason(error)) from error


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
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    if allow is not None:
        opener.add_handler(_Redirects(allow))
    return opener


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
        try:
            self._allow(urlsplit(newurl).scheme)
        except BaseException:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _reason(error: Exception, timeout: float | None = None) -> str:
    """Why a connection failed, in words."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {timeout or TIMEOUT:g} s"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(cause) or type(cause).__name__
