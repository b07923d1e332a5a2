"""A server on the loopback that comes and goes, and serves badly when it is told to."""

import random
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from livesegment.threads.worker import Worker
from tests.fakes import CEILING

SLICE = 0.05
"""Seconds between two parts of what trickles."""


@dataclass(slots=True)
class Trouble:
    """What a server does wrong from now on; tests change it as they go."""

    mute: bool = False
    """Takes connections and never answers."""
    delay: float = 0.0
    """Seconds before each answer."""
    status: int = 0
    """Of every answer, such as 404 or 503; 0: as it should be."""
    no_video: bool = False
    """Has sound only."""
    trickle: float | None = None
    """Bytes a second, of all that a guest is sent."""
    damage: float = 0.0
    """Share of the packets (or parts) in which bits are flipped."""
    cut: float = 0.0
    """Share of the packets (or parts) that end early."""
    lost: float = 0.0
    """Share of the packets over UDP that are never sent."""
    noise: int = 0
    """Random bytes before the next packet, once."""


class Mischief:
    """Damages what is sent, as `Trouble` says; the same at every start."""

    def __init__(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._chance = random.Random(11)  # noqa: S311 -- no secret

    def loses(self) -> bool:
        """Whether the next packet is lost."""
        return self._chance.random() < self._trouble.lost

    def noise(self) -> bytes:
        """What comes before the next packet, mostly nothing."""
        count, self._trouble.noise = self._trouble.noise, 0
        return self._chance.randbytes(count)

    def done_to(self, payload: bytes) -> bytes:
        """A payload as it is sent."""
        if payload and self._chance.random() < self._trouble.damage:
            spoilt = bytearray(payload)
            for _ in range(1 + len(spoilt) // 500):
                spoilt[self._chance.randrange(len(spoilt))] ^= 1 << self._chance.randrange(8)
            payload = bytes(spoilt)
        if self._chance.random() < self._trouble.cut:
            payload = payload[: len(payload) // 2]
        return payload


class Guest:
    """One connection. Any thread of its own may send."""

    def __init__(self, connection: socket.socket, trouble: Trouble, held: threading.Event) -> None:
        self.connection = connection
        self.gone = threading.Event()
        self._trouble = trouble
        self._held = held
        self._sending = threading.Lock()

    def send(self, data: bytes) -> None:
        """Send all of it, as slowly as the trouble wants.

        Raises:
            OSError: the guest is gone.
        """
        with self._sending:
            while data:
                while self._held.is_set() and not self.gone.wait(SLICE):
                    pass
                rate = self._trouble.trickle
                part = len(data) if rate is None else max(1, int(rate * SLICE))
                self.connection.sendall(data[:part])
                data = data[part:]
                if data and self.gone.wait(SLICE):
                    raise BrokenPipeError

    def hang_up(self, *, reset: bool) -> None:
        """End the connection in good order, or as a crashed machine does."""
        self.gone.set()
        with suppress(OSError):
            if reset:
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
            # To shut down what is received wakes the thread that reads, and tells nobody.
            self.connection.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)


class LoopbackServer:
    """Takes connections; each guest is served by a thread of its own.

    It can go down and come up again on the same port. At the end of its `with` block no thread
    and no socket is left, and what failed in a thread is raised.
    """

    def __init__(self) -> None:
        self.trouble = Trouble()
        self.mischief = Mischief(self.trouble)
        self.held = threading.Event()
        """Set: nothing gets through; it all arrives later, as over a network that stalled."""
        self.met = 0
        """Connections so far."""
        self.port = 0
        self._guests: dict[Guest, Worker] = {}
        self._errors: list[BaseException] = []
        self._listener: socket.socket | None = None
        self._doorman: Worker | None = None
        self.come_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.die()

    @property
    def guests(self) -> int:
        """Connections that are open now."""
        return sum(worker.is_alive() for worker in list(self._guests.values()))

    def come_up(self) -> None:
        """Listen, on the same port as before."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._doorman = Worker("test-doorman", lambda: self._welcome(listener))
        self._doorman.start()

    def go_down(self, *, reset: bool = False) -> None:
        """End every connection and refuse new ones; with `reset`, without a farewell."""
        listener, self._listener = self._listener, None
        doorman, self._doorman = self._doorman, None
        if listener is None or doorman is None:
            return
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        workers = [doorman]
        self._end(doorman)
        listener.close()
        for guest, worker in list(self._guests.items()):
            guest.hang_up(reset=reset)
            workers.append(worker)
            if reset and not worker.stop(CEILING / 10):  # it sends, and nobody takes it
                guest.hang_up(reset=False)
            self._end(worker)
        self._guests.clear()
        self._errors += [worker.error for worker in workers if worker.error is not None]

    def die(self) -> None:
        """Go down for good. Safe to call twice."""
        self.go_down()
        if self._errors:
            raise self._errors[0]

    def serve(self, guest: Guest) -> None:
        """Serve a guest until it or we have had enough, in a thread of its own.

        Raises:
            OSError: the guest is gone.
        """
        raise NotImplementedError

    def pause_before_answer(self, guest: Guest) -> None:
        """Wait as the trouble has it before an answer."""
        while self.trouble.mute:
            if guest.gone.wait(SLICE):
                raise BrokenPipeError
        if self.trouble.delay:
            guest.gone.wait(self.trouble.delay)

    def _welcome(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            guest = Guest(connection, self.trouble, self.held)
            worker = Worker("test-guest", lambda guest=guest: self._serve(guest))  # type: ignore[misc]
            for old, its in list(self._guests.items()):
                if not its.is_alive() and its.error is None:
                    del self._guests[old]
            self._guests[guest] = worker
            self.met += 1
            worker.start()

    def _serve(self, guest: Guest) -> None:
        with guest.connection, suppress(OSError, EOFError):
            self.serve(guest)
        guest.gone.set()

    def _end(self, worker: Worker) -> None:
        assert worker.stop(CEILING), "a server's thread did not stop"


def read_head(connection: socket.socket, before: bytes = b"") -> tuple[str, dict[str, str], bytes]:
    """A request's first line, its headers (names in lower case), and what came after them.

    Raises:
        EOFError: the guest ended the connection.
        OSError: likewise.
    """
    while b"\r\n\r\n" not in before:
        part = connection.recv(4096)
        if not part:
            raise EOFError
        before += part
    head, rest = before.split(b"\r\n\r\n", 1)
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return first, {name.strip().lower(): value.strip() for name, value in pairs}, rest
