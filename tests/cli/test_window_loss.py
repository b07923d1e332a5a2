"""Runs whose display, window or parent goes in their middle: the recording is finished."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import START, Program, program
from tests.cli.runner import spawn
from tests.fakes import CEILING
from tests.servers.patience import until
from tests.sinks.x_server import mortal_x_server, tool

FRAMES = 240
TITLE = "livesegment"
pytestmark = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")),
    reason="needs Xvfb and xdotool (Debian: apt-get install xvfb xdotool)",
)


class Display:
    """An X server and its name."""

    def __init__(self, name: str, server: "subprocess.Popen[str]") -> None:
        self.name, self.server = name, server

    def until_shown(self) -> None:
        """Wait for the run's window."""
        tool(self.name, "xdotool", "search", "--sync", "--onlyvisible", "--name", TITLE)


@pytest.fixture
def display() -> Iterator[Display]:
    with mortal_x_server() as (name, server):
        yield Display(name, server)


def _window_of(process: "subprocess.Popen[str]") -> int:
    """The process that has its window."""
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(child)


def _runs(pid: int) -> bool:
    """Whether a process is there, and no zombie."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False


def _shown(running: Program, display: Display) -> None:
    """Wait until the window is there and some more frames were shown in it."""
    running.until_line()
    display.until_shown()
    first = len(running.lines)
    until(lambda: len(running.lines) > first + 10)


def _lose(what: str, display: Display, process: "subprocess.Popen[str]") -> None:
    if what == "display":
        display.server.kill()
    else:
        os.kill(_window_of(process), signal.SIGKILL)


@pytest.mark.parametrize("what", ["display", "window"])
def test_a_recording_goes_on_to_its_end_without_its_window(
    what: str, display: Display, tmp_path: Path
) -> None:
    options = ("--max-frames", str(FRAMES))
    with program("synthetic", tmp_path, *options, display=display.name) as running:
        _shown(running, display)
        _lose(what, display, running.process)
        at = len(running.lines)
        ended = running.end(None)
    assert at < FRAMES
    assert ended.code == 0, ended.err
    assert [line["frame"] for line in running.lines] == list(range(FRAMES))
    assert (running.manifest["state"], running.manifest["frames"]) == ("finished", FRAMES)
    assert ended.err.count("going on without the window") == 1


@pytest.mark.parametrize("what", ["display", "window"])
def test_sources_side_by_side_go_on_without_their_window(
    what: str, display: Display, tmp_path: Path
) -> None:
    options = ("--source", "synthetic", "--realtime", "--max-frames", "90")
    with program("synthetic", tmp_path, *options, display=display.name) as running:
        _shown(running, display)
        _lose(what, display, running.process)
        ended = running.end(None)
    assert ended.code == 0, ended.err
    manifests = [json.loads(path.read_text()) for path in tmp_path.glob("out/*/manifest.json")]
    assert [one["state"] for one in manifests] == ["finished"] * 2
    assert ended.err.count("going on without the window") == 1


@pytest.mark.parametrize("what", ["display", "window"])
@pytest.mark.parametrize("sources", [1, 2])
def test_a_run_that_only_showed_ends_with_its_window(
    sources: int, what: str, display: Display, tmp_path: Path
) -> None:
    arguments = ["--source", "synthetic"] * sources
    options = ("--model", "motion", "--realtime", "--window", "-q")
    process = spawn("run", *arguments, *options, folder=tmp_path, display=display.name)
    try:
        display.until_shown()
        _lose(what, display, process)
        _, err = process.communicate(timeout=START)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 6, err
    assert "error: " in err
    assert "Traceback" not in err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_display_that_stops_holds_up_nothing(
    number: int, code: int, display: Display, tmp_path: Path
) -> None:
    with program("synthetic", tmp_path, "--realtime", display=display.name) as running:
        _shown(running, display)
        display.server.send_signal(signal.SIGSTOP)
        at = len(running.lines)
        until(lambda: len(running.lines) > at + 60)
        window = _window_of(running.process)
        ended = running.end(number)
        assert not _runs(window)
    assert ended.code == code, ended.err
    assert running.manifest["state"] == "finished"
    assert running.manifest["frames"] == len(running.lines)


def test_a_display_that_is_stopped_from_the_start_holds_up_nothing(
    display: Display, tmp_path: Path
) -> None:
    display.server.send_signal(signal.SIGSTOP)
    options = ("--model", "motion", "--jsonl", "-", "--max-frames", "3", "--source", "synthetic")
    process = spawn("run", *options, folder=tmp_path, display=display.name)
    out, err = process.communicate(timeout=START)
    assert process.returncode == 0, err
    assert len(out.splitlines()) == 3
    assert "does not answer; running headless" in err


@pytest.mark.parametrize("stopped", ["display", "window", "neither"])
def test_the_window_is_killed_with_the_run(stopped: str, display: Display, tmp_path: Path) -> None:
    with program("synthetic", tmp_path, "--realtime", display=display.name) as running:
        _shown(running, display)
        window = _window_of(running.process)
        if stopped == "display":
            display.server.send_signal(signal.SIGSTOP)
        elif stopped == "window":
            os.kill(window, signal.SIGSTOP)
        running.process.kill()
        until(lambda: not _runs(window), CEILING)


def test_a_window_that_ended_is_no_zombie(display: Display, tmp_path: Path) -> None:
    with program("synthetic", tmp_path, "--realtime", display=display.name) as running:
        _shown(running, display)
        window = _window_of(running.process)
        os.kill(window, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{window}").exists())
        running.until_line()


def test_a_pause_ends_with_the_window(display: Display, tmp_path: Path) -> None:
    """Nobody is left who could end it."""
    options = ("--max-frames", str(FRAMES))
    with program("synthetic", tmp_path, *options, display=display.name) as running:
        _shown(running, display)
        found = tool(display.name, "xdotool", "search", "--onlyvisible", "--name", TITLE)
        tool(display.name, "xdotool", "key", "--window", found.split()[-1], "space")
        display.server.kill()
        ended = running.end(None)
    assert ended.code == 0, ended.err
    assert running.manifest["frames"] == FRAMES
