"""FFmpeg logs in with the very user and password that were typed."""

import base64
import hashlib
import re

import cv2
import pytest

from livesegment.sources.addresses.address import Address
from livesegment.sources.capture import open_capture
from tests.sources.scripted_server import ScriptedServer, told

BASIC = 'WWW-Authenticate: Basic realm="cam"'
DIGEST = 'WWW-Authenticate: Digest realm="cam", nonce="n1"'
QOP = f'{DIGEST}, qop="auth", algorithm=MD5'
PASSWORDS = ["a#b@c/?", "100%", "p%41", "[::1]:8", "with space", "+&=;,'\"\\", "\u00e9\u2603", ""]


def logged_in(authorization: str, user: str, password: str, method: str) -> bool:
    """Whether this is the answer to a challenge of ours by one who knows both."""
    kind, _, rest = authorization.partition(" ")
    if kind == "Basic":
        return base64.b64decode(rest).decode() == f"{user}:{password}"
    given: dict[str, str] = {key: value or bare for key, value, bare in FIELDS.findall(rest)}
    first = _md5(f"{user}:cam:{password}")
    last = _md5(f"{method}:{given['uri']}")
    count = [given["nc"], given["cnonce"], "auth"] if "qop" in given else []
    return _md5(":".join([first, "n1", *count, last])) == given["response"]


FIELDS = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]*))')


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@pytest.mark.wheel
@pytest.mark.parametrize("scheme", ["rtsp", "http"])
@pytest.mark.parametrize("asks", [BASIC, DIGEST, QOP], ids=["basic", "digest", "qop"])
@pytest.mark.parametrize("password", PASSWORDS)
def test_the_password_arrives_as_it_was_typed(scheme: str, asks: str, password: str) -> None:
    given: list[tuple[str, str]] = []

    def answer(first: str, headers: dict[str, str]) -> bytes:
        method, _, protocol = first.split(" ")
        number = f"CSeq: {headers.get('cseq', '')}"
        if method == "OPTIONS":
            return told("200 OK", number, "Public: OPTIONS, DESCRIBE", protocol=protocol)
        if "authorization" not in headers:
            return told("401 Unauthorized", number, asks, protocol=protocol)
        given.append((method, headers["authorization"]))
        return told("404 Not Found", number, protocol=protocol)

    typed = password.replace("%41", "%2541")
    with ScriptedServer(answer) as server:
        address = Address.parse(f"{scheme}://us er:{typed}@127.0.0.1:{server.port}/live", {})
        params = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 4000]
        assert open_capture(address.url, cv2.CAP_FFMPEG, params) is None
    assert given
    method, authorization = given[0]
    assert logged_in(authorization, "us er", password, method)
