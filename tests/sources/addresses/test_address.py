"""A URL as typed is taken apart rightly, and FFmpeg gets one that it takes apart likewise."""

import copy
import pickle
import string
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.errors import UsageError
from livesegment.sources.addresses.address import Address, shareable
from livesegment.sources.addresses.credentials import Credentials
from livesegment.sources.addresses.secret import SAFE_ANYWHERE, SECRETS
from livesegment.sources.addresses.url import redact

PRINTABLE = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "))
PASSWORDS = st.text(string.ascii_letters + string.digits + string.punctuation + " ") | PRINTABLE
TYPED_AS_IT_IS = PASSWORDS.filter(
    lambda word: "${" not in word and unquote(word) == word and word != "***"
)
USERS = st.text(string.ascii_letters + string.digits + "._-$%!", min_size=1).filter(
    lambda word: "${" not in word and unquote(word) == word
)


def parse(text: str, **environment: str) -> Address:
    return Address.parse(text, environment)


@pytest.mark.parametrize(
    ("typed", "user", "password", "host", "port", "path"),
    [
        ("rtsp://user:a#b@c/?@host:554/p?x=1", "user", "a#b@c/?", "host", 554, "/p?x=1"),
        ("rtsp://host/p", None, None, "host", None, "/p"),
        ("rtsp://host", None, None, "host", None, ""),
        ("rtsp://host:", None, None, "host", None, ""),
        ("rtsp://host?x=1", None, None, "host", None, "?x=1"),
        ("rtsp://u:p@[fe80::1%eth0]:8554/p", "u", "p", "fe80::1%eth0", 8554, "/p"),
        ("rtsp://u:p@[fe80::1%25eth0]/p", "u", "p", "fe80::1%eth0", None, "/p"),
        ("rtsp://u:[::1]@[::1]/p", "u", "[::1]", "::1", None, "/p"),
        ("rtsp://admin@host/p", "admin", None, "host", None, "/p"),
        ("rtsp://admin:@host/p", "admin", "", "host", None, "/p"),
        ("rtsp://u:p:q@host/p", "u", "p:q", "host", None, "/p"),
        ("rtsp://u:p%40ss@host/p", "u", "p@ss", "host", None, "/p"),
        ("rtsp://u:100%@host/p", "u", "100%", "host", None, "/p"),
        ("rtsp://u:%2541@host/p", "u", "%41", "host", None, "/p"),
        ("rtsp://u:p@ss/word@10.0.0.7/p", "u", "p@ss/word", "10.0.0.7", None, "/p"),
        ("rtsp://u:12/34@10.0.0.7/p", "u", "12/34", "10.0.0.7", None, "/p"),
        ("rtsp://me@work.org:p#1@10.0.0.7/p", "me@work.org", "p#1", "10.0.0.7", None, "/p"),
        ("rtsp://\u00fc:\u2603@host/\u00e4 b", "\u00fc", "\u2603", "host", None, "/%C3%A4%20b"),
        ("http://cam.local:80/@channel", None, None, "cam.local", 80, "/@channel"),
        ("http://u:p@10.0.0.7/to:me@x.org", "u", "p", "10.0.0.7", None, "/to:me@x.org"),
        ("http://host/v?mail=me@x.org", None, None, "host", None, "/v?mail=me@x.org"),
        ("udp://@239.0.0.1:1234", None, None, "239.0.0.1", 1234, ""),
        ("udp://:5000", None, None, "", 5000, ""),
    ],
)
def test_a_url_is_taken_apart(
    typed: str, user: str | None, password: str | None, host: str, port: int | None, path: str
) -> None:
    expected = (user, password, host, port, path)
    address = parse(typed)
    assert (address.user, address.password, address.host, address.port, address.path) == expected


def test_a_scheme_is_known_in_capitals() -> None:
    assert parse("RTSP://Host/P").url == "rtsp://Host/P"


@given(USERS, TYPED_AS_IT_IS)
def test_any_password_may_be_typed_as_it_is(user: str, password: str) -> None:
    address = parse(f"http://{user}:{password}@camera.local:554/live")
    assert (address.user, address.password) == (user, password)
    assert (address.host, address.port, address.path) == ("camera.local", 554, "/live")


@given(USERS, PASSWORDS.filter(lambda word: word not in {"", "***"}))
def test_any_password_comes_out_of_the_url_as_it_went_in(user: str, password: str) -> None:
    address = replace(parse("http://u:${PW}@h.local:554/live", PW=password), user=user)
    parts = urlsplit(address.url)
    assert (unquote(parts.username or ""), unquote(parts.password or "")) == (user, password)
    assert parse(address.url) == address


@given(USERS, TYPED_AS_IT_IS)
def test_no_password_outlives_redaction(user: str, password: str) -> None:
    SECRETS.__init__()  # type: ignore[misc] # each example begins anew
    typed = f"http://{user}:{password}@10.0.0.7:554/live"
    address = parse(typed)
    for text in (address.url, typed, f"cannot open {typed}: 404", repr({"url": typed})):
        left = redact(text)
        assert f":{password}@" not in left
        assert len(password) < SAFE_ANYWHERE or password.isalnum() or password not in left


@pytest.mark.parametrize("show", [str, repr, "{}".format, "{!r}".format, lambda a: f"{[a]}"])
def test_an_address_shows_no_secret(show: object) -> None:
    shown = show(parse("http://root:a#b@c/?@10.0.0.7/v?pwd=geheim&n=1"))  # type: ignore[operator]
    assert "http://***@10.0.0.7/v?pwd=***&n=1" in shown
    assert not {"root", "a#b", "geheim"} & {
        word for word in ("root", "a#b", "geheim") if word in shown
    }


