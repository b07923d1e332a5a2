"""No password of a URL comes through, however it was written."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from livesegment.sources.addresses.url import is_url, redact, short_name

PASSWORDS = [
    "plain",
    "a#b@c/?",
    "@@",
    "p@ss/w0rd",
    "half:half",
    "with space",
    "quo'te",
    'quo"te',
    "100%",
    "p%40ss",
    "http://nested",
    "?a=b&c",
    "[::1]",
    "\N{SNOWMAN}",
]


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_is_hidden_in_a_url(password: str) -> None:
    assert redact(f"rtsp://admin:{password}@10.0.0.7:554/live") == "rtsp://***@10.0.0.7:554/live"


@pytest.mark.parametrize("password", [word for word in PASSWORDS if " " not in word])
def test_a_password_is_hidden_in_a_sentence(password: str) -> None:
    text = f"could not open 'rtsp://admin:{password}@10.0.0.7/live' (1 of 3)"
    assert redact(text) == "could not open 'rtsp://***@10.0.0.7/live' (1 of 3)"


@given(st.text(min_size=1))
def test_no_password_at_all_comes_through_in_a_url(password: str) -> None:
    assert redact(f"rtsp://root:{password}@host/x") == "rtsp://***@host/x"


@given(
    st.lists(
        st.text(string.ascii_letters + string.digits + "@/?#:&=+'!$%[]", min_size=1),
        min_size=1,
        max_size=4,
    )
)
def test_every_url_of_a_text_is_redacted(passwords: list[str]) -> None:
    text = " or ".join(f"rtsp://root:{password}@host/x" for password in passwords)
    assert redact("tried " + text) == "tried " + " or ".join(["rtsp://***@host/x"] * len(passwords))


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("http://h/v?user=admin&password=s3cret", "http://h/v?user=***&password=***"),
        (
            "http://h/v?loginuse=admin&loginpas=s3cret&n=1",
            "http://h/v?loginuse=***&loginpas=***&n=1",
        ),
        ("http://h/v?access_token=s3cret#t", "http://h/v?access_token=***#t"),
        ("http://h/v?PWD=s3cret", "http://h/v?PWD=***"),
        ("rtsp://h:554/user=admin_password=s3cret_stream=0.sdp", "rtsp://h:554/user=***"),
    ],
)
def test_a_password_in_the_query_or_the_path_is_hidden(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://10.0.0.7:554/live",
        "http://example.com/video.mp4?start=5",
        "https://video.example.com/@channel/live",
        "write to someone@example.com",
        "password=unknown in no URL",
        "film.mp4",
        "",
    ],
)
def test_what_holds_no_password_is_left_alone(text: str) -> None:
    assert redact(text) == text


@given(st.text())
def test_redacting_twice_is_redacting_once(text: str) -> None:
    assume("@" in text or "://" not in text)
    once = redact(text)
    assert redact(once) == once


@pytest.mark.parametrize(
    "text",
    ["rtsp:u:pw@h/x", "rtsp:/u:pw@h/x", "rtsp//u:pw@h/x", "u:pw@h/x", "no '{}'", "(u:pw@[::1])"],
)
def test_a_password_is_hidden_where_the_url_is_misspelt(text: str) -> None:
    assert "pw" not in redact(text.format("u:pw@h"))


def test_a_user_without_password_is_hidden_too() -> None:
    assert redact("rtsp://admin@10.0.0.7/live") == "rtsp://***@10.0.0.7/live"


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_name_holds_no_password(password: str) -> None:
    assert short_name(f"rtsp://admin:{password}@10.0.0.7:554/live") == "10.0.0.7:554/live"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://camera.local/video.mjpg?user=admin&pwd=s3cret", "camera.local/video.mjpg"),
        ("rtsp://camera.local:554/", "camera.local:554"),
        ("rtsp://h:554/user=admin_password=s3cret_stream=0.sdp", "h:554/user=***"),
        ("udp://@239.0.0.1:1234", "239.0.0.1:1234"),
        ("http://[::1]:8080/x", "[::1]:8080/x"),
        ("http://[broken", "[broken"),
        ("rtsp://", "stream"),
    ],
)
def test_a_stream_is_named_by_host_and_path(url: str, name: str) -> None:
    assert short_name(url) == name


@pytest.mark.parametrize("url", ["rtsp://h/x", "RTSP://h/x", "http://h", "udp://:5000"])
def test_streams_are_known_by_their_scheme(url: str) -> None:
    assert is_url(url)


@pytest.mark.parametrize(
    "text", ["film.mp4", "C:/film.mp4", "ftp://h/x", "file:///x", "rtsp:/x", ""]
)
def test_what_has_no_known_scheme_is_no_stream(text: str) -> None:
    assert not is_url(text)
