"""Who may watch: the passwords of the tests' servers."""

import base64
import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

REALM = "camera"
NONCE = "4a5b6c7d8e9f"


class Asking(StrEnum):
    """How a server asks for a password."""

    BASIC = "Basic"
    """It is sent as it is."""
    DIGEST = "Digest"
    """RFC 2617 without `qop`, as most cameras have it: a hash of it is sent."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """One user's."""

    user: str
    password: str
    asking: Asking = Asking.BASIC

    @property
    def challenge(self) -> str:
        """The header `WWW-Authenticate`."""
        nonce = f', nonce="{NONCE}"' if self.asking is Asking.DIGEST else ""
        return f'{self.asking} realm="{REALM}"{nonce}'

    def admit(self, method: str, authorisation: str) -> bool:
        """Whether the header `Authorization` of a request is right."""
        if self.asking is Asking.BASIC:
            plain = f"{self.user}:{self.password}".encode()
            return authorisation == f"Basic {base64.b64encode(plain).decode()}"
        said = dict(re.findall(r'(\w+)="([^"]*)"', authorisation))
        user = _md5(f"{self.user}:{REALM}:{self.password}")
        what = _md5(f"{method}:{said.get('uri')}")
        return said.get("response") == _md5(f"{user}:{NONCE}:{what}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 -- the protocol's, not ours
