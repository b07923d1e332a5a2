"""Who records a session at this moment, and keeping two programs out of one folder."""

import os
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from livesegment.sessions.facts import MOST_PID, number, objects, whole_number

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
RECORDING = "recording"
"""The state of a session that has not been finished."""
SLACK = 2.0
"""Seconds; how much the kernel's clocks are believed to disagree."""


def boot_id() -> str | None:
    """What names this start of the machine; None where the system does not say."""
    try:
        return BOOT_ID.read_text("ascii").strip() or None
    except (OSError, ValueError):
        return None


def owner(manifest: Mapping[str, Any]) -> int | None:
    """The process that records a session at this moment; None if nobody does.

    A manifest that says "recording" is believed if its process lives, under the same boot of the
    machine, and is not a later one of the same number: in containers numbers come again soon.
    """
    pid = whole_number(manifest.get("pid"), 1, MOST_PID)
    if manifest.get("state") != RECORDING or pid is None:
        return None
    if manifest.get("boot") != boot_id() or not _alive(pid):
        return None
    begun = _begun(pid)
    first = _first_look(manifest)
    return None if begun is not None and first is not None and begun > first else pid


@contextmanager
def hold(path: Path) -> Generator[bool]:
    """Keep other programs from changing a session's folder meanwhile.

    The lock is the operating system's, on the folder itself: it leaves no file behind and ends
    with the process that holds it. Where folders cannot be locked it is as if it were free.

    Yields:
        Whether it is held; False where somebody else holds it.
    """
    descriptor = None
    try:
        descriptor = os.open(path, os.O_RDONLY)
        held = _lock(descriptor)
    except OSError:
        held = True
    try:
        yield held
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _begun(pid: int) -> float | None:
    """When a process began, seconds since the machine did; None where the system does not say."""
    try:
        # The name, the second field, is in brackets and may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return float(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def _first_look(manifest: Mapping[str, Any]) -> float | None:
    """The latest that a session's process can have begun, seconds since the machine did.

    Python's monotonic clock stands still while a machine sleeps, a process's age does not: all
    sleep there ever was is added.
    """
    try:
        slept = time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
    except (AttributeError, OSError):
        return None
    clocks = objects(manifest.get("clocks"))
    monotonic = number(clocks[0].get("monotonic")) if clocks else None
    return None if monotonic is None else monotonic + slept + SLACK


if sys.platform == "win32":
    import ctypes

    STILL_ACTIVE = 259
    QUERY = 0x1000

    def _alive(pid: int) -> bool:
        handle = ctypes.windll.kernel32.OpenProcess(QUERY, False, pid)
        if not handle:
            return False
        code = ctypes.c_ulong()
        known = ctypes.windll.kernel32.GetExitCodeProcess(handle, ctypes.byref(code))
        ctypes.windll.kernel32.CloseHandle(handle)
        return not known or code.value == STILL_ACTIVE

    def _lock(descriptor: int) -> bool:
        del descriptor
        return True
else:
    import fcntl

    def _alive(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except OSError:
            return True  # somebody else's, but there
        return not _zombie(pid)

    def _zombie(pid: int) -> bool:
        """Whether it is dead, and its parent has not asked how it ended."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[:1] == ["Z"]

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
