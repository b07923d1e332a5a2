"""An X server for tests of windows, and programs that run on it."""

import os
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes import CEILING

ROOT = Path(__file__).parents[2]


@contextmanager
def running(*command: str, display: str = "") -> Generator[subprocess.Popen[str]]:
    """A program, ended with the block."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"DISPLAY": display},
    )
    try:
        yield process
    finally:
        process.terminate()  # an X server that is killed leaves its socket and its lock
        try:
            process.communicate(timeout=CEILING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@contextmanager
def x_server() -> Generator[str]:
    """An X server on a display of its own choice; gives the display's name."""
    with mortal_x_server() as (name, _):
        yield name


@contextmanager
def mortal_x_server() -> Generator[tuple[str, subprocess.Popen[str]]]:
    """The same, with the process to be stopped or killed."""
    screen = ("-screen", "0", "1024x768x24", "-nolisten", "tcp")
    # Else the server starts anew when its last client goes, and throws out whoever comes just then.
    with running("Xvfb", "-displayfd", "1", "-noreset", *screen) as server:
        assert server.stdout is not None
        try:
            yield f":{server.stdout.readline().strip()}", server
        finally:
            server.send_signal(signal.SIGCONT)  # one that is stopped does not end


def tool(display: str, *command: str) -> str:
    """What a program says that works on a display."""
    environment = os.environ | {"DISPLAY": display}
    done = subprocess.run(
        command, env=environment, timeout=CEILING, check=True, cwd=ROOT, stdout=subprocess.PIPE
    )
    return done.stdout.decode()
