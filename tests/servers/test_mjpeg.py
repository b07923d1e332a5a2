"""The HTTP camera of the tests: what a plain viewer sees of it, well and badly served."""

import pytest

from tests.servers.credentials import Credentials
from tests.servers.mjpeg import MjpegServer, mjpeg_server
from tests.servers.patience import until
from tests.servers.viewer import viewer
from tests.sources.films import greys, pictures

pytestmark = pytest.mark.wheel


def test_several_viewers_each_see_every_picture() -> None:
    with (
        MjpegServer() as server,
        viewer(server.url()) as one,
        viewer(server.url()) as other,
    ):
        assert server.met == 2
        for watching in (one, other):
            numbers = watching.read_until(20)
            assert numbers == list(range(numbers[0] or 0, (numbers[-1] or 0) + 1))


def test_given_pictures_are_sent_again_and_again() -> None:
    with mjpeg_server(pictures(3)) as server, viewer(server.url()) as watching:
        seen = [watching.read() for _ in range(6)]
    assert greys([one for one in seen if one is not None]) == [0, 1, 2, 0, 1, 2]


def test_the_right_password_and_path_are_wanted() -> None:
    with MjpegServer(credentials=Credentials("admin", "s3cret")) as server:
        for credentials, path in (("admin:wr0ng", "/video"), ("admin:s3cret", "/other")):
            with viewer(server.url(credentials, path)) as watching:
                assert not watching.is_open
        with viewer(server.url("admin:s3cret")) as watching:
            watching.read_until(2)


def test_a_status_is_given_instead_of_pictures() -> None:
    with MjpegServer() as server:
        server.trouble.status = 503
        with viewer(server.url()) as watching:
            assert not watching.is_open


def test_broken_pictures_are_followed_by_whole_ones() -> None:
    with MjpegServer() as server, viewer(server.url()) as watching:
        server.trouble.damage = server.trouble.cut = 0.4
        until(lambda: server.sent > 30)
        server.trouble.damage = server.trouble.cut = 0.0
        numbers = watching.read_until(server.programme.count + 10)
    assert None in numbers


def test_a_server_that_went_down_comes_up_on_the_same_port() -> None:
    with MjpegServer() as server:
        url = server.url()
        for _ in range(3):
            with viewer(url) as watching:
                watching.read_until(server.programme.count)
                server.go_down()
                until(lambda: watching.read() is None)
            server.come_up()
