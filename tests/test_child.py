"""Children end with their parent, whatever ends it, and have limits."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from livesegment import child
from livesegment.builtin import colour_shapes
from tests.servers.patience import until

if sys.platform != "linux":
    pytest.skip("processes are looked at in /proc", allow_module_level=True)

PROGRAM = "tests.child_program"
ROOT = Path(__file__).parents[1]
ENDS = [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGINT]
SOON = 2.0
"""Seconds after which nothing may be left."""


@pytest.fixture(autouse=True)
def _program_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def children(pid: int) -> list[int]:
    """A process's children, and theirs."""
    found = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(number) for number in tasks.read_text().split()]
        except OSError:
            continue
    return found + [inner for number in found for inner in children(number)]


def parent(code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)


@pytest.fixture(params=ENDS, ids=lambda number: number.name)
def end(request: pytest.FixtureRequest) -> signal.Signals:
    number: signal.Signals = request.param
    return number


@pytest.mark.parametrize("what", ["spin", "nest"])
def test_a_child_ends_with_its_parent(what: str, end: signal.Signals, tmp_path: Path) -> None:
    """Also one of its own children, and one whose interpreter is held by a library."""
    note = tmp_path / "pid"
    code = (
        f"from livesegment.child import ask; ask({PROGRAM!r}, {what!r}, {str(note)!r}, seconds=60)"
    )
    with parent(code) as process:
        until(lambda: note.exists() and note.read_text(), 60)
        found = children(process.pid)
        assert int(note.read_text()) in found
        process.send_signal(end)
        process.wait(10)
        until(lambda: not any(map(alive, found)), SOON)


CALLERS = {
    "trial": "from livesegment.segmenters.trial import *; from pathlib import Path; "
    "attempt(Setup(model='motion', engine='opencv', device='cpu'), pictures=[Path({fifo!r})])",
    "import": "import sys; from livesegment.cli.app import main; "
    "sys.argv = ['livesegment', 'models', 'import', {model!r}]; main()",
}


@pytest.mark.parametrize("caller", CALLERS)
def test_a_model_on_trial_is_not_left_behind(
    caller: str, end: signal.Signals, tmp_path: Path
) -> None:
    weights, graph = colour_shapes.build()
    model = tmp_path / "own.pb"
    model.write_bytes(weights)
    model.with_suffix(".pbtxt").write_text(graph, "utf-8")
    fifo = tmp_path / "picture.png"
    os.mkfifo(fifo)
    with parent(CALLERS[caller].format(fifo=str(fifo), model=str(model))) as process:
        until(lambda: children(process.pid), 60)
        found = children(process.pid)
        process.send_signal(end)
        process.wait(10)
        until(lambda: not any(map(alive, found)), SOON)


def test_a_parent_that_ended_before_is_noticed() -> None:
    """Its number is no longer that of the child's parent."""
    command = [sys.executable, "-m", "livesegment.child", "1", "60", PROGRAM, "echo"]
    done = subprocess.run(command, stdin=subprocess.PIPE, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")


def test_a_child_ends_where_only_standard_input_tells(tmp_path: Path) -> None:
    """As on systems whose kernel does not."""
    code = (
        "import sys; sys.platform = 'other'; from livesegment import child; "
        "from tests import child_program; child._end_with(0); "
        "import threading; print('ready', flush=True); threading.Event().wait()"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"ready\n"
        process.stdin.close()
        assert process.wait(10) == 1


def test_the_answer_is_the_last_line() -> None:
    assert child.ask(PROGRAM, "echo", "one", "two", seconds=60) == child.Answer(0, "one two")


def test_one_that_takes_too_long_is_killed_with_its_own_children(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    with pytest.raises(TimeoutError, match="gave no answer in 3 s"):
        child.ask(PROGRAM, "nest", str(note), seconds=3.0)
    until(lambda: not (note.exists() and alive(int(note.read_text()))), SOON)


def test_what_a_child_leaves_behind_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "GRACE", 0.1)
    os.mkfifo(tmp_path / "fifo")
    note = tmp_path / "pid"
    child.ask(PROGRAM, "leave", str(note), str(tmp_path / "fifo"), seconds=60)
    until(lambda: not (note.exists() and alive(int(note.read_text()))), SOON)


def test_output_is_kept_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "MOST_OUTPUT", 1000)
    assert child.ask(PROGRAM, "chatter", seconds=60).text == "answer"


def test_processor_and_memory_have_limits_and_no_core_is_left() -> None:
    cpu, core, data = json.loads(child.ask(PROGRAM, "limits", seconds=7).text)
    assert (cpu, core) == (7 * (os.cpu_count() or 1), 0)
    assert data >= child.LEAST_MEMORY
    assert child.ask(PROGRAM, "eat", seconds=60).status != 0
