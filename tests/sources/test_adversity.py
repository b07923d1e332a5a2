"""Live sources against servers that fail: each row of docs/adversity.md that takes no program.

The times of the table are measured by `tests.benchmarks.adversity`; here it counts that the source
gets where it should at all.
"""

import time
from collections.abc import Callable

import pytest

from livesegment.sources import locate
from livesegment.sources.locate import Reception
from livesegment.sources.supervision.health import State, Supervision
from tests.fakes import CEILING
from tests.servers.credentials import Asking, Credentials
from tests.servers.mjpeg import MjpegServer
from tests.servers.patience import until
from tests.servers.rtsp import RtspServer
from tests.sources.scenarios import (
    flaps,
    frozen,
    half_open,
    live,
    picture_less,
    refused,
    restart,
    restarts,
    silent_health,
    stall,
)
from tests.sources.watched import watched

pytestmark = pytest.mark.wheel

HASTY = Supervision(pauses=(0.05,), slow_pause=0.05)
PASSWORD = "a#b@c/?"  # noqa: S105 -- a test's


def test_a_half_open_server_is_lost() -> None:
    with RtspServer() as server:
        half_open(server.url(), server, server.programme)


def test_a_server_that_drips_its_answers_is_lost() -> None:
    with RtspServer() as server:
        server.trouble.trickle = 40
        picture_less(server)


def test_a_server_that_plays_and_sends_no_picture_is_lost() -> None:
    with RtspServer() as server:
        server.silent.set()
        picture_less(server)


def test_a_stall_is_noticed_and_over_without_a_new_connection() -> None:
    with RtspServer() as server, live(server.url(), server.programme) as watching:
        assert stall(watching, server.camera, 2.0).epochs == 0
        assert server.met == 1


def test_a_stall_that_lasts_is_given_up_and_the_source_comes_back() -> None:
    hasty = Supervision(stalled_after=0.3, lost_after=0.8, pauses=(0.05,))
    with (
        RtspServer() as server,
        live(server.url(), server.programme, supervision=hasty) as watching,
    ):
        assert stall(watching, server.camera, 1.5).epochs >= 1
        assert State.LOST in watching.states


def test_what_a_network_held_back_is_known_to_be_late() -> None:
    with RtspServer() as server, live(server.url(), server.programme) as watching:
        server.held.set()
        count = server.programme.count
        until(lambda: server.programme.count > count + 30)
        server.held.clear()
        assert watching.until_frame(lambda seen: (seen.number or 0) > count + 35).late < 0.2
        late = max(seen.late for seen in watching.frames)
    assert late > 0.3


def test_frames_older_than_wanted_are_dropped_and_counted() -> None:
    with (
        RtspServer() as server,
        live(server.url(), server.programme, max_age=0.2) as watching,
    ):
        server.held.set()
        count = server.programme.count
        until(lambda: server.programme.count > count + 40)
        server.held.clear()
        watching.until_number(count + 60)
        assert max(seen.late for seen in watching.frames) < 0.3
        assert watching.health.tally.late > 0


@pytest.mark.parametrize("reset", [False, True])
def test_a_server_that_restarts_is_live_again(reset: bool) -> None:
    with RtspServer() as server, live(server.url(), server.programme) as watching:
        assert restart(watching, server, reset=reset).epochs == 1
        assert watching.health.info is not None


def test_a_server_that_is_down_for_long_is_live_soon_after_it_is_back() -> None:
    """The pauses between tries have grown by then; that it answers again is noticed."""
    slow = Supervision(pauses=(0.1, 60.0))
    with (
        RtspServer() as server,
        live(server.url(), server.programme, supervision=slow) as watching,
    ):
        restart(watching, server, 2.5)


@pytest.mark.parametrize("count", [10, pytest.param(20, marks=pytest.mark.long)])
def test_many_restarts_leave_nothing_behind(count: int) -> None:
    with (
        MjpegServer() as server,
        live(server.url(), server.programme, supervision=HASTY) as watching,
    ):
        before, after = restarts(watching, server, count)
        epochs = [seen.epoch for seen in watching.frames]
        indices = [seen.index for seen in watching.frames]
        times = [seen.pts for seen in watching.frames]
    assert epochs == sorted(epochs)
    assert set(epochs) == set(range(count + 1))
    assert indices == sorted(set(indices))
    assert times == sorted(set(times))
    assert after.threads <= before.threads
    assert after.sockets <= before.sockets
    assert after.resident - before.resident < 16 << 20


@pytest.mark.parametrize("count", [4, pytest.param(10, marks=pytest.mark.long)])
@pytest.mark.parametrize("make", [RtspServer, MjpegServer])
def test_a_server_that_comes_and_goes_at_any_moment_leaves_a_source_that_lives(
    make: type[RtspServer | MjpegServer], count: int
) -> None:
    with make() as server, live(server.url(), server.programme, supervision=HASTY) as watching:
        flaps(watching, server, server.programme, count)
        assert watching.health.tally.abandoned == 0


