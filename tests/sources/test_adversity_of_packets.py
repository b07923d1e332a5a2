"""Live sources whose pictures come as datagrams or as segments: lost, late, missing, restarted."""

import pytest

from livesegment.sources.supervision.health import State
from tests.servers.hls import HlsServer
from tests.servers.patience import until
from tests.servers.rtsp import RtspServer
from tests.servers.transport_stream import TransportStreamSender
from tests.sources.scenarios import live, pacing, restart, stall

pytestmark = pytest.mark.wheel


def test_rtp_over_udp_goes_on_past_lost_packets_and_a_restart() -> None:
    with (
        RtspServer() as server,
        live(server.url(), server.programme, transport="udp") as watching,
    ):
        server.trouble.lost = 0.05
        watching.until_number(server.programme.count + 40)
        restart(watching, server)


def test_a_transport_stream_over_udp_stalls_and_goes_on() -> None:
    with (
        TransportStreamSender() as sender,
        live(sender.url, sender.programme) as watching,
    ):
        assert stall(watching, sender.camera, 2.0).epochs == 0


def test_hls_is_handed_on_evenly() -> None:
    with HlsServer() as server:
        _, shortest = pacing(server, 3.0)
    assert shortest > 0.5


def test_hls_whose_segments_are_missing_goes_on_when_they_are_back() -> None:
    with HlsServer(seconds=0.5) as server:
        until(lambda: server.made >= 2)
        with live(server.url, server.programme) as watching:
            server.missing.set()
            watching.until_state(State.STALLED, watching.started)
            server.missing.clear()
            watching.until_number(server.programme.count)


def test_hls_whose_time_stamps_start_anew_goes_on() -> None:
    with HlsServer(seconds=0.5) as server:
        until(lambda: server.made >= 2)
        with live(server.url, server.programme) as watching:
            server.break_off.set()
            watching.until_number(server.programme.count + 30)
            times = [seen.pts for seen in watching.frames]
    assert times == sorted(set(times))
    assert times[-1] < 30


def test_hls_whose_server_restarts_is_live_again() -> None:
    with HlsServer(seconds=0.5) as server:
        until(lambda: server.made >= 2)
        with live(server.url, server.programme) as watching:
            server.go_down()
            watching.until_state(State.LOST, watching.started)
            server.come_up()
            watching.until_number(server.programme.count)
