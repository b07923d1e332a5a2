"""A secret is taken out in whatever form it stands, and no sentence suffers from a short one."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.sources.addresses.secret import SAFE_ANYWHERE, Secrets

HARD = "a#b@c/? \"d'\\e%\u00e9\u2603\U0001f600"


def hidden(text: str, password: str, user: str | None = None) -> str:
    secrets = Secrets()
    secrets.add(password, user)
    return secrets.hide(text)


@pytest.mark.parametrize(
    "form",
    [
        HARD,
        quote(HARD),
        quote(HARD, safe=""),
        quote(quote(HARD, safe=""), safe=""),
        quote(HARD, safe="").lower(),
        quote_plus(HARD),
        json.dumps(HARD)[1:-1],
        json.dumps(HARD, ensure_ascii=False)[1:-1],
        repr(HARD)[1:-1],
        ascii(HARD)[1:-1],
    ],
)
def test_a_secret_is_found_in_every_form(form: str) -> None:
    assert hidden(f"<{form}>", HARD) == "<***>"


def test_many_backslashes_cost_little() -> None:
    assert hidden("\\" * 2000 + "x", "\\" * 30 + "y") == "\\" * 2000 + "x"
    assert hidden("<" + "\\" * 60 + "y>", "\\" * 30 + "y") == "<***>"


def test_basic_authentication_is_found() -> None:
    coded = base64.b64encode(b"admin:pw").decode()
    assert hidden(f"Authorization: Basic {coded}", "pw", "admin") == "Authorization: Basic ***="


def test_a_short_secret_is_found_beside_its_user() -> None:
    assert hidden("rtsp://me:a b@host/a", "a b", "me") == "rtsp://***@host/a"
    assert hidden("a b", "a b", "me") == "a b"


@pytest.mark.parametrize("text", ["livesegment", "olive", "12live"])
def test_a_plain_word_is_left_in_the_middle_of_others(text: str) -> None:
    assert hidden(text, "live") == text


@pytest.mark.parametrize("secret", ["live", "wrong", "1234", "Password"])
@pytest.mark.parametrize("text", ["password={}", "u:{}@h", "{}@h", "u%3A{}%40h"])
def test_a_plain_word_is_found_where_passwords_stand(text: str, secret: str) -> None:
    assert secret not in hidden(text.format(secret), secret, "u")


@pytest.mark.parametrize("secret", ["live", "wrong", "1234", "Password"])
@pytest.mark.parametrize("text", ["{} or not", "401: {} user", "is_{}.", "({})", "/{}/x"])
def test_a_plain_word_is_left_in_sentences(text: str, secret: str) -> None:
    assert hidden(text.format(secret), secret, "u") == text.format(secret)


@pytest.mark.parametrize("text", ["/{}/x", "?{}", "a&{}"])
def test_a_plain_word_of_nobody_is_found_in_paths(text: str) -> None:
    assert "live" not in hidden(text.format("live"), "live")


@pytest.mark.parametrize("secret", ["correcthorsebattery", "123456789012", "w0rd", "w-rd"])
@pytest.mark.parametrize("text", ["{} or not", "401: {} user", "({})"])
def test_any_other_is_found_where_it_stands_alone(text: str, secret: str) -> None:
    assert secret not in hidden(text.format(secret), secret)


def test_the_longer_of_two_secrets_goes_first() -> None:
    secrets = Secrets()
    secrets.add("gate-K33per")
    secrets.add("gate-K33per-2")
    assert secrets.hide("gate-K33per-2, gate-K33per") == "***, ***"


def test_nothing_is_hidden_before_there_are_secrets() -> None:
    assert Secrets().hide("rtsp://u:p@h") == "rtsp://u:p@h"


def test_an_empty_password_hides_nothing() -> None:
    assert hidden("me: hello", "", "me") == "me: hello"


@given(st.text(), st.text(min_size=SAFE_ANYWHERE), st.text())
def test_no_long_secret_comes_through(before: str, secret: str, after: str) -> None:
    left = hidden(f"{before}{secret}{after}", secret + "#1")
    assert left == f"{before}{secret}{after}".replace(secret + "#1", "***")
    assert secret + "#1" not in hidden(f"{before}{secret}#1{after}", secret + "#1")
