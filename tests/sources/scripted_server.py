"""A server on the loopback that says what it is told to, whatever it is asked."""

import socket
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager

from livesegment.sources.addresses.address import Address
from livesegment.sources.probes.diagnosis import Diagnosis, diagnose
from tests.servers.base import Guest, LoopbackServer, read_head

Answer = Callable[[str, dict[str, str]], bytes | Iterable[bytes]]
"""From a request's first line and headers (names in lower case) to what is sent, in parts."""

VIDEO = b"v=0\r\nm=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\na=control:track1\r\n"
LOGIN = "root:a#b@c/?-secret@"
SOUND = b"v=0\r\nm=audio 0 RTP/AVP 0\r\na=control:track1\r\n"


class ScriptedServer(LoopbackServer):
    """Answers each request by a function, and remembers what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[tuple[str, dict[str, str]]] = []
        super().__init__()

    def serve(self, guest: Guest) -> None:
        rest = b""
        while True:
            first, headers, rest = read_head(guest.connection, rest)
            self.asked.append((first, headers))
            answer = self._answer(first, headers)
            for part in [answer] if isinstance(answer, bytes) else answer:
                guest.send(part)
            if not first.endswith("RTSP/1.0"):
                guest.hang_up(reset=False)

    def address(self, scheme: str, rest: str = "/live", login: str = "") -> Address:
        """Where it is, for a scheme of URL."""
        return Address.parse(f"{scheme}://{login}127.0.0.1:{self.port}{rest}", {})


def answering(*answers: bytes) -> Answer:
    """One answer after another, the last for ever."""
    left = list(answers)

    def answer(first: str, headers: dict[str, str]) -> bytes:
        return left.pop(0) if len(left) > 1 else left[0]

    return answer


def told(status: str, *headers: str, body: bytes = b"", protocol: str = "RTSP/1.0") -> bytes:
    """A whole answer."""
    lines = [f"{protocol} {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def web(status: str, *headers: str, body: bytes = b"") -> bytes:
    """A whole answer of HTTP."""
    return told(status, *headers, body=body, protocol="HTTP/1.1")


def found(answer: Answer, scheme: str = "rtsp", *, login: str = LOGIN) -> Diagnosis:
    """What is found out of a server that gives this answer; never the login."""
    with ScriptedServer(answer) as server:
        diagnosis = diagnose(server.address(scheme, login=login), None, seconds=2)
    said = f"{diagnosis}"
    assert "secret" not in said
    assert "root" not in said
    return diagnosis


@contextmanager
def nobody() -> Generator[int]:
    """A port where nobody listens, and nobody else begins to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
