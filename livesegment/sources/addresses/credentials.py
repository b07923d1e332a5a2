"""Users and passwords that are not typed: from the environment, or from a file of their own."""

import netrc
import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from livesegment.errors import UsageError
from livesegment.sources.addresses.secret import SECRETS

MOST_BYTES = 1 << 20
_PLACE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Credentials:
    """Users and passwords by host, as a netrc file has them."""

    def __init__(self, entries: Mapping[str, tuple[str, str]]) -> None:
        self._entries = entries
        for user, password in entries.values():
            SECRETS.add(password, user)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file of lines such as `machine HOST login USER password PASSWORD`.

        Raises:
            UsageError: it cannot be read, is no netrc file, or others than its owner may open it.
        """
        try:
            _check(path, path.stat())
            found = netrc.netrc(str(path))
        except netrc.NetrcParseError as error:
            # Its message may quote a password that stands in a wrong place.
            raise UsageError(
                f"--credentials {path}: something near line {error.lineno} is wrong",
                hint="a line is: machine HOST login USER password PASSWORD",
            ) from None
        except UnicodeDecodeError:
            raise UsageError(f"--credentials {path}: this is no text in UTF-8") from None
        except OSError as error:
            raise UsageError(f"--credentials {path}: {error.strerror}") from error
        return cls({host: (user, word or "") for host, (user, _, word) in found.hosts.items()})

    def of(self, host: str, port: int | None) -> tuple[str, str] | None:
        """User and password for a host: those of `HOST:PORT`, of `HOST`, or the default ones."""
        for name in (f"{host}:{port}", host, "default"):
            if name in self._entries:
                return self._entries[name]
        return None


def fill_in(
    text: str,
    environment: Mapping[str, str],
    typed: Callable[[str], str],
    told: Callable[[str], str] = str,
) -> str:
    """`text` with each `${NAME}` in it replaced by that variable of the environment.

    Args:
        text: a part of a URL.
        environment: usually `os.environ`.
        typed: what becomes of what stands around them.
        told: what becomes of what the environment tells.

    Raises:
        UsageError: a variable is not set, or `${` begins no name.
    """
    done = []
    parts = _PLACE.split(text)
    for index, part in enumerate(parts):
        if index % 2:
            done.append(told(_variable(part, environment)))
        elif "${" in part:
            raise UsageError(
                "a URL has ${ with no name of a variable, and } after it",
                hint="such as ${CAMERA_PASSWORD}; where ${ is itself meant, type %24%7B",
            )
        else:
            done.append(typed(part))
    return "".join(done)


def is_place(text: str) -> bool:
    """Whether all of `text` comes from a variable of the environment."""
    return _PLACE.fullmatch(text) is not None


def _variable(name: str, environment: Mapping[str, str]) -> str:
    if value := environment.get(name):
        return value
    raise UsageError(
        f"a URL asks for ${{{name}}}, and that variable is "
        + ("empty" if name in environment else "not set"),
        hint=f"read -rs {name} && export {name}",
    )


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"--credentials {path}: this is no file")
    if status.st_size > MOST_BYTES:
        raise UsageError(f"--credentials {path}: this is too large for a file of passwords")
    if os.name != "posix":  # whose modes say nothing of who may read
        return
    if status.st_uid not in {os.geteuid(), 0}:
        raise UsageError(f"--credentials {path}: this file is somebody else's")
    if status.st_mode & 0o077:
        raise UsageError(
            f"--credentials {path}: others may open it, and it holds passwords",
            hint=f"chmod 600 {path}",
        )
