"""No password in the list of processes, where every user of the machine can read it."""

import ctypes
import os
import re
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from livesegment.cli.confidential import Confidential
from livesegment.sources.addresses.url import redact

MOST_BYTES = 1 << 20
"""Of a command line that is looked at."""


def hide_passwords(kinds: Mapping[str, type[Confidential]] = MappingProxyType({})) -> None:
    """Write stars over the secrets in this process's command line.

    `ps` and /proc/PID/cmdline show the memory where the kernel put the arguments; they are
    overwritten there, each byte of a password and its user by a star. Linux only: elsewhere, and
    wherever anything is not as it should be, nothing is done. Between the start of the program and
    this call the password can be seen; one from `${NAME}` or a file never is.

    Args:
        kinds: flags, and what their values are; other values may be URLs.
    """
    if sys.platform != "linux" or sys.implementation.name != "cpython":
        return
    try:
        start, end = _bounds(Path("/proc/self/stat").read_bytes())
        shown = Path("/proc/self/cmdline").read_bytes()
        if not 0 < end - start == len(shown) <= MOST_BYTES or not start:
            return
        arguments = [os.fsencode(argument) for argument in sys.orig_argv]
        if shown != b"\0".join([*arguments, b""]) or ctypes.string_at(start, end - start) != shown:
            return
        pairs = pairwise([b"", *arguments])
        hidden = b"\0".join([*(_without_secret(one, last, kinds) for last, one in pairs), b""])
        if len(hidden) == len(shown) and hidden != shown:
            ctypes.memmove(start, hidden, len(hidden))
    except (OSError, ValueError, IndexError):
        return


def _bounds(stat: bytes) -> tuple[int, int]:
    """Where the arguments begin and end, as proc(5) has it: its fields 48 and 49."""
    fields = stat.rpartition(b")")[2].split()  # those from the third on
    return int(fields[45]), int(fields[46])


def _without_secret(
    argument: bytes, before: bytes, kinds: Mapping[str, type[Confidential]]
) -> bytes:
    """The argument behind another, as long as it is, with stars for its secrets."""
    text = os.fsdecode(argument)
    option = re.match(r"--?[\w-]+=", text)
    name = option[0] if option else ""
    kind = kinds.get(name.removesuffix("=") or os.fsdecode(before))
    value = kind(text[len(name) :]).shown if kind else redact(text[len(name) :])
    if value == text[len(name) :]:
        return argument
    hidden = os.fsencode(name + value)
    missing = len(argument) - len(hidden)
    if missing < -2 or b"***" not in hidden:
        return os.fsencode(name).ljust(len(argument), b"*")
    return hidden.replace(b"***", b"*" * (3 + missing), 1)
