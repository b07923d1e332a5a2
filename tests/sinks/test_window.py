"""The window, on an X server of its own: keys and the X of its frame end the run."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

import pytest

from tests.fakes import CEILING
from tests.sinks.x_server import running, tool, x_server

TITLE = "livesegment - test"

pytestmark = [
    pytest.mark.skipif(
        not (shutil.which("Xvfb") and shutil.which("xdotool")),
        reason="needs Xvfb and xdotool (Debian: apt-get install xvfb xdotool openbox wmctrl)",
    ),
    pytest.mark.wheel,
]
needs_manager = pytest.mark.skipif(
    not (shutil.which("openbox") and shutil.which("wmctrl")),
    reason="needs openbox and wmctrl (Debian: apt-get install openbox wmctrl)",
)


@pytest.fixture(scope="module")
def display() -> Generator[str]:
    """A display without a window manager.

    With one the window has the focus, and xdotool then types instead of sending keys; a key typed
    into a window that goes before the key is up stays down, and types on in the next window.
    """
    with x_server() as name:
        yield name


@pytest.fixture
def managed_display() -> Generator[str]:
    """A display with a window manager, which gives windows an X to close them by."""
    with x_server() as name, running("openbox", display=name):
        yield name


@contextmanager
def _window(display: str, mode: str = "frames") -> Generator[subprocess.Popen[str]]:
    """The program with the window, once it shows something."""
    with running(sys.executable, "-m", "tests.sinks.show_window", mode, display=display) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "display\n"
        assert program.stdout.readline() == "shown\n"
        yield program


def _press(display: str, *keys: str) -> None:
    found = tool(display, "xdotool", "search", "--sync", "--onlyvisible", "--name", TITLE)
    # Of keys that come at once, OpenCV gives the last.
    tool(display, "xdotool", "key", "--delay", "60", "--window", found.split()[-1], *keys)


def _repeat(program: subprocess.Popen[str], action: Callable[[], object]) -> None:
    """Do something until the program ends, as its user would.

    A busy X server loses events that are sent to a window which is just being mapped.
    """
    deadline = time.monotonic() + CEILING
    while program.poll() is None and time.monotonic() < deadline:
        with suppress(subprocess.CalledProcessError, subprocess.TimeoutExpired):
            action()
        with suppress(subprocess.TimeoutExpired):
            program.wait(1.5)


def _said(program: subprocess.Popen[str]) -> list[str]:
    """What else it says until its end."""
    out, complaints = program.communicate(timeout=3 * CEILING)
    assert program.returncode == 0, complaints
    return out.splitlines()


@pytest.mark.parametrize("mode", ["frames", "idle"])
@pytest.mark.parametrize("key", ["Escape", "q"])
def test_a_key_ends_the_run(key: str, mode: str, display: str) -> None:
    with _window(display, mode) as program:
        _repeat(program, lambda: _press(display, key))
        assert _said(program) == ["ended", "closed"]


@needs_manager
@pytest.mark.parametrize("mode", ["frames", "idle"])
def test_closing_the_window_ends_the_run(mode: str, managed_display: str) -> None:
    with _window(managed_display, mode) as program:
        _repeat(program, lambda: tool(managed_display, "wmctrl", "-c", TITLE))
        assert _said(program) == ["ended", "closed"]


def _typed(display: str, *keys: str) -> str:
    """What the callback gets of keys, in the last of a few tries in which all arrived."""
    got = ""
    for _ in range(3):
        with _window(display) as program:
            _press(display, *keys)
            _repeat(program, lambda: _press(display, "Escape"))
            *said, ended, closed = _said(program)
        assert (ended, closed) == ("ended", "closed")
        got = "".join(line.removeprefix("key ") for line in said)
        if len(got) == len(keys):
            break
    return got


def test_other_keys_are_handed_on_as_they_were_typed(display: str) -> None:
    names = ["space", "period", "r", "s", "m", "plus", "minus", "bracketleft", "bracketright"]
    assert _typed(display, *names, "1", "9", "i", "f", "question") == " .rsm+-[]19if?"


def test_tab_and_enter_are_handed_on_too(display: str) -> None:
    assert _typed(display, "Tab", "Return", "KP_Enter", "m") == "TNNm"


def test_keys_without_a_letter_do_nothing(display: str) -> None:
    with _window(display) as program:
        _press(display, "Left", "Up", "Shift_L", "Control_L", "F1", "F12", "Insert")
        _repeat(program, lambda: _press(display, "Escape"))
        assert _said(program) == ["ended", "closed"]


def test_the_window_does_not_complain(display: str) -> None:
    with _window(display) as program:
        _repeat(program, lambda: _press(display, "q"))
        out, complaints = program.communicate(timeout=3 * CEILING)
        assert "ended" in out
        assert complaints == ""


def test_a_platform_of_qt_that_opencv_does_not_have_is_not_asked_for(
    display: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Wayland desktops set it for all programs; Qt would abort."""
    monkeypatch.setenv("QT_QPA_PLATFORM", "wayland")
    with _window(display) as program:
        _repeat(program, lambda: _press(display, "q"))
        assert "ended" in _said(program)