def test_an_address_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="password"):
        pickle.dumps(parse("rtsp://u:secret@h/x"))
    with pytest.raises(TypeError, match="password"):
        copy.copy(parse("rtsp://u:secret@h/x"))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("http://u:p@camera.local/video.mjpg?user=admin&pwd=s3cret", "camera.local/video.mjpg"),
        ("rtsp://camera.local:554/", "camera.local:554"),
        ("rtsp://h:554/user=admin_password=s3cret_stream=0.sdp", "h:554/user=***"),
        ("udp://@239.0.0.1:1234", "239.0.0.1:1234"),
        ("http://[::1]:8080/x", "[::1]:8080/x"),
    ],
)
def test_it_is_named_by_host_and_path(typed: str, name: str) -> None:
    assert parse(typed).name == name


def test_the_environment_gives_user_and_password_literally() -> None:
    address = parse("rtsp://${U}:x${PW}@host/live", U="me", PW="a%41/@${U}")
    assert (address.user, address.password) == ("me", "xa%41/@${U}")
    assert address.url == "rtsp://me:xa%2541%2F%40%24%7BU%7D@host/live".replace("%24", "$")


def test_the_environment_gives_what_a_query_needs() -> None:
    address = parse("http://host/v?pin=${PIN}&x=1", PIN="a&b c/12")
    assert address.url == "http://host/v?pin=a%26b%20c%2F12&x=1"
    assert str(address) == "http://host/v?pin=***&x=1"


@pytest.mark.parametrize(
    ("typed", "complaint", "hint"),
    [
        ("rtsp://u:${GONE}@h/x", r"\$\{GONE\}, and that variable is not set", "read -rs GONE"),
        ("rtsp://u:${EMPTY}@h/x", r"\$\{EMPTY\}, and that variable is empty", "export EMPTY"),
        ("rtsp://u:${PW@h/x", "no name of a variable", "%24%7B"),
        ("rtsp://u:${A-B}@h/x", "no name of a variable", "CAMERA_PASSWORD"),
        ("rtsp:///x", "no host is named", None),
        ("rtsp://u:secret@", "no host is named", None),
        ("http://[broken", "cannot tell the host", "rtsp://user:password@"),
        ("rtsp://h:x/y", "cannot tell the host", "rtsp://user:password@"),
        ("rtsp://h:0/y", "ports go from 1 to 65535", None),
        ("rtsp://h:65536/y", "ports go from 1 to 65535", None),
        ("udp://h", "port is missing", None),
        ("srt://h:9000", "without SRT", "known: http"),
        ("gopher://u:secret@h", "no kind of URL", "known: http"),
        ("rtsp://u:***@h/x", "stands where its password should be", "--credentials"),
        ("rtsp://u:a%00b@h/x", "control character", None),
        ("rtsp://u%0d%0a:secret@h/x", "control character", None),
        ("rtmp://u:sec/ret@h/x", "log in to RTMP", None),
        (f"rtsp://u:{'secret#' * 16}@h/x", "too long for FFmpeg", None),
    ],
)
def test_what_cannot_be_opened_is_refused(typed: str, complaint: str, hint: str | None) -> None:
    with pytest.raises(UsageError, match=complaint) as refusal:
        parse(typed, EMPTY="")
    assert "sec" not in str(refusal.value)
    assert (hint or "") in (refusal.value.hint or "")


def test_rtsp_takes_as_much_as_ffmpeg_keeps() -> None:
    assert parse(f"rtsp://u:{'x' * 125}@h/x").password == "x" * 125


def test_rtmp_gets_its_password_as_it_is() -> None:
    assert parse("rtmp://u:a+b%25@h/app").url == "rtmp://u:a+b%@h/app"


def test_credentials_are_for_urls_without_a_user() -> None:
    known = Credentials({"10.0.0.7": ("admin", "a#b")})
    assert Address.parse("rtsp://10.0.0.7/x", {}, known).url == "rtsp://admin:a%23b@10.0.0.7/x"
    assert Address.parse("rtsp://me:x@10.0.0.7/x", {}, known).user == "me"
    assert Address.parse("rtsp://10.0.0.8/x", {}, known).user is None


def test_credentials_are_not_for_datagrams() -> None:
    known = Credentials({"default": ("admin", "a#b")})
    assert Address.parse("udp://10.0.0.7:1234", {}, known).user is None


def test_a_password_is_hidden_before_it_is_checked() -> None:
    with pytest.raises(UsageError):
        parse("rtsp://u:longish secret@h:0/y")
    assert redact("longish secret") == "***"


@pytest.mark.parametrize(
    ("typed", "shared"),
    [
        ("rtsp://me:a#b@c/?@host:554/p?x=1", "rtsp://me:***@host:554/p?x=1"),
        ("rtsp://me:${PW}@host/p", "rtsp://me:${PW}@host/p"),
        ("rtsp://me:x${PW}@host/p", "rtsp://me:***@host/p"),
        ("rtsp://me@host/p", "rtsp://me@host/p"),
        ("http://cam.local:80/@ch?pwd=geheim&n=1", "http://cam.local:80/@ch?pwd=***&n=1"),
        ("http://host/v?pwd=${PW}", "http://host/v?pwd=${PW}"),
        ("http://host/v?pwd=geheim&pin=${PIN}", "http://host/v?pwd=***&pin=${PIN}"),
        ("film.mp4", "film.mp4"),
        ("http://me:pw@[broken", "http://***@[broken"),
    ],
)
def test_a_configuration_gets_no_password(typed: str, shared: str) -> None:
    assert shareable(typed) == shared
