"""Who reads what the program says has no part in what it does."""

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runner import spawn
from tests.cli.test_streams import full_pipe
from tests.servers.patience import until
from tests.servers.rtsp import RtspServer
from tests.sources.films import film

FRAMES = 40
LATEST = 60.0
"""Seconds that a run of so few frames may take on a busy machine."""
RUN = ("run", "--model", "motion", "--headless", "--min-free", "0", "--record", "out")
SYNTHETIC = (*RUN, "--source", "synthetic", "--max-frames", str(FRAMES), "--stats-interval", "1ms")
CLOSED = [
    " ".join(some) for some in chain(*(combinations(("<&-", ">&-", "2>&-"), n) for n in (1, 2, 3)))
]
NEEDS_FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")


def _code(process: "subprocess.Popen[Any]") -> int:
    """How it ended; it is killed where it does not."""
    try:
        return process.wait(LATEST)
    finally:
        process.kill()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _manifest(folder: Path) -> dict[str, Any]:
    """Of the only session, every frame of which is in its lines."""
    (path,) = folder.glob("out/*/manifest.json")
    manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
    lines = (path.parent / "frames.jsonl").read_text("utf-8").splitlines()
    assert manifest["state"] == "finished"
    assert len([json.loads(line) for line in lines]) == manifest["frames"]
    return manifest


