"""Answers to the examples of the RFCs, and to what servers really ask."""

import hashlib

import pytest

from livesegment.sources.probes import challenge
from livesegment.sources.probes.challenge import challenges, taken

RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_are_answered(
    algorithm: str, response: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    monkeypatch.setattr("secrets.token_hex", lambda size: own)
    (one,) = challenges([RFC_7616.format(algorithm)])
    answer = one.answer("Mufasa", "Circle of Life", "GET", "/dir/index.html")
    assert answer is not None
    assert f'response="{response}"' in answer
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in answer


def test_a_digest_without_qop_is_that_of_rfc_2069() -> None:
    (one,) = challenges(['Digest realm="r", nonce="n"'])
    answer = one.answer("u", "p", "DESCRIBE", "rtsp://h/x")
    assert answer is not None
    assert "qop" not in answer
    first, last = (
        hashlib.md5(text, usedforsecurity=False).hexdigest()
        for text in (b"u:r:p", b"DESCRIBE:rtsp://h/x")
    )
    told = hashlib.md5(f"{first}:n:{last}".encode(), usedforsecurity=False).hexdigest()
    assert f'response="{told}"' in answer


def test_basic_is_answered() -> None:
    (one,) = challenges(['Basic realm="r"'])
    assert one.answer("Aladdin", "open sesame", "GET", "/") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_several_challenges_may_share_a_header() -> None:
    found = challenges(['Basic realm="Digest, x", Digest realm="a, Basic b", nonce=n, qop="auth"'])
    assert [(one.scheme, one.parameters["realm"]) for one in found] == [
        ("basic", "Digest, x"),
        ("digest", "a, Basic b"),
    ]
    assert found[1].parameters["nonce"] == "n"


def test_ffmpeg_takes_the_last_digest() -> None:
    offered = challenges(
        ["Digest algorithm=MD5, nonce=1", "Digest algorithm=SHA-256, nonce=2", 'Basic realm="r"']
    )
    one = taken(offered)
    assert one is not None
    assert one.parameters["nonce"] == "2"
    assert not one.suits_ffmpeg


def test_nothing_is_taken_of_nothing() -> None:
    assert taken(challenges(["Bearer x", "", "Negotiate"])) is None


@pytest.mark.parametrize("asked", ["Digest algorithm=SHA-512-256", 'Digest qop="auth-int"'])
def test_what_is_not_known_is_not_answered(asked: str) -> None:
    (one,) = challenges([asked])
    assert one.answer("u", "p", "GET", "/") is None
    assert not one.suits_ffmpeg


def test_a_hostile_header_costs_little() -> None:
    assert challenges(["Digest " + "a" * 1_000_000]) == [challenge.Challenge("digest", {})]
