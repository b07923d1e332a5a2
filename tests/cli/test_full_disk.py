"""A full disk, or a folder taken away, ends a recording in good order and says what to do."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.full_disk import (
    MountRefused,
    ended,
    enlarge,
    look,
    repair,
    small_disk,
    start,
    take_away,
)

EXIT = 6
OPTIONS = ("--codec", "mjpeg", "--min-free", "0")
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("ffprobe") is None,
    reason="needs Linux and ffprobe",
)


@pytest.fixture
def disk() -> Iterator[Path]:
    """A file system of 3 MB."""
    try:
        with small_disk(3) as path:
            yield path
    except MountRefused as error:
        pytest.skip(f"no small file system to be had: {error}")


def test_a_full_disk_ends_the_recording_and_loses_nothing_of_it(disk: Path) -> None:
    parent = disk / "s"
    outcome = ended(start(parent, *OPTIONS, "--record-raw", "--segment-length", "1s"), parent)
    assert outcome.code == EXIT, outcome.err
    assert "Traceback" not in outcome.err
    error, hint = outcome.complaint
    assert str(parent) in error
    assert "disk is full" in error or "No space left" in error
    assert hint == "hint: make room, and record again"
    assert outcome.session is not None
    before = look(outcome.session)
    assert before.segments >= 2
    assert before.faults == ()
    enlarge(disk, 60)
    assert repair(parent).code == 0
    after = look(outcome.session)
    assert after.state in {"finished", "repaired"}
    assert (after.pictures, after.faults) == (before.pictures, ())


def test_a_disk_that_is_too_full_is_refused_before_anything_is_written(disk: Path) -> None:
    parent = disk / "s"
    outcome = ended(start(parent, "--codec", "mjpeg"), parent)
    assert outcome.code == EXIT
    error, hint = outcome.complaint
    assert str(parent) in error
    assert "--min-free" in hint
    assert outcome.session is None


def test_a_folder_that_is_taken_away_ends_the_recording(tmp_path: Path) -> None:
    parent = tmp_path / "s"
    process: subprocess.Popen[str] = start(parent, *OPTIONS)
    take_away(parent, after="overlay-0001.part.mkv")
    outcome = ended(process, parent)
    assert outcome.code == EXIT, outcome.err
    assert "Traceback" not in outcome.err
    assert "taken away" in outcome.complaint[0] or "No such file" in outcome.complaint[0]
