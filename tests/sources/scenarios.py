"""What can befall a live source, played against a server that does it: each as a function.

A scenario fails where the source does not get where it should within the ceiling of a test, and
returns what it took. Tests play it once, the benchmark often, and with other servers.
"""

import gc
import random
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from livesegment.errors import SourceError
from livesegment.sources import locate
from livesegment.sources.locate import Reception
from livesegment.sources.streams.stream import Transport
from livesegment.sources.supervision.health import Cause, Health, State, Supervision
from tests.fakes import CEILING
from tests.servers.base import LoopbackServer
from tests.servers.camera import Camera
from tests.servers.hls import HlsServer
from tests.servers.patience import until
from tests.servers.programme import Programme
from tests.sources.watched import Holdings, Watched, holdings, watched

SETTLED_AFTER = 5
"""Connections after which nothing may grow any more."""
PATIENT = Supervision()


class Server(Protocol):
    """What the scenarios need of a camera that is connected to."""

    programme: Programme
    camera: Camera

    def url(self) -> str:
        """Where it is."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """How long something took to be noticed, and to be over."""

    noticed: float
    """Seconds."""
    back: float
    """Seconds from the end of the trouble to the first frame."""
    epochs: int
    """Connections that this took."""


@contextmanager
def live(
    url: str,
    programme: Programme,
    *,
    transport: Transport = "tcp",
    supervision: Supervision = PATIENT,
    max_age: float | None = None,
) -> Generator[Watched]:
    """A source that gives frames, until the end of the block."""
    reception = Reception(supervision=supervision, transport=transport, max_age=max_age)
    with watched(locate.source(url, reception=reception), programme) as watching:
        watching.until_frame()
        yield watching


def half_open(url: str, server: LoopbackServer, programme: Programme) -> float:
    """A server takes the connection and never answers: seconds until the source is lost."""
    server.trouble.mute = True
    once = Reception(supervision=Supervision(first_tries=1))
    with watched(locate.source(url, reception=once), programme) as watching:
        lost = watching.until_state(State.LOST, watching.started)
        until(lambda: watching.over)
        assert watching.health.health.cause is Cause.TIMEOUT
        return lost.since - watching.started


def picture_less(server: Server) -> float:
    """A server answers too slowly, or sends no picture: seconds until the source is lost."""
    with watched(locate.source(server.url()), server.programme) as watching:
        return watching.until_state(State.LOST, watching.started).since - watching.started


def stall(watching: Watched, camera: Camera, seconds: float) -> Told:
    """The camera sends nothing for a while, and lets nobody go."""
    before = watching.frames[-1].epoch
    began = time.monotonic()
    camera.silent.set()
    stalled = watching.until_state(State.STALLED, began)
    until(lambda: time.monotonic() > began + seconds, seconds + CEILING)
    ended = time.monotonic()
    camera.silent.clear()
    frame = watching.until_frame()
    watching.until_state(State.LIVE, ended)
    return Told(stalled.since - began, frame.at - ended, frame.epoch - before)


def restart(
    watching: Watched, server: LoopbackServer, seconds: float = 0.0, *, reset: bool = False
) -> Told:
    """The server goes down, stays so for a while after that was noticed, and comes up again."""
    before = watching.frames[-1].epoch
    began = time.monotonic()
    server.go_down(reset=reset)
    lost = watching.until_state(State.LOST, began)
    until(lambda: time.monotonic() > began + seconds, seconds + CEILING)
    ended = time.monotonic()
    server.come_up()
    frame = watching.until_frame(lambda seen: seen.epoch > before)
    return Told(lost.since - began, frame.at - ended, frame.epoch - before)


def restarts(watching: Watched, server: LoopbackServer, count: int) -> tuple[Holdings, Holdings]:
    """The server restarts many times: what is held open after the first few, and at the end."""
    held = []
    for number in range(count):
        if number in {SETTLED_AFTER, count - 1}:
            gc.collect()
            held.append(holdings())
        restart(watching, server)
    return held[0], held[-1]


def flaps(watching: Watched, server: LoopbackServer, programme: Programme, count: int) -> float:
    """The server comes and goes, at any moment of a connection; seconds to be live afterwards."""
    chance, never = random.Random(5), threading.Event()  # noqa: S311 -- no secret
    for _ in range(count):
        server.go_down(reset=chance.random() < 0.5)
        never.wait(0.2 * chance.random())
        ended = time.monotonic()
        server.come_up()
        never.wait(0.3 * chance.random())
    return watching.until_number(programme.count).at - ended


def frozen(watching: Watched, programme: Programme) -> Told:
    """The camera sends the very same picture again and again, for a while."""
    began = time.monotonic()
    programme.frozen = True
    told = watching.until_state(State.FROZEN, began)
    ended = time.monotonic()
    programme.frozen = False
    alive = watching.until_state(State.LIVE, ended)
    return Told(told.since - began, alive.since - ended, 0)


def refused(url: str, reception: Reception | None = None) -> SourceError:
    """A source that cannot be opened: what is said of it."""
    source = locate.source(url, reception=reception)
    try:
        source.open()
    except SourceError as error:
        return error
    finally:
        source.close()
    raise AssertionError("it was opened")


def silent_health(watching: Watched) -> list[Health]:
    """Entries into states other than connecting and live."""
    usual = {State.CONNECTING, State.LIVE}
    return [one for one in watching.health.changes if one.state not in usual]


def pacing(server: HlsServer, seconds: float) -> tuple[float, float]:
    """Live HLS, which arrives in bursts: how evenly it is handed on.

    Returns:
        The longest wait from one frame to the next, and the shortest time in which a second's
        worth of frames came; both in seconds.
    """
    until(lambda: server.made >= 3)
    with live(server.url, server.programme) as watching:
        first = watching.frames[0]
        watching.until_frame(lambda seen: seen.at > first.at + seconds, seconds + CEILING)
        times = [seen.at for seen in watching.frames]
    longest = max(later - earlier for earlier, later in pairwise(times))
    a_second = times[round(server.programme.fps) :]
    return longest, min(later - earlier for earlier, later in zip(times, a_second, strict=False))
