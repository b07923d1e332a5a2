"""Why a stream cannot be opened: FFmpeg does not tell, so its server is asked."""

import errno
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urljoin

from livesegment.errors import SourceError
from livesegment.sources.addresses.address import DATAGRAMS, TLS, Address
from livesegment.sources.addresses.url import redact
from livesegment.sources.probes import http_probe, rtsp_probe
from livesegment.sources.probes.rtsp_probe import Outcome
from livesegment.sources.probes.wire import (
    Deadline,
    NoNameServerError,
    NotTheProtocolError,
    SilentHostError,
    Wire,
    printable,
)
from livesegment.sources.supervision.health import Cause

PROBES = {
    "rtsp": rtsp_probe.probe,
    "rtsps": rtsp_probe.probe,
    "http": http_probe.probe,
    "https": http_probe.probe,
}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a source cannot be opened or read."""

    cause: Cause
    """UNKNOWN: nothing was found that would be wrong."""
    reason: str
    """A phrase for people, without a password."""
    hint: str | None = None
    """What to type, or to look at."""


def diagnose(address: Address, error: SourceError | None, *, seconds: float = 3.0) -> Diagnosis:
    """Find out why a stream cannot be opened, by a short talk with its server.

    The server is not trusted: what is read of it is bounded, and nothing that it names is opened.
    User and password go to it only after it has asked for them, as FFmpeg does. A proxy that is
    set in the environment is not used.

    Args:
        address: what could not be opened.
        error: what opening it, or reading, came to; told where nothing else is found.
        seconds: that it may take at most.
    """
    if address.scheme in DATAGRAMS:
        return Diagnosis(
            Cause.SILENT,
            f"nobody sends to port {address.port} that FFmpeg understands",
            "does the sender run, is this its port, and does the firewall let it through?",
        )
    deadline = Deadline(seconds)
    try:
        if (probe := PROBES.get(address.scheme)) is not None:
            return _told(probe(address, deadline), address)
        with Wire(address.host, address.real_port or 0, deadline, tls=address.scheme in TLS):
            pass
    except Exception as failure:  # noqa: BLE001 -- whatever a server does, it is a reason
        return _failed(failure, address, seconds)
    return Diagnosis(
        Cause.UNKNOWN,
        redact(str(error)) if error else f"{address.server} answers, and gives no picture",
        "check the path, the user and the password in another player, such as VLC",
    )


def answers(address: Address, seconds: float = 0.5) -> bool:
    """Whether somebody listens at an address; of UDP nobody can tell, so yes."""
    if address.scheme in DATAGRAMS:
        return True
    try:
        with Wire(address.host, address.real_port or 0, Deadline(seconds)):
            return True
    except Exception:  # noqa: BLE001 -- whatever is wrong: not yet
        return False


def _failed(failure: Exception, address: Address, seconds: float) -> Diagnosis:
    """What came instead of an answer."""
    server = redact(address.server)
    said = {
        SilentHostError: (
            Cause.UNREACHABLE,
            f"{server} does not answer at all",
            "is it on, and on this network?",
        ),
        NoNameServerError: (
            Cause.UNREACHABLE,
            f"nobody tells the address of {redact(address.host)}",
            "is this machine on the network? A number such as 192.168.1.20 needs no look-up",
        ),
        UnicodeError: (
            Cause.NO_HOST,
            f"{redact(address.host)} cannot be the name of a host",
            None,
        ),
        ConnectionRefusedError: (
            Cause.REFUSED,
            f"{server} refuses the connection",
            f"does its {address.scheme} service run, and on port {address.real_port}?",
        ),
        TimeoutError: (
            Cause.TIMEOUT,
            f"{server} takes the connection, and gives no answer within {seconds:g} s",
            f"does it speak TLS there? Try {address.scheme[:-1]}://"
            if address.scheme in TLS
            else "it may be overloaded; restart it",
        ),
        NotTheProtocolError: (
            Cause.NO_VIDEO,
            f"{server} answers, and it is no {_protocol(address)} server",
            f"is {address.real_port} the port of its {_protocol(address)} service?",
        ),
        EOFError: (Cause.ENDED, f"{server} ends the connection without an answer", None),
        ConnectionError: (Cause.ENDED, f"{server} breaks the connection off", None),
    }
    if isinstance(failure, ssl.SSLError):
        no_tls = failure.reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST"}
        plain = address.scheme.removesuffix("s")
        return Diagnosis(
            Cause.SECURITY,
            f"no encrypted connection to {server}: "
            + ("it speaks no TLS there" if no_tls else printable(failure.reason or "TLS failed")),
            f"try {plain}://, with the port for it" if no_tls else None,
        )
    if isinstance(failure, socket.gaierror):
        return _nameless(failure, address)
    for kind, found in said.items():
        if isinstance(failure, kind):
            return Diagnosis(*found)
    if isinstance(failure, OSError):
        words = failure.strerror or "it cannot be reached"
        gone = failure.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}
        hint = "is this machine on the same network?" if gone else None
        return Diagnosis(Cause.UNREACHABLE, f"{server}: {words}", hint)
    return Diagnosis(Cause.UNKNOWN, f"{server} cannot be asked: {type(failure).__name__}")


def _nameless(failure: socket.gaierror, address: Address) -> Diagnosis:
    host = redact(address.host)
    if failure.errno == socket.EAI_AGAIN:
        return Diagnosis(
            Cause.UNREACHABLE,
            f"the name {host} cannot be looked up now",
            "is this machine on the network? A number such as 192.168.1.20 needs no look-up",
        )
    return Diagnosis(
        Cause.NO_HOST,
        f"no such host: {host}",
        "check how it is written, or type its number, such as 192.168.1.20",
    )


def _told(outcome: Outcome, address: Address) -> Diagnosis:
    """What an answer means."""
    reply, server = outcome.reply, redact(address.server)
    words = redact(f"{reply.status} {reply.phrase}".strip())
    status = reply.status
    if reply.protocol != _protocol(address):
        return Diagnosis(
            Cause.NO_VIDEO,
            f"{server} speaks {reply.protocol} there, not {_protocol(address)}",
            f"try {reply.protocol.lower()}://, or the port of its {_protocol(address)} service",
        )
    if status == 401:
        return _unauthorised(outcome, address)
    if 300 <= status < 400:
        return _moved(outcome, address)
    found = {
        403: (
            Cause.UNAUTHORISED,
            f"{server} forbids it ({words})",
            "may this user, and this machine, watch the stream? The camera's settings tell",
        ),
        404: (
            Cause.NOT_FOUND,
            f"{server} has no such stream ({words})",
            "check the path; the camera's manual, or its settings page, has it",
        ),
        453: (
            Cause.UNKNOWN,
            f"{server} has too many viewers ({words})",
            "end other players and recorders of it, or take its smaller stream",
        ),
        461: (
            Cause.UNKNOWN,
            f"{server} does not send over TCP ({words})",
            "--rtsp-transport udp",
        ),
    }
    found[407] = found[403]
    found[410] = found[404]
    if status in found:
        return Diagnosis(*found[status])
    if status >= 500:
        return Diagnosis(Cause.UNKNOWN, f"{server} has trouble of its own ({words})", "restart it")
    if not 200 <= status < 300:
        return Diagnosis(Cause.UNKNOWN, f"{server} answers {words}")
    if outcome.login is not None and not outcome.login.suits_ffmpeg:
        return _strange_login(outcome, address)
    if not outcome.has_video:
        return _pictureless(outcome, address)
    return Diagnosis(
        Cause.UNKNOWN,
        f"{server} answers and offers video, and yet no picture came",
        "--rtsp-transport udp" if _protocol(address) == "RTSP" else None,
    )


def _unauthorised(outcome: Outcome, address: Address) -> Diagnosis:
    server = redact(address.server)
    if address.user is None:
        return Diagnosis(
            Cause.UNAUTHORISED,
            f"{server} wants a user and a password",
            f"{address.scheme}://USER:PASSWORD@{server}/..., or --credentials FILE",
        )
    if not outcome.logged_in:
        return _strange_login(outcome, address)
    return Diagnosis(
        Cause.UNAUTHORISED,
        f"{server} says that user or password is wrong",
        "check both; after several wrong ones many cameras lock the user out for a while"
        if address.password
        else "no password was given: USER:PASSWORD@",
    )


def _strange_login(outcome: Outcome, address: Address) -> Diagnosis:
    login = outcome.login
    kind = f"{login.scheme}, {printable(login.algorithm)}" if login else "unknown"
    return Diagnosis(
        Cause.UNAUTHORISED,
        f"{redact(address.server)} wants a login of a kind that FFmpeg lacks ({kind})",
        "set the camera to Digest with MD5, or to Basic",
    )


def _moved(outcome: Outcome, address: Address) -> Diagnosis:
    target = outcome.reply.header("location")
    shown = redact(printable(urljoin(address.bare_url, target), 200)) if target else "nowhere"
    return Diagnosis(
        Cause.UNKNOWN,
        f"{redact(address.server)} sends on to {shown}",
        "try that address instead" if target else None,
    )


def _pictureless(outcome: Outcome, address: Address) -> Diagnosis:
    if _protocol(address) == "RTSP":
        return Diagnosis(
            Cause.NO_VIDEO,
            f"{redact(address.server)} has no video in this stream",
            "check the path: this may be a stream of sound, or of metadata",
        )
    kind = printable(outcome.reply.header("content-type").partition(";")[0]) or "a web page"
    return Diagnosis(
        Cause.NO_VIDEO,
        f"{redact(address.server)} gives no video there, but {kind}",
        "the page in a browser is not the stream: its own address is in the camera's manual",
    )


def _protocol(address: Address) -> str:
    return "RTSP" if address.scheme.startswith("rtsp") else "HTTP"
