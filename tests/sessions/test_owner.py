"""Whether a session is being recorded, and by whom."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from livesegment.sessions.owner import boot_id, hold, owner

linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")


def manifest(**facts: Any) -> dict[str, Any]:
    """Of a session that this process has begun to record just now."""
    clocks = [{"clock": 0.0, "monotonic": time.monotonic()}]
    own = {"state": "recording", "pid": os.getpid(), "boot": boot_id(), "clocks": clocks}
    return own | facts


def dead() -> int:
    """The number of a process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_a_living_process_records() -> None:
    assert owner(manifest()) == os.getpid()
    assert owner(manifest(clocks=[])) == os.getpid()


@pytest.mark.parametrize(
    "facts",
    [
        {"state": "finished"},
        {"state": "repaired"},
        {"state": None},
        {"boot": "another"},
        {"pid": None},
        {"pid": 0},
        {"pid": -1},
        {"pid": True},
        {"pid": "1"},
        {"pid": 2**22 + 1},
        {"pid": 2**31},
        {"pid": 2**70},
        {"pid": 10**400},
        {"pid": 1.0},
        {"pid": [1]},
    ],
)
def test_nobody_records(facts: dict[str, Any]) -> None:
    assert owner(manifest(**facts)) is None


def test_a_process_that_has_ended_records_nothing() -> None:
    assert owner(manifest(pid=dead())) is None


@linux
def test_a_process_that_nobody_has_asked_after_records_nothing() -> None:
    """It is still in the list of processes, dead as it is."""
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.read()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert owner(manifest(pid=child.pid)) is None


@linux
def test_a_later_process_of_the_same_number_is_another() -> None:
    """As in a container that was started anew: its first process has the same number."""
    begun = [{"clock": 0.0, "monotonic": time.monotonic() - 10**6}]
    assert owner(manifest(clocks=begun)) is None


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be locked")
def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with hold(tmp_path) as first, hold(tmp_path) as second:
        assert (first, second) == (True, False)
    with hold(tmp_path) as again:
        assert again
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("odd", [None, 7, "x", [], [7], [{}], [{"monotonic": 10**400}], {"a": 1}])
def test_odd_clocks_are_none(odd: Any) -> None:
    assert owner(manifest(clocks=odd)) == os.getpid()
