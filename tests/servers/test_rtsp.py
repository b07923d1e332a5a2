"""The RTSP server of the tests: what a plain viewer sees of it, well and badly served."""

import socket
import struct
from itertools import pairwise

import pytest

from livesegment.frame import Image
from tests.servers.credentials import Asking, Credentials
from tests.servers.patience import until
from tests.servers.programme import Programme, number_of
from tests.servers.rtsp import RtspServer
from tests.servers.viewer import viewer

pytestmark = pytest.mark.wheel


@pytest.mark.parametrize("udp", [False, True])
@pytest.mark.parametrize("h264", [False, True])
def test_pictures_arrive_in_order(h264: bool, udp: bool) -> None:
    with RtspServer(h264=h264) as server, viewer(server.url(), udp=udp) as watching:
        numbers = watching.read_until(15)
    assert all(
        later == earlier + 1
        for earlier, later in pairwise(numbers)
        if earlier is not None and later is not None
    )
    assert server.requests[:4] == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]


@pytest.mark.parametrize("asking", list(Asking))
def test_a_password_is_asked_for(asking: Asking) -> None:
    credentials = Credentials("admin", "s3cret", asking)
    with RtspServer(credentials=credentials) as server:
        for typed in ("", "admin:wr0ng"):
            with viewer(server.url(typed)) as watching:
                assert not watching.is_open
        with viewer(server.url("admin:s3cret")) as watching:
            watching.read_until(2)


def test_another_path_is_not_found() -> None:
    with RtspServer() as server, viewer(server.url(path="/other")) as watching:
        assert not watching.is_open


def test_sound_alone_is_no_video() -> None:
    with RtspServer() as server:
        server.trouble.no_video = True
        with viewer(server.url(), patience=1000) as watching:
            assert not watching.is_open


def test_a_mute_server_takes_the_connection_and_says_nothing() -> None:
    with RtspServer() as server:
        server.trouble.mute = True
        with viewer(server.url(), patience=300) as watching:
            assert not watching.is_open
        assert server.requests == ["OPTIONS"]


def test_a_silent_server_lets_nobody_go_and_sends_on_when_told() -> None:
    with RtspServer() as server, viewer(server.url()) as watching:
        watching.read_until(5)
        server.silent.set()
        with pytest.raises(AssertionError, match="in vain"):
            until(lambda: server.guests == 0, 0.3)
        before = server.programme.count
        server.silent.clear()
        watching.read_until(before + 5)
        assert server.met == 1


def test_what_was_held_back_arrives_later() -> None:
    with RtspServer() as server, viewer(server.url()) as watching:
        watching.read_until(2)
        server.held.set()
        held_at = server.programme.count
        until(lambda: server.programme.count >= held_at + 10)
        server.held.clear()
        numbers = watching.read_until(held_at + 10)
    assert held_at + 5 in numbers


@pytest.mark.parametrize("reset", [False, True])
def test_a_server_that_goes_down_comes_up_on_the_same_port(reset: bool) -> None:
    with RtspServer() as server:
        url = server.url()
        with viewer(url) as watching:
            watching.read_until(2)
            server.go_down(reset=reset)
            until(lambda: watching.read() is None)
        with viewer(url) as watching:
            assert not watching.is_open
        server.come_up()
        with viewer(url) as watching:
            watching.read_until(server.programme.count)


def test_a_reset_connection_is_reset() -> None:
    with RtspServer() as server, socket.create_connection(("127.0.0.1", server.port)) as guest:
        until(lambda: server.guests)
        server.go_down(reset=True)
        with pytest.raises(ConnectionResetError):
            guest.recv(1)


def test_a_guest_that_reads_nothing_holds_up_no_other() -> None:
    with (
        RtspServer(Programme((640, 480))) as server,
        socket.create_connection(("127.0.0.1", server.port)) as idler,
    ):
        idler.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, struct.pack("i", 4096))
        setup = f"SETUP {server.url()} RTSP/1.0\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n"
        idler.sendall(f"{setup}PLAY {server.url()} RTSP/1.0\r\n\r\n".encode())
        until(lambda: "PLAY" in server.requests)
        with viewer(server.url()) as watching:
            watching.read_until(100)


@pytest.mark.parametrize("h264", [False, True])
def test_damaged_packets_do_not_end_the_stream(h264: bool) -> None:
    with RtspServer(h264=h264) as server, viewer(server.url()) as watching:
        watching.read_until(2)
        server.trouble.damage = 0.1
        server.trouble.cut = 0.05
        bad = server.programme.count + 20
        until(lambda: server.programme.count >= bad)
        server.trouble.damage = server.trouble.cut = 0.0
        watching.read_until(bad + 15)


def test_noise_between_packets_is_passed_over() -> None:
    with RtspServer() as server, viewer(server.url()) as watching:
        watching.read_until(2)
        server.trouble.noise = 300
        watching.read_until(server.programme.count + 15)


def test_lost_datagrams_do_not_end_the_stream() -> None:
    with RtspServer() as server, viewer(server.url(), udp=True) as watching:
        server.trouble.lost = 0.1
        watching.read_until(30)


def test_slow_bytes_are_slow() -> None:
    with RtspServer() as server, viewer(server.url()) as watching:
        watching.read_until(2)
        server.trouble.trickle = 20_000
        before = server.programme.count
        watching.read_until(before + 1)
        assert server.programme.count > before + 5


def test_a_viewer_sees_another_size_at_the_next_connection() -> None:
    def first(server: RtspServer) -> Image | None:
        with viewer(server.url()) as watching:
            return watching.read()

    with RtspServer() as server:
        shapes = []
        for size in ((320, 240), (640, 360)):
            server.go_down()
            server.programme.size = size
            server.come_up()
            picture = first(server)
            assert picture is not None
            assert number_of(picture) is not None
            shapes.append(picture.shape[:2])
    assert shapes == [(240, 320), (360, 640)]
