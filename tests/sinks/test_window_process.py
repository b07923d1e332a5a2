"""The process that has the window, on an X server of its own: stopped, killed, waited for."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from livesegment.sinks.window_process import MOMENT, WindowProcess
from tests.fakes import image
from tests.servers.patience import until
from tests.sinks.x_server import mortal_x_server

PICTURE = image(0, (640, 360))
SETTLED = 30
"""Pictures after which the server has the window on screen, and not only been asked for it."""

pytestmark = [
    pytest.mark.skipif(
        not shutil.which("Xvfb"), reason="needs Xvfb (Debian: apt-get install xvfb)"
    ),
    pytest.mark.wheel,
]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator["subprocess.Popen[str]"]:
    with mortal_x_server() as (display, process):
        monkeypatch.setenv("DISPLAY", display)
        yield process


@pytest.fixture
def window(server: "subprocess.Popen[str]") -> Iterator[WindowProcess]:
    """One that shows a picture."""
    process = WindowProcess()
    try:
        _settle(process)
        yield process
    finally:
        process.end()
        process.end()


def _settle(process: WindowProcess) -> None:
    for _ in range(SETTLED):
        until(lambda: process.ready(PICTURE))
        process.send(PICTURE, "livesegment - test", full=False)
    until(lambda: process.opened)


def _fill(window: WindowProcess) -> None:
    """Hand over pictures until it takes no more."""
    while window.ready(PICTURE):
        window.send(PICTURE, "livesegment - test", full=False)


def _fill_until_held(window: WindowProcess) -> None:
    """Hand over pictures until none is taken: the socket to a stopped server has some room."""

    def held() -> bool:
        _fill(window)
        return window.silence() > 0.3

    until(held)


def _files(window: WindowProcess) -> list[str]:
    """What its process has open."""
    folder = Path(f"/proc/{window._process.pid}/fd")
    return [str(link.readlink()) for link in folder.iterdir()]


def test_a_display_that_stops_is_noticed_and_pictures_go_on_with_it(
    window: WindowProcess, server: "subprocess.Popen[str]"
) -> None:
    server.send_signal(signal.SIGSTOP)
    _fill_until_held(window)
    assert not window.gone
    server.send_signal(signal.SIGCONT)
    until(lambda: window.silence() == 0.0)
    _fill(window)
    until(lambda: window.silence() == 0.0)


@pytest.mark.parametrize("stopped", ["display", "window", "neither"])
def test_it_ends_with_the_run_whatever_is_stopped(
    stopped: str, window: WindowProcess, server: "subprocess.Popen[str]"
) -> None:
    if stopped == "display":
        server.send_signal(signal.SIGSTOP)
        _fill_until_held(window)
    elif stopped == "window":
        window._process.send_signal(signal.SIGSTOP)
        _fill(window)
    window.end()
    assert window._process.returncode is not None
    assert window.gone


def test_one_that_was_killed_says_how(window: WindowProcess) -> None:
    window._process.kill()
    until(lambda: window.gone)
    window.send(PICTURE, "livesegment - test", full=False)  # it may not be known yet
    window.end()
    assert window.reason == "killed by signal 9"


def test_a_display_that_goes_says_why(
    window: WindowProcess, server: "subprocess.Popen[str]"
) -> None:
    server.kill()
    until(lambda: window.gone)
    window.end()
    assert "X11" in window.reason


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_for_the_run(number: int, window: WindowProcess) -> None:
    """As a terminal or a service manager sends them to all."""
    assert os.getsid(window._process.pid) == window._process.pid
    window._process.send_signal(number)
    _fill(window)
    until(lambda: window.silence() == 0.0)
    assert not window.gone


def test_no_file_of_the_run_comes_along(window: WindowProcess, tmp_path: Path) -> None:
    window.end()
    with (tmp_path / "session.mkv").open("wb") as file:
        os.set_inheritable(file.fileno(), True)
        other = WindowProcess()
        other.send(PICTURE, "livesegment - test", full=False)
        until(lambda: other.opened)
        names = _files(other)
        other.end()
    assert any("livesegment-pictures" in name for name in names)
    assert not any("session.mkv" in name for name in names)


def test_a_run_that_was_stopped_itself_blames_nobody(
    window: WindowProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    window._process.send_signal(signal.SIGSTOP)  # nothing is taken while the run is stopped
    _fill(window)
    assert window.silence() <= MOMENT
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 3600.0)
    assert window.silence() <= 2 * MOMENT
    monkeypatch.undo()
