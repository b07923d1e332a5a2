"""A system that gives no more threads, or no more memory, ends a run in a line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.runner import ROOT

SCARCE = """
import sys, threading
from livesegment.cli import app
left, begin = int(sys.argv.pop()), threading._start_new_thread
def scarce(*arguments):
    global left
    if left == 0:
        raise RuntimeError("can't start new thread")
    left -= 1
    return begin(*arguments)
threading._start_new_thread = scarce
app.main()
"""
MEMORY = """
import sys
from livesegment.cli import app
from livesegment.sinks import recording
def Upkeep(*_):
    raise MemoryError
recording.Upkeep = Upkeep
app.main()
"""
RUN = ("run", "--model", "motion", "--headless", "--min-free", "0", "--max-frames", "3", "-q")
PLENTY = 30


def _run(code: str, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code, *RUN, "--record", "out", "--source", "synthetic", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "LIVESEGMENT_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _states(folder: Path) -> list[str]:
    """Of its sessions; each has a manifest."""
    return [
        json.loads((path / "manifest.json").read_text("utf-8"))["state"]
        for path in folder.glob("out/*")
    ]


@pytest.mark.parametrize("more", [("--record-raw", "--jsonl", "a"), ("--source", "synthetic")])
def test_wherever_threads_run_out_no_session_is_left_unfinished(
    more: tuple[str, ...], tmp_path: Path
) -> None:
    codes = []
    for count in [*range(0, 12, 2), PLENTY]:
        folder = tmp_path / str(count)
        folder.mkdir()
        ended = _run(SCARCE, folder, *more, str(count))
        codes.append(ended.returncode)
        assert "Traceback" not in ended.stderr, ended.stderr
        assert set(_states(folder)) <= {"finished"}
        complaint = [line for line in ended.stderr.splitlines() if line.startswith("error:")]
        assert len(complaint) == (1 if ended.returncode else 0)
        assert all("the system lets this program have no more threads" in one for one in complaint)
    assert codes[0]
    assert set(codes) <= {5, 6, 0}  # a recording says that it is one
    assert codes[-1] == 0


def test_no_memory_at_the_start_of_a_recording_is_a_line_and_no_session(tmp_path: Path) -> None:
    ended = _run(MEMORY, tmp_path)
    assert ended.returncode == 6
    assert ended.stderr == "error: cannot record: there is not enough memory\n"
    assert _states(tmp_path) == []
