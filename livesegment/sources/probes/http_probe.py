"""Asking an HTTP server for a stream: the headers, and the first bytes of what comes."""

from livesegment import __version__
from livesegment.sources.addresses.address import TLS, Address
from livesegment.sources.probes.challenge import challenges, taken
from livesegment.sources.probes.rtsp_probe import Outcome
from livesegment.sources.probes.wire import Deadline, Reply, Wire

ENOUGH = 2048
"""Bytes that tell a web page from a film."""

_PAGES = ("text/html", "text/plain", "application/xhtml", "application/json", "text/xml")


def probe(address: Address, deadline: Deadline) -> Outcome:
    """Ask for what is under a URL; redirects are not followed.

    Args:
        address: of the scheme http or https.
        deadline: for all of it.

    Raises:
        Exception: what `Wire` and `Wire.ask` raise.
    """
    reply = _ask(address, deadline, None)
    if reply.status != 401:
        return Outcome(reply, has_video=not _is_page(reply))
    login = taken(challenges(reply.all_of("www-authenticate")))
    if address.user is None or login is None:
        return Outcome(reply, login=login)
    told = login.answer(address.user, address.password or "", "GET", _target(address))
    if told is None:
        return Outcome(reply, login=login)
    reply = _ask(address, deadline, told)
    return Outcome(reply, logged_in=True, login=login, has_video=not _is_page(reply))


def _ask(address: Address, deadline: Deadline, authorization: str | None) -> Reply:
    lines = [
        f"GET {_target(address)} HTTP/1.1",
        f"Host: {address.server}",
        f"User-Agent: livesegment/{__version__}",
        "Accept: */*",
        "Connection: close",
    ]
    if authorization is not None:
        lines.append(f"Authorization: {authorization}")
    with Wire(address.host, address.real_port or 80, deadline, tls=address.scheme in TLS) as wire:
        return wire.ask("\r\n".join([*lines, "", ""]), most=ENOUGH)


def _target(address: Address) -> str:
    return address.path if address.path.startswith("/") else f"/{address.path}"


def _is_page(reply: Reply) -> bool:
    """Whether this is for people to read, and no playlist."""
    start = reply.body.lstrip().lower()
    if start.startswith(b"#extm3u"):
        return False
    kind = reply.header("content-type").lower()
    return kind.startswith(_PAGES) or start.startswith((b"<!doctype html", b"<html"))
