"""Events posted to an address."""

import base64
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from livesegment.cli.confidential import WebhookUrl
from livesegment.errors import UsageError
from livesegment.events.hooks import HookError, Message
from livesegment.events.webhook import Webhook
from livesegment.transport import TransferError, post
from tests.events.post_server import PostServer, post_server

MESSAGE = Message("new", "17.5-abcdef", "person", None, Path("/s"), b'{"type":"new"}')


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[PostServer]:
    monkeypatch.setenv("no_proxy", "*")
    with post_server() as posts:
        yield posts


def deliver(url: str, **settings: float) -> None:
    hook = Webhook(url, "it", **{"pause": 0.01, "timeout": 5.0} | settings)
    hook.deliver(MESSAGE, threading.Event())


def test_an_event_is_posted_as_json(server: PostServer) -> None:
    deliver(server.url("/hook?a=1#there"))
    (path, headers, body), *others = server.posts
    assert others == []
    assert (path, body) == ("/hook?a=1", b'{"type":"new"}')
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("livesegment/")
    assert "authorization" not in headers


def test_a_password_in_the_address_becomes_authentication(server: PostServer) -> None:
    deliver(server.url(user="me:p%40ss@"))
    (_, headers, _) = server.posts[0]
    assert headers["authorization"] == f"Basic {base64.b64encode(b'me:p@ss').decode()}"
    assert headers["host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_server_that_is_busy_is_asked_again(server: PostServer, status: int) -> None:
    server.statuses = [status, status]
    deliver(server.url())
    assert len(server.posts) == 3


def test_three_tries_are_all(server: PostServer) -> None:
    server.statuses = [500] * 5
    with pytest.raises(HookError, match="the server answers 500 Internal Server Error"):
        deliver(server.url())
    assert len(server.posts) == 3


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404])
def test_a_refusal_or_redirect_is_final(server: PostServer, status: int) -> None:
    server.statuses = [status]
    with pytest.raises(HookError, match=f"the server answers {status}"):
        deliver(server.url())
    assert [path for path, _, _ in server.posts] == ["/hook"]


def test_a_server_that_never_answers_is_given_up(server: PostServer) -> None:
    server.statuses = [0]
    with pytest.raises(TransferError, match=r"no answer within 0\.2 s"):
        post(server.url(), b"{}", {}, 0.2)


def test_a_server_that_is_not_there_is_told(server: PostServer) -> None:
    with pytest.raises(HookError, match="refused"):
        deliver("http://127.0.0.1:1/hook")


def test_the_pause_before_another_try_can_be_cut_short(server: PostServer) -> None:
    server.statuses = [500]
    stop = threading.Event()
    stop.set()
    with pytest.raises(HookError, match="500"):
        Webhook(server.url(), "it", pause=1000).deliver(MESSAGE, stop)
    assert len(server.posts) == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "host.example/secret",
        "ftp://me:secret@host/x",
        "file:///secret",
        "http://",
        "http:///secret",
        "http://me:sec/ret@host/x",
        "http://[::1/secret",
        "http://host/sec ret",
        "http://höst/secret",
        "http://me:secret\n@host/",
    ],
)
def test_what_is_no_address_is_refused_without_showing_a_password(url: str) -> None:
    with pytest.raises(UsageError, match="--webhook") as caught:
        Webhook(url, WebhookUrl(url).shown)
    shown = f"{caught.value} {caught.value.hint}"
    assert "secret" not in shown
    assert "ret@" not in shown
