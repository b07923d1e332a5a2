"""An RTSP camera (RFC 2326) on the loopback, over TCP and UDP, that can be told to misbehave."""

import base64
import random
import re
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from livesegment.threads.mailbox import Closed
from livesegment.threads.worker import Worker
from tests.fakes import CEILING
from tests.servers.base import Guest, LoopbackServer, read_head
from tests.servers.camera import Camera, Coded
from tests.servers.coding import Coder, H264Coder, JpegCoder
from tests.servers.credentials import Credentials
from tests.servers.programme import Programme
from tests.servers.rtp import DYNAMIC, JPEG, Rtp, h264_payloads, jpeg_payloads

PATH = "/live"
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
PHRASES = {200: "OK", 401: "Unauthorized", 404: "Not Found", 461: "Unsupported Transport"}


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: dict[str, str]


class RtspServer(LoopbackServer):
    """Sends a programme to everybody who asks for `/live`, each from the next whole picture on.

    Motion JPEG by default, where each picture stands for itself; H.264 on request.
    """

    def __init__(
        self,
        programme: Programme | None = None,
        *,
        h264: bool = False,
        credentials: Credentials | None = None,
        udp: bool = True,
    ) -> None:
        """Begin to listen.

        Args:
            programme: what is sent.
            h264: whether as H.264; the test is skipped where there is no encoder.
            credentials: that are asked for.
            udp: whether RTP over UDP is to be had.
        """
        self.programme = programme or Programme()
        self.requests: list[str] = []
        """The method of each, all guests'."""
        self._h264 = H264Coder(self.programme.fps) if h264 else None
        self._credentials = credentials
        self._udp = udp
        coder: Coder = self._h264 or JpegCoder()
        self.camera = Camera(self.programme, coder)
        self.silent = self.camera.silent
        """Set: who is connected stays so and gets nothing more."""
        super().__init__()

    def url(self, credentials: str = "", path: str = PATH) -> str:
        """Where it is; credentials as `user:password`, escaped or not."""
        return f"rtsp://{credentials}{'@' if credentials else ''}127.0.0.1:{self.port}{path}"

    def die(self) -> None:
        """Go down for good; see `LoopbackServer.die`."""
        self.camera.stop()
        super().die()

    def serve(self, guest: Guest) -> None:
        """Answer requests; pictures come from a second thread from PLAY on."""
        show = _Show(self, guest)
        try:
            for request in _requests(guest.connection):
                self.requests.append(request.method)
                self.pause_before_answer(guest)
                if not self._answer(guest, request, show):
                    return
        finally:
            show.end()

    def _answer(self, guest: Guest, request: _Request, show: "_Show") -> bool:
        """Answer one request; whether there may be more."""
        status, headers, body = self._reply(request, show)
        lines = [f"RTSP/1.0 {status} {PHRASES.get(status, 'Sorry')}"]
        lines.append(f"CSeq: {request.headers.get('cseq', '0')}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        guest.send("\r\n".join([*lines, "", body]).encode())
        if request.method == "PLAY" and status == 200:
            show.begin()
        return request.method != "TEARDOWN"

    def _reply(self, request: _Request, show: "_Show") -> tuple[int, dict[str, str], str]:
        """Status, headers and body of the answer."""
        session = {"Session": "1;timeout=60"}
        if request.method == "OPTIONS":
            return 200, {"Public": METHODS}, ""
        if self.trouble.status:
            return self.trouble.status, {}, ""
        if self._credentials is not None:
            said = request.headers.get("authorization", "")
            if not self._credentials.admit(request.method, said):
                return 401, {"WWW-Authenticate": self._credentials.challenge}, ""
        if request.method == "DESCRIBE":
            if not re.fullmatch(rf"rtsp://[^/]+{PATH}/?", request.url):
                return 404, {}, ""
            headers = {"Content-Base": f"{request.url}/", "Content-Type": "application/sdp"}
            return 200, headers, self._description()
        if request.method == "SETUP":
            transport = show.set_up(request.headers["transport"], udp=self._udp)
            return (200, session | {"Transport": transport}, "") if transport else (461, {}, "")
        return 200, session, ""

    def _description(self) -> str:
        """The stream as SDP (RFC 4566) tells of it."""
        media = [f"m=video 0 RTP/AVP {JPEG}"]
        if self.trouble.no_video:
            media = ["m=audio 0 RTP/AVP 0"]
        elif self._h264 is not None:
            sets = self._h264.parameter_sets(self.programme.size)
            told = ",".join(base64.b64encode(one).decode() for one in sets)
            media = [f"m=video 0 RTP/AVP {DYNAMIC}", f"a=rtpmap:{DYNAMIC} H264/90000"]
            media.append(f"a=fmtp:{DYNAMIC} packetization-mode=1;sprop-parameter-sets={told}")
        media += [f"a=framerate:{self.programme.fps:g}", "a=control:track1"]
        head = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=test", "c=IN IP4 0.0.0.0", "t=0 0"]
        return "".join(f"{line}\r\n" for line in [*head, "a=control:*", *media])

    @property
    def packetise(self) -> Callable[[bytes], Iterator[bytes]]:
        """Cuts a picture into payloads."""
        return jpeg_payloads if self._h264 is None else h264_payloads

    @property
    def payload_type(self) -> int:
        """Of RTP."""
        return JPEG if self._h264 is None else DYNAMIC


class _Show:
    """What one guest is sent."""

    def __init__(self, server: RtspServer, guest: Guest) -> None:
        self._server = server
        self._guest = guest
        self._channel: int | None = None
        """In the connection; None: over UDP."""
        self._socket: socket.socket | None = None
        self._rtp = Rtp(server.payload_type)
        self._epoch = random.random() * 1000  # noqa: S311 -- no secret
        self._queue = None if server.trouble.no_video else server.camera.watch()
        self._worker = Worker("test-rtp", self._work)

    def set_up(self, wish: str, *, udp: bool) -> str | None:
        """Get ready to send as is wished for; the header that says so, None where it cannot be."""
        inside = re.search(r"interleaved=(\d+)-(\d+)", wish)
        if inside:
            self._channel = int(inside[1])
            return f"RTP/AVP/TCP;unicast;{inside[0]}"
        ports = re.search(r"client_port=(\d+)-(\d+)", wish)
        if ports is None or not udp:
            return None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.connect(("127.0.0.1", int(ports[1])))
        port = self._socket.getsockname()[1]
        return f"RTP/AVP;unicast;{ports[0]};server_port={port}-{port + 1}"

    def begin(self) -> None:
        """Send from now on."""
        if self._worker.ident is None:
            self._worker.start()

    def end(self) -> None:
        """Send no more."""
        self._guest.gone.set()
        if self._queue is not None:
            self._server.camera.leave(self._queue)
        assert self._worker.stop(CEILING)
        if self._socket is not None:
            self._socket.close()
        if self._worker.error is not None:
            raise self._worker.error

    def _work(self) -> None:
        if self._queue is None:
            return
        expected = None
        try:
            while (coded := self._queue.get()) is not None:
                if coded.key or coded.number == expected:
                    expected = coded.number + 1
                    self._send(coded)
        except (Closed, OSError):
            self._guest.hang_up(reset=False)

    def _send(self, coded: Coded) -> None:
        mischief, data = self._server.mischief, b""
        payloads = map(mischief.done_to, self._server.packetise(coded.data))
        for packet in self._rtp.packets(payloads, self._epoch + coded.at):
            if self._socket is not None:
                if not mischief.loses() and not self._server.held.is_set():
                    self._socket.send(packet)
                continue
            data += mischief.noise() + struct.pack(">cBH", b"$", self._channel, len(packet))
            data += packet
        self._guest.send(data)


def _requests(connection: socket.socket) -> Iterator[_Request]:
    """What a guest asks, past the reports that it sends in between."""
    rest = b""
    while True:
        while rest[:1] in {b"", b"$"}:
            length = 4 + struct.unpack(">H", rest[2:4])[0] if len(rest) >= 4 else 4
            if rest and len(rest) >= length:
                rest = rest[length:]
                continue
            part = connection.recv(4096)
            if not part:
                return
            rest += part
        first, headers, rest = read_head(connection, rest)
        rest = rest[int(headers.get("content-length", 0)) :]
        method, url, _ = first.split(" ", 2)
        yield _Request(method, url, headers)
