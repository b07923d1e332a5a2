"""What a server wants to know before it shows something: HTTP's Basic and Digest (RFC 7616)."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MOST_CHARACTERS = 2048
"""Of a header that are looked at."""

_PARAMETER = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_SCHEME = re.compile(r"(?:^|,)\s*(Basic|Digest)(?=\s|,|$)", re.IGNORECASE)
_HASHES: dict[str, Callable[[bytes], "hashlib._Hash"]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False),
    "SHA-256": hashlib.sha256,
}


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in that a server offers."""

    scheme: str
    """basic or digest."""
    parameters: dict[str, str]

    @property
    def algorithm(self) -> str:
        """Of a digest, in capitals, without the -SESS that some have."""
        return self.parameters.get("algorithm", "MD5").upper().removesuffix("-SESS")

    @property
    def suits_ffmpeg(self) -> bool:
        """Whether FFmpeg can answer it: it knows digests by MD5 only."""
        offered = self.parameters.get("qop", "auth").split(",")
        return self.scheme == "basic" or (
            self.algorithm == "MD5" and "auth" in [name.strip() for name in offered]
        )

    def answer(self, user: str, password: str, method: str, uri: str) -> str | None:
        """The value of the Authorization header; None where this way is not known here."""
        if self.scheme == "basic":
            pair = f"{user}:{password}".encode(errors="surrogateescape")
            return f"Basic {base64.b64encode(pair).decode()}"
        told = {key: self.parameters.get(key, "") for key in ("realm", "nonce", "opaque", "qop")}
        hashed = _HASHES.get(self.algorithm)
        offered = [name.strip() for name in told["qop"].split(",")]
        if hashed is None or (told["qop"] and "auth" not in offered):
            return None

        def digest(*words: str) -> str:
            text = ":".join(words)
            return hashed(text.encode(errors="surrogateescape")).hexdigest()

        own = secrets.token_hex(8)
        first = digest(user, told["realm"], password)
        if self.parameters.get("algorithm", "").upper().endswith("-SESS"):
            first = digest(first, told["nonce"], own)
        count = ["00000001", own, "auth"] if told["qop"] else []
        response = digest(first, told["nonce"], *count, digest(method, uri))
        fields = {
            "username": user.replace("\\", r"\\").replace('"', r"\""),
            "realm": told["realm"],
            "nonce": told["nonce"],
            "uri": uri,
            "response": response,
        }
        if told["opaque"]:
            fields["opaque"] = told["opaque"]
        line = ", ".join(f'{key}="{value}"' for key, value in fields.items())
        if "algorithm" in self.parameters:
            line += f", algorithm={self.parameters['algorithm']}"
        if count:
            line += f', qop=auth, nc={count[0]}, cnonce="{own}"'
        line = f"Digest {line}"
        return line.encode(errors="surrogateescape").decode("latin-1")


def challenges(headers: Sequence[str]) -> list[Challenge]:
    """Those of a server's WWW-Authenticate headers, in order."""
    found = []
    for header in (header[:MOST_CHARACTERS] for header in headers):
        marks = list(_SCHEME.finditer(_without_quoted(header)))
        ends = [*(mark.start() for mark in marks), len(header)][1:]
        for mark, end in zip(marks, ends, strict=True):
            parameters = {
                key.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain
                for key, quoted, plain in _PARAMETER.findall(header[mark.end() : end])
            }
            found.append(Challenge(mark[1].lower(), parameters))
    return found


def taken(offered: Sequence[Challenge]) -> Challenge | None:
    """The one that FFmpeg answers: the last digest, whatever its algorithm, or else Basic."""
    digests = [one for one in offered if one.scheme == "digest"]
    return next(reversed(digests or list(offered)), None)


def _without_quoted(header: str) -> str:
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda quoted: "_" * len(quoted[0]), header)
