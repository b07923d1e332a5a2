"""The shared window on an X server: real keys and clicks reach the sources."""

import queue
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

import pytest

from livesegment.threads.worker import Worker
from tests.fakes import CEILING
from tests.sinks.x_server import running, tool, x_server

TITLE = "livesegment - grid"
PATIENCE = 2.0
"""Seconds, for what a key brings about."""

pytestmark = [
    pytest.mark.skipif(
        not (shutil.which("Xvfb") and shutil.which("xdotool")),
        reason="needs Xvfb and xdotool (Debian: apt-get install xvfb xdotool)",
    ),
    pytest.mark.wheel,
]


@pytest.fixture(scope="module")
def display() -> Generator[str]:
    """A display without a window manager; see test_window.py."""
    with x_server() as name:
        yield name


class Shown:
    """The program with the window."""

    def __init__(self, program: subprocess.Popen[str], display: str) -> None:
        self._program = program
        self._display = display
        self._lines: queue.Queue[str] = queue.Queue()
        self._worker = Worker("test-lines", self._read)
        self._worker.start()
        found = self._xdotool("search", "--sync", "--onlyvisible", "--name", TITLE)
        self._window = found.split()[-1]

    def _xdotool(self, *command: str) -> str:
        return tool(self._display, "xdotool", *command)

    def press(self, key: str) -> None:
        self._xdotool("key", "--window", self._window, key)

    def resize(self, width: int, height: int) -> None:
        self._xdotool("windowsize", "--sync", self._window, str(width), str(height))

    def click(self, x: int, y: int, times: int = 1) -> None:
        place = ("mousemove", "--window", self._window, str(x), str(y))
        self._xdotool(*place, "click", "--repeat", str(times), "--delay", "60", "1")

    def line(self, again: Callable[[], None] = lambda: None) -> str:
        """What it says next.

        Args:
            again: done anew while nothing is said: X may lose keys, and on a busy machine two
                clicks may be too far apart for a double one.
        """
        deadline = time.monotonic() + CEILING
        while time.monotonic() < deadline:
            with suppress(queue.Empty):
                return self._lines.get(timeout=PATIENCE)
            again()
        raise AssertionError("it says nothing")

    def end(self) -> Sequence[str]:
        """What else it says until the user ends it, pressing as often as that takes."""
        deadline = time.monotonic() + CEILING
        while self._program.poll() is None and time.monotonic() < deadline:
            with suppress(subprocess.CalledProcessError, subprocess.TimeoutExpired):
                self.press("q")
            with suppress(subprocess.TimeoutExpired):
                self._program.wait(1.5)
        assert self._worker.stop(CEILING)
        assert self._program.stderr is not None
        assert self._program.stderr.read() == ""
        return [self._lines.get_nowait() for _ in range(self._lines.qsize())]

    def _read(self) -> None:
        assert self._program.stdout is not None
        for line in self._program.stdout:
            self._lines.put(line.rstrip("\n").removeprefix(f"{TITLE} - "))


@contextmanager
def _grid(display: str, count: int) -> Generator[Shown]:
    """The program with the window, once it shows something."""
    command = (sys.executable, "-m", "tests.pipeline.show_grid", str(count))
    with running(*command, display=display) as program:
        shown = Shown(program, display)
        assert shown.line() == f"{count} sources, cam 1 selected"
        assert shown.line() == "shown"
        yield shown


def test_keys_select_enlarge_and_remove(display: str) -> None:
    with _grid(display, 4) as shown:
        said = []
        for key in ("Tab", "Return", "Return", "x"):
            press = partial(shown.press, key)
            press()
            said.append(shown.line(press))
        said.append(shown.line())
        assert shown.end() == ["ended"]
    assert said == [
        "4 sources, cam 2 selected",
        "cam 2",
        "4 sources, cam 2 selected",
        "remove cam 2",
        "3 sources, cam 1 selected",
    ]


def test_other_keys_go_to_every_source_or_to_the_one_enlarged(display: str) -> None:
    with _grid(display, 2) as shown:
        shown.press("m")
        assert {shown.line(partial(shown.press, "m")), shown.line()} == {
            "cam 1 key m",
            "cam 2 key m",
        }
        shown.press("Return")
        assert shown.line(partial(shown.press, "Return")) == "cam 1"
        shown.press("plus")
        assert shown.line(partial(shown.press, "plus")) == "cam 1 key +"
        assert shown.end() == ["ended"]


def test_a_click_selects_and_a_double_click_enlarges(display: str) -> None:
    with _grid(display, 4) as shown:
        shown.click(700, 500)
        assert shown.line(partial(shown.click, 700, 500)) == "4 sources, cam 3 selected"
        twice = partial(shown.click, 200, 100, times=2)
        twice()
        assert [shown.line(twice), shown.line(twice)] == ["4 sources, cam 1 selected", "cam 1"]
        assert shown.end() == ["ended"]


def test_a_click_selects_what_is_there_in_a_smaller_window_too(display: str) -> None:
    with _grid(display, 4) as shown:
        shown.resize(800, 450)
        shown.click(600, 300)
        assert shown.line(partial(shown.click, 600, 300)) == "4 sources, cam 4 selected"
        assert shown.end() == ["ended"]


def test_the_window_says_above_it_what_is_selected(display: str) -> None:
    with _grid(display, 2) as shown:
        shown.press("Tab")
        assert shown.line(partial(shown.press, "Tab")) == "2 sources, cam 2 selected"
        found = tool(
            display, "xdotool", "search", "--sync", "--name", f"{TITLE} - 2 sources, cam 2"
        )
        assert found.strip()
        assert shown.end() == ["ended"]