@pytest.mark.parametrize("make", [RtspServer, MjpegServer])
def test_the_same_picture_again_and_again_is_frozen(
    make: Callable[[], RtspServer | MjpegServer],
) -> None:
    watchful = Supervision(frozen_after=1.0)
    with (
        make() as server,
        live(server.url(), server.programme, supervision=watchful) as watching,
    ):
        frozen(watching, server.programme)
        assert State.LOST not in watching.states


def test_black_pictures_after_a_connect_are_handed_to_nobody() -> None:
    with RtspServer() as server:
        server.programme.black = 70
        with live(server.url(), server.programme) as watching:
            assert not any(seen.black for seen in watching.frames)
            assert watching.health.tally.refused > 0
            server.programme.black = 70
            restart(watching, server)
            assert not any(seen.black for seen in watching.frames[1:] if seen.epoch)


def test_another_size_after_a_reconnect_is_handed_on_as_it_is() -> None:
    with RtspServer() as server, live(server.url(), server.programme) as watching:
        server.programme.size = (640, 360)
        restart(watching, server)
        assert watching.until_frame().size == (640, 360)
        assert watching.health.info is not None
        assert watching.health.info.size == (640, 360)


def test_another_size_within_a_connection_ends_nothing() -> None:
    with RtspServer() as server, live(server.url(), server.programme) as watching:
        server.programme.size = (640, 360)
        watching.until_frame(lambda seen: seen.size == (640, 360))
        assert not silent_health(watching)


@pytest.mark.parametrize("make", [RtspServer, MjpegServer])
def test_a_wrong_password_and_a_wrong_path_are_said_to_be_so(
    make: type[RtspServer | MjpegServer],
) -> None:
    credentials = Credentials("admin", PASSWORD)
    with make(credentials=credentials) as server:
        wrong = refused(server.url("admin:wr0ng"))
        none = refused(server.url())
        path = refused(server.url(f"admin:{PASSWORD}", path="/other"))
    assert "password is wrong" in str(wrong)
    assert "wants a user and a password" in str(none)
    assert "no such stream" in str(path)
    assert "wr0ng" not in f"{wrong}{wrong.hint}"
    assert PASSWORD not in f"{path}{path.hint}"


def test_nobody_there_and_no_video_there_are_said_to_be_so() -> None:
    once = Reception(supervision=Supervision(first_tries=1))
    with RtspServer() as server:
        server.trouble.no_video = True
        assert "no video" in str(refused(server.url()))
        server.go_down()
        assert "refuses" in str(refused(server.url(), once))


@pytest.mark.parametrize("asking", list(Asking))
def test_a_password_with_every_special_sign_works_as_it_is_typed(asking: Asking) -> None:
    credentials = Credentials("admin", PASSWORD, asking)
    with (
        RtspServer(credentials=credentials) as server,
        live(server.url(f"admin:{PASSWORD}"), server.programme) as watching,
    ):
        assert PASSWORD not in watching.source.name + repr(watching.health.health)


@pytest.mark.parametrize("h264", [False, True])
def test_bit_errors_do_not_end_a_stream(h264: bool) -> None:
    with (
        RtspServer(h264=h264) as server,
        live(server.url(), server.programme) as watching,
    ):
        server.trouble.damage = 0.05
        server.trouble.cut = 0.02
        watching.until_frame(lambda seen: seen.at > watching.frames[0].at + 2)
        server.trouble.damage = server.trouble.cut = 0.0
        watching.until_number(server.programme.count + 15)
        assert watching.frames[-1].epoch == 0
        assert not silent_health(watching)


def test_noise_in_the_connection_ends_at_worst_that_connection() -> None:
    with RtspServer() as server, live(server.url(), server.programme) as watching:
        server.trouble.noise = 5000
        watching.until_number(server.programme.count + 15)


def test_bytes_that_trickle_are_shown_as_a_stall_or_late_and_the_source_comes_back() -> None:
    with RtspServer() as server, live(server.url(), server.programme) as watching:
        server.trouble.trickle = 4000
        began = time.monotonic()
        watching.until_state(State.STALLED, began)
        server.trouble.trickle = None
        watching.until_number(server.programme.count)


def test_an_interrupt_is_heeded_whatever_the_server_does() -> None:
    with RtspServer() as server:
        server.trouble.mute = True
        with watched(locate.source(server.url()), server.programme) as watching:
            until(lambda: server.met)
            watching.source.interrupt()
            until(lambda: watching.over, CEILING / 4)