@contextmanager
def _nobody() -> Iterator[int]:
    """A pipe that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@contextmanager
def _stopped() -> Iterator[int]:
    """A pipe that is full, and whose reader reads no more."""
    with full_pipe() as (_, writer):
        yield writer


@contextmanager
def _full() -> Iterator[int]:
    with Path("/dev/full").open("wb") as stream:
        yield stream.fileno()


@NEEDS_FULL
@pytest.mark.parametrize("where", [_nobody, _stopped, _full])
@pytest.mark.parametrize("more", [(), ("--source", "synthetic")])
def test_words_that_nobody_hears_cost_no_frame(
    where: Any, more: tuple[str, ...], tmp_path: Path
) -> None:
    with where() as err:
        process = spawn(*SYNTHETIC, *more, "-v", folder=tmp_path, stderr=err)
        assert _code(process) == 0
    if not more:
        assert _manifest(tmp_path)["frames"] == FRAMES
    else:
        assert len(list(tmp_path.glob("out/*/overlay-0001.mkv"))) == 2


@NEEDS_FULL
@pytest.mark.parametrize("where", [_nobody, _stopped, _full])
def test_an_error_that_nobody_hears_keeps_its_status(where: Any, tmp_path: Path) -> None:
    with where() as err:
        process = spawn("models", "show", "none", folder=tmp_path, stderr=err)
        assert _code(process) == 4


def test_streams_closed_from_the_start_change_nothing(tmp_path: Path) -> None:
    """Each combination: no file of the session gets the number of a stream, and words in it."""
    for number, closed in enumerate(CLOSED):
        folder = tmp_path / str(number)
        folder.mkdir()
        process = spawn(
            *(*SYNTHETIC, "--jsonl", "-"),
            folder=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            script=f'exec "$@" {closed}',
        )
        assert _code(process) == 0
        assert _manifest(folder)["frames"] == FRAMES


@pytest.mark.parametrize("closed", CLOSED)
def test_an_error_keeps_its_status_without_streams(closed: str, tmp_path: Path) -> None:
    process = spawn("models", "show", "none", folder=tmp_path, script=f'exec "$@" {closed}')
    assert _code(process) == 4


@NEEDS_FULL
@pytest.mark.parametrize("command", ["--help", "--version", "models list", "models list --json"])
def test_output_onto_a_full_disk_is_an_error_of_one_line(command: str, tmp_path: Path) -> None:
    with _full() as out:
        process = spawn(*shlex.split(command), folder=tmp_path, stdout=out)
        said = process.communicate(timeout=LATEST)[1]
    assert process.returncode == 6
    assert said == "error: cannot write to standard output: No space left on device\n"


def test_a_terminal_that_is_closed_costs_no_frame(tmp_path: Path) -> None:
    """As after nohup, which has SIGHUP ignored."""
    ours, theirs = pty.openpty()
    process = spawn(
        *SYNTHETIC, folder=tmp_path, stdout=theirs, stderr=theirs, script="trap '' HUP; exec \"$@\""
    )
    os.close(theirs)
    os.read(ours, 1)
    os.close(ours)
    assert _code(process) == 0
    assert _manifest(tmp_path)["frames"] == FRAMES


def test_signals_that_were_ignored_stay_ignored(tmp_path: Path) -> None:
    process = spawn(
        *SYNTHETIC,
        folder=tmp_path,
        script="trap '' INT TERM HUP; exec \"$@\"",
        stderr=subprocess.DEVNULL,
    )
    until(lambda: list(tmp_path.glob("out/*/manifest.json")), LATEST)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process.send_signal(number)
    assert _code(process) == 0
    assert _manifest(tmp_path)["frames"] == FRAMES


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_other_signals_end_a_run_whose_lines_nobody_reads(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    options = (*RUN, "--source", "synthetic", "--jsonl", "-")
    with full_pipe() as (_, out):
        process = spawn(*options, folder=tmp_path, stdout=out, stderr=subprocess.DEVNULL)
        until(lambda: list(tmp_path.glob("out/*/overlay-0001*")), LATEST)
        process.send_signal(number)
        assert _code(process) == code
    manifest = _manifest(tmp_path)
    assert 0 < manifest["lines_lost"] == manifest["frames"]


def test_a_live_run_waits_for_no_reader_of_its_lines(tmp_path: Path) -> None:
    def recorded() -> int:
        paths = list(tmp_path.glob("out/*/frames.part.jsonl"))
        return paths[0].read_bytes().count(b"\n") if paths else 0

    with RtspServer() as server, full_pipe() as (_, out):
        options = (*RUN, "--source", server.url(), "--jsonl", "-")
        process = spawn(*options, folder=tmp_path, stdout=out, stderr=subprocess.DEVNULL)
        until(lambda: recorded() > FRAMES or process.poll() is not None, LATEST)
        process.send_signal(signal.SIGINT)
        assert _code(process) == 130
    manifest = _manifest(tmp_path)
    assert FRAMES < manifest["frames"] <= manifest["lines_lost"]


def test_a_reader_of_lines_that_goes_away_costs_lines_only(tmp_path: Path) -> None:
    process = spawn(*SYNTHETIC, "--jsonl", "-", folder=tmp_path)
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["frame"] == 0
    process.stdout.close()
    said = process.stderr.read()
    assert _code(process) == 0
    manifest = _manifest(tmp_path)
    assert manifest["frames"] == FRAMES
    assert f"{manifest['lines_lost']} JSON lines were lost" in said


def test_a_run_for_its_lines_alone_ends_with_their_reader(tmp_path: Path) -> None:
    options = ("run", "--model", "motion", "--headless", "--source", "synthetic")
    process = spawn(*options, "-q", "--jsonl", "-", folder=tmp_path)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert _code(process) == 0


@NEEDS_FULL
def test_lines_onto_a_full_disk_cost_lines_and_the_status(tmp_path: Path) -> None:
    process = spawn(*SYNTHETIC, "--jsonl", "/dev/full", folder=tmp_path)
    said = process.communicate(timeout=LATEST)[1]
    assert process.returncode == 6
    assert "error: cannot write /dev/full: No space left on device\n" in said
    manifest = _manifest(tmp_path)
    assert manifest["frames"] == manifest["lines_lost"] == FRAMES
    assert manifest["end_reason"] == "limit reached"


@pytest.mark.parametrize(
    "name",
    [
        "door[!].avi",
        "[bold]door[",
        "{0} %s :smile:.avi",
        "\x1b]0;title\x07\x1b[2J.avi",
        "\N{RIGHT-TO-LEFT OVERRIDE}iva.avi",
        "\x9b31m\r\n error: no.avi",
        "[link=x]a[",
    ],
)
def test_names_of_every_kind_are_named_and_steer_nothing(name: str, tmp_path: Path) -> None:
    film(tmp_path / "plain.avi", 5)
    (tmp_path / "plain.avi").rename(tmp_path / name)
    toml = tmp_path / "two.toml"
    quoted = json.dumps(name)
    toml.write_text(
        f'[[source]]\nname = "a[/]"\nsource = {quoted}\n\n[[source]]\nsource = {quoted}\n'
    )
    for options in (("--source", name), ("--config", toml)):
        process = spawn(*RUN, *options, "-v", "--stats-interval", "1ms", folder=tmp_path)
        said = process.communicate(timeout=LATEST)[1]
        assert process.returncode == 0, said
        assert all(line.isprintable() for line in said.splitlines())
        assert not any(line.startswith("error") for line in said.splitlines())
    states = [json.loads(path.read_text()) for path in tmp_path.glob("out/*/manifest.json")]
    assert [(one["state"], one["frames"]) for one in states] == [("finished", 5)] * 3
