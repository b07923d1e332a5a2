"""What befalls a source in each row of `tests.benchmarks.adversity`, and how it is measured."""

import time
from collections.abc import Generator
from contextlib import contextmanager

from livesegment.sources import locate
from livesegment.sources.locate import Reception
from livesegment.sources.streams.stream import Transport
from livesegment.sources.supervision.health import State, Supervision
from tests.fakes import CEILING
from tests.servers.credentials import Asking, Credentials
from tests.servers.hls import HlsServer
from tests.servers.mjpeg import MjpegServer
from tests.servers.patience import until
from tests.servers.rtsp import RtspServer
from tests.servers.transport_stream import TransportStreamSender
from tests.sources import scenarios
from tests.sources.scenarios import live
from tests.sources.watched import Watched, watched

RESTARTS = 20
PASSWORD = "a#b@c/?"  # noqa: S105 -- a test's


@contextmanager
def rtsp(
    *,
    h264: bool = False,
    transport: Transport = "tcp",
    supervision: Supervision = scenarios.PATIENT,
) -> Generator[tuple[RtspServer, Watched]]:
    """An RTSP server, and a source that gives its frames."""
    with (
        RtspServer(h264=h264) as server,
        live(
            server.url(), server.programme, transport=transport, supervision=supervision
        ) as watching,
    ):
        yield server, watching


def half_open(make: type[RtspServer | MjpegServer]) -> float:
    """See `scenarios.half_open`."""
    with make() as server:
        return scenarios.half_open(server.url(), server, server.programme)


def dripping() -> float:
    """Until a server is lost whose answers come by 40 bytes a second."""
    with RtspServer() as server:
        server.trouble.trickle = 40
        return scenarios.picture_less(server)


def picture_less() -> float:
    """Until a server is lost that answers all, and sends no picture."""
    with RtspServer() as server:
        server.silent.set()
        return scenarios.picture_less(server)


def flaps(make: type[RtspServer | MjpegServer]) -> float:
    """From the last of many restarts, at any moment, to the first frame."""
    with make() as server, live(server.url(), server.programme) as watching:
        return scenarios.flaps(watching, server, server.programme, RESTARTS)


def stall_noticed() -> float:
    """Until a silent server is said to stall."""
    with rtsp() as (server, watching):
        return scenarios.stall(watching, server.camera, 3.0).noticed


def stall_over() -> float:
    """From the end of three seconds of silence to the first frame, by the same connection."""
    with rtsp() as (server, watching):
        told = scenarios.stall(watching, server.camera, 3.0)
        assert not told.epochs
        return told.back


def silence_lost() -> float:
    """Until a server that stays silent is given up."""
    with rtsp() as (server, watching):
        server.silent.set()
        began = time.monotonic()
        return watching.until_state(State.LOST, began).since - began


def silence_over() -> float:
    """From the end of fifteen seconds of silence to the first frame."""
    with rtsp() as (server, watching):
        told = scenarios.stall(watching, server.camera, 15.0)
        assert told.epochs
        return told.back


def restart_noticed(*, reset: bool) -> float:
    """Until a server that is gone is lost."""
    with rtsp() as (server, watching):
        return scenarios.restart(watching, server, reset=reset).noticed


def restart_over(down: float, **how: object) -> float:
    """From the moment that the server is back to the first frame."""
    with rtsp(**how) as (server, watching):  # type: ignore[arg-type]
        return scenarios.restart(watching, server, down).back


def restarts(what: str) -> float:
    """What is held more after many restarts than after the first few."""
    with rtsp() as (server, watching):
        before, after = scenarios.restarts(watching, server, RESTARTS)
    return float(getattr(after, what) - getattr(before, what))


def frozen(make: type[RtspServer | MjpegServer]) -> float:
    """Until the same picture again and again is said to be frozen."""
    with make() as server, live(server.url(), server.programme) as watching:
        return scenarios.frozen(watching, server.programme).noticed


def black_handed_on() -> float:
    """Black frames that were handed on, of two seconds after each of two connects."""
    with RtspServer() as server:
        server.programme.black = 80
        with live(server.url(), server.programme) as watching:
            server.programme.black = 80
            scenarios.restart(watching, server)
            return sum(seen.black for seen in watching.frames)


def resized() -> float:
    """From a restart with another size to the first frame of that size."""
    with rtsp() as (server, watching):
        server.programme.size = (640, 360)
        told = scenarios.restart(watching, server)
        assert watching.until_frame().size == (640, 360)
        return told.back


def refusal(credentials: str, path: str, words: str) -> float:
    """Until the reason is said."""
    with RtspServer(credentials=Credentials("admin", PASSWORD, Asking.DIGEST)) as server:
        began = time.monotonic()
        assert words in str(scenarios.refused(server.url(credentials, path)))
        return time.monotonic() - began


def nobody() -> float:
    """Until it is said that nobody listens there."""
    with RtspServer() as server:
        server.go_down()
        began = time.monotonic()
        once = Reception(supervision=Supervision(first_tries=1))
        assert "refuses" in str(scenarios.refused(server.url(), once))
        return time.monotonic() - began


def bit_errors(*, h264: bool) -> float:
    """Share of the frames that came of five seconds with errors in every twentieth packet."""
    with rtsp(h264=h264) as (server, watching):
        server.trouble.damage = 0.05
        began, count, frames = time.monotonic(), server.programme.count, len(watching.frames)
        until(lambda: time.monotonic() > began + 5)
        server.trouble.damage = 0.0
        came = len(watching.frames) - frames
        sent = server.programme.count - count
        watching.until_number(server.programme.count + 10)
        assert not scenarios.silent_health(watching)
        return 100 * came / sent


def udp_stall() -> float:
    """From the end of three seconds without a transport stream to the first frame."""
    with (
        TransportStreamSender() as sender,
        live(sender.url, sender.programme) as watching,
    ):
        return scenarios.stall(watching, sender.camera, 3.0).back


def hls_burst() -> float:
    """The shortest time in which a second's worth of frames of live HLS came."""
    with HlsServer() as server:
        return scenarios.pacing(server, 8.0)[1]


def hls_gap() -> float:
    """The longest wait between two frames of live HLS."""
    with HlsServer() as server:
        return scenarios.pacing(server, 8.0)[0]


def interrupt() -> float:
    """Until a source whose server never answers has ended."""
    with RtspServer() as server:
        server.trouble.mute = True
        with watched(locate.source(server.url()), server.programme) as watching:
            until(lambda: server.met)
            watching.source.interrupt()
            return until(lambda: watching.over, CEILING)
