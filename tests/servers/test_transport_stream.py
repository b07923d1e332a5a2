"""The transport streams of the tests, over UDP and as live HLS, as a plain viewer sees them."""

import urllib.request
from itertools import pairwise

import pytest

from tests.servers.hls import HlsServer
from tests.servers.patience import until
from tests.servers.transport_stream import TransportStreamSender
from tests.servers.viewer import viewer

pytestmark = pytest.mark.wheel


def test_a_stream_over_udp_is_seen() -> None:
    with TransportStreamSender() as sender, viewer(sender.url) as watching:
        numbers = watching.read_until(40)
    assert all(later == earlier + 1 for earlier, later in pairwise(numbers) if earlier and later)


def test_lost_datagrams_do_not_end_a_stream() -> None:
    with TransportStreamSender() as sender, viewer(sender.url) as watching:
        sender.trouble.lost = sender.trouble.damage = 0.05
        until(lambda: sender.programme.count > 40)
        sender.trouble.lost = sender.trouble.damage = 0.0
        watching.read_until(80)


def test_segments_appear_and_are_seen_in_order() -> None:
    with HlsServer(seconds=0.5) as server:
        until(lambda: server.made >= 2)
        with viewer(server.url) as watching:
            numbers = watching.read_until(60)
    assert numbers == list(range(numbers[0] or 0, (numbers[-1] or 0) + 1))


def test_a_break_in_the_time_stamps_is_told_and_passed_over() -> None:
    with HlsServer(seconds=0.5) as server:
        until(lambda: server.made >= 2)
        with viewer(server.url) as watching:
            watching.read_until(5)
            server.break_off.set()
            until(lambda: not server.break_off.is_set())
            assert "#EXT-X-DISCONTINUITY" in server.playlist()
            watching.read_until(server.programme.count + 20)


def test_missing_segments_are_not_found() -> None:
    with HlsServer(seconds=0.5) as server:
        until(lambda: server.made)
        address = f"http://127.0.0.1:{server.port}/0.ts"
        with urllib.request.urlopen(address) as answer:
            assert answer.read(1) == b"G"  # every packet of a transport stream begins so
        server.missing.set()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(address)


def test_no_segment_appears_while_the_camera_is_silent() -> None:
    with HlsServer(seconds=0.5) as server:
        until(lambda: server.made)
        server.silent.set()
        made = server.made + 1
        with pytest.raises(AssertionError, match="in vain"):
            until(lambda: server.made > made, 1.2)
        server.silent.clear()
        until(lambda: server.made > made)
