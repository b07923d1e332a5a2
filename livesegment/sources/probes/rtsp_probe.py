"""Asking an RTSP server for a stream, as far as its first word on the transport (RFC 2326)."""

import re
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from livesegment import __version__
from livesegment.errors import UsageError
from livesegment.sources.addresses.address import TLS, Address
from livesegment.sources.probes.challenge import Challenge, challenges, taken
from livesegment.sources.probes.wire import Deadline, Reply, Wire, printable

SDP = "Accept: application/sdp"
MOST_REDIRECTS = 8
"""That are followed within a server."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far a probe came."""

    reply: Reply
    """The last answer."""
    logged_in: bool = False
    """Whether user and password went along with what it answers."""
    login: Challenge | None = None
    """What the server asked to log in, where it asked."""
    has_video: bool = True
    """Whether the stream's description has video in it."""


class _Talk:
    """Requests over one connection, counted, and logged in once the server wants it."""

    def __init__(self, wire: Wire, address: Address) -> None:
        self._wire = wire
        self._address = address
        self._count = 0
        self.login: Challenge | None = None
        self.logged_in = False

    def ask(self, method: str, uri: str, *headers: str) -> Reply:
        reply = self._ask_once(method, uri, *headers)
        if reply.status != 401:
            return reply
        if self._address.user is None or self.login is not None:
            return reply
        self.login = taken(challenges(reply.all_of("www-authenticate")))
        self.logged_in = self._authorization(method, uri) is not None
        return self._ask_once(method, uri, *headers) if self.logged_in else reply

    def _ask_once(self, method: str, uri: str, *headers: str) -> Reply:
        self._count += 1
        lines = [
            f"{method} {uri} RTSP/1.0",
            f"CSeq: {self._count}",
            f"User-Agent: livesegment/{__version__}",
            *headers,
        ]
        if (authorization := self._authorization(method, uri)) is not None:
            lines.append(f"Authorization: {authorization}")
        return self._wire.ask("\r\n".join([*lines, "", ""]))

    def _authorization(self, method: str, uri: str) -> str | None:
        if self.login is None:
            return None
        address = self._address
        return self.login.answer(address.user or "", address.password or "", method, uri)


def probe(address: Address, deadline: Deadline) -> Outcome:
    """Ask for a stream's description and, if it has video, for that over TCP.

    Args:
        address: of the scheme rtsp or rtsps.
        deadline: for all of it.

    Raises:
        Exception: what `Wire` and `Wire.ask` raise.
    """
    port = address.real_port or 554
    with Wire(address.host, port, deadline, tls=address.scheme in TLS) as wire:
        talk = _Talk(wire, address)
        reply = talk.ask("DESCRIBE", address.bare_url, SDP)
        if reply.status != 200 or reply.protocol != "RTSP":
            return Outcome(reply, talk.logged_in, talk.login)
        base = reply.header("content-base") or reply.header("content-location") or address.bare_url
        track = _video_track(reply.body.decode("utf-8", "replace"))
        if track is None:
            return Outcome(reply, talk.logged_in, talk.login, has_video=False)
        where = "RTP/AVP/TCP;unicast;interleaved=0-1"
        uri = _joined(base, track)
        reply = talk.ask("SETUP", uri, f"Transport: {where}")
        if session := re.match(r"[!-:<-~]{1,100}", reply.header("session")):
            talk.ask("TEARDOWN", address.bare_url, f"Session: {session[0]}")
        return Outcome(reply, talk.logged_in, talk.login)


def sent_on(address: Address, deadline: Deadline) -> str | None:
    """Where a server sends those who log in on to, away from itself; None: nowhere.

    FFmpeg follows, and takes user and password along to whoever is there.

    Raises:
        Exception: what `Wire` and `Wire.ask` raise.
    """
    for _ in range(MOST_REDIRECTS):
        port = address.real_port or 554
        with Wire(address.host, port, deadline, tls=address.scheme in TLS) as wire:
            reply = _Talk(wire, address).ask("DESCRIBE", address.bare_url, SDP)
        location = reply.header("location")
        if not 300 <= reply.status < 400 or not location:
            return None
        try:
            there = Address.parse(urljoin(address.bare_url, location), {})
        except (UsageError, ValueError):
            return printable(location, 200)
        if _service(there) != _service(address):
            return printable(str(there), 200)
        address = replace(address, path=there.path)
    return "itself, again and again"


def _service(address: Address) -> tuple[str, str, int | None]:
    return address.scheme, address.host.lower(), address.real_port


def _video_track(description: str) -> str | None:
    """Where the first video of an SDP (RFC 4566) is controlled, maybe empty; None: no video."""
    media = re.split(r"^m=", description, flags=re.MULTILINE)[1:]
    for medium in media:
        if medium.startswith("video"):
            control = re.search(r"^a=control:[ \t]*([!-~]{0,500})", medium, re.MULTILINE)
            return control[1] if control else ""
    return None


def _joined(base: str, track: str) -> str:
    """The URL of a track; most servers mean it to follow the base, slash or no slash."""
    if not re.fullmatch(r"[!-~]{1,2000}", base):
        base = ""
    if track in {"", "*"}:
        return base
    if "://" in track:
        return track
    return urljoin(base, track) if track.startswith("/") else f"{base.rstrip('/')}/{track}"
