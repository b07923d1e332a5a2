"""A command that is run for every event."""

import contextlib
import logging
import os
import re
import selectors
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from typing import IO

from livesegment.errors import UsageError, one_line
from livesegment.events.hooks import HookError, Message

log = logging.getLogger(__name__)

TIMEOUT = 30.0
"""Seconds that a command may run."""
GRACE = 2.0
"""Seconds from asking it to end to making it."""
LOOK = 0.1
"""Seconds between two looks at whether it is still wanted."""
PASSED = re.compile(
    "PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|TMPDIR|DISPLAY|WAYLAND_DISPLAY|"
    "XAUTHORITY|XDG_[A-Z_]+|DBUS_SESSION_BUS_ADDRESS|PULSE_SERVER|"
    "SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|TEMP|TMP|USERPROFILE|USERNAME|APPDATA|LOCALAPPDATA",
    re.IGNORECASE if os.name == "nt" else 0,
)
"""Variables that a command gets of our environment, where other programs' passwords may be."""
MOST_OUTPUT = 4096
"""Bytes of what it says that are kept, the last."""


class Command:
    """Runs a command without a shell, told of the event on its standard input; see `Hook`."""

    def __init__(self, text: str, shown: str, *, timeout: float = TIMEOUT) -> None:
        """Look for the command.

        Args:
            text: the command and its arguments, quoted as in a shell.
            shown: what messages call it; arguments may be secrets.
            timeout: seconds that it may run.

        Raises:
            UsageError: there is no such command.
        """
        self._name = f"--exec {shown}"
        try:
            self._arguments = shlex.split(text)
        except ValueError as error:  # it is not shown: a command that is none may hold anything
            raise UsageError(f"--exec: {error}".replace("No", "no")) from error
        if not self._arguments or not self._arguments[0]:
            raise UsageError("--exec names no command", hint="such as --exec 'notify-send event'")
        if shutil.which(self._arguments[0]) is None:
            raise UsageError(
                f"{self._name}: there is no such command, or it may not be run",
                hint="no shell is asked: for its features say --exec 'sh -c \"...\"'",
            )
        self._timeout = timeout

    @property
    def name(self) -> str:
        """See `Hook.name`."""
        return self._name

    def deliver(self, message: Message, stop: threading.Event) -> None:
        """Run the command to its end; see `Hook.deliver`."""
        process = self._start(message)
        try:
            self._follow(process, stop)
        finally:
            _end(process)
            if process.stdout is not None:
                process.stdout.close()

    def _start(self, message: Message) -> subprocess.Popen[bytes]:
        try:
            with tempfile.TemporaryFile() as told:  # a file never makes its writer wait
                told.write(message.data + b"\n")
                told.seek(0)
                return subprocess.Popen(  # noqa: S603 -- the user's own command
                    self._arguments,
                    stdin=told,
                    stdout=subprocess.DEVNULL if sys.platform == "win32" else subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    env=_environment(message),
                    start_new_session=True,
                )
        except (OSError, ValueError) as error:
            raise HookError(f"cannot be run: {one_line(error)}") from error

    def _follow(self, process: subprocess.Popen[bytes], stop: threading.Event) -> None:
        """Wait for the end, reading what it says so that it never waits for us."""
        until = time.monotonic() + self._timeout
        output = _Output(process.stdout)
        while process.poll() is None:
            if stop.is_set():
                raise HookError("the run ended before it did")
            if time.monotonic() > until:
                raise HookError(f"did not end within {self._timeout:g} s")
            if not output.read(LOOK):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(LOOK)
        output.read(0.0)
        said = output.text
        if said:
            log.info("%s: %s", self.name, said)
        if process.returncode:
            code = process.returncode
            how = f"exit status {code}" if code > 0 else f"killed by signal {-code}"
            raise HookError(f"{how}: {said.splitlines()[-1][:300]}" if said else how)


class _Output:
    """The end of what a process says, read without waiting for more."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._kept = b""
        self._stream = stream
        if stream is not None:
            os.set_blocking(stream.fileno(), False)

    @property
    def text(self) -> str:
        return self._kept.decode(errors="replace").strip()

    def read(self, seconds: float) -> bool:
        """Read what is there, waiting for it so long at most; False once all was read."""
        if self._stream is None:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(self._stream, selectors.EVENT_READ)
            if not selector.select(seconds):
                return True
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._stream.fileno(), 1 << 16)
            self._kept = (self._kept + data)[-MOST_OUTPUT:]
            if not data:
                self._stream = None
        return self._stream is not None


def _environment(message: Message) -> Mapping[str, str]:
    """The event as environment variables, and of our own those that are known to be no secrets."""
    return {key: value for key, value in os.environ.items() if PASSED.fullmatch(key)} | {
        "LIVESEGMENT_EVENT_TYPE": message.type,
        "LIVESEGMENT_EVENT_ID": message.id,
        "LIVESEGMENT_EVENT_CONDITION": message.condition,
        "LIVESEGMENT_EVENT_CLIP": str(message.clip or ""),
        "LIVESEGMENT_EVENT_SESSION": str(message.session),
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that still runs, with all that it started."""
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        if process.poll() is not None:
            return
        _signal(process, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)


if sys.platform == "win32":

    def _signal(process: subprocess.Popen[bytes], number: int) -> None:
        del number
        process.kill()
else:

    def _signal(process: subprocess.Popen[bytes], number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
