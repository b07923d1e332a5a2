"""Runs ended in twenty ways at moments by chance: what is left running, and what of the recording.

    python -m tests.benchmarks.endings [--count 100] [--seed 1] [--way NAME ...] [--jobs 2]

The made-up scene is recorded, overlay and raw, with JSON lines and events, some of it in a window
under Xvfb; then it is ended, or what it depends on is taken away. Two seconds later no process of
the run may be there. The session is repaired: its manifest has to fit the schema, every video has
to be whole, and lines and videos have to end within five seconds of each other. Power cuts are
those of an ext4 file system in a file that is shut down without a flush, which takes root on Linux.
"""

import argparse
import fcntl
import json
import os
import pty
import random
import secrets
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema

from livesegment.matroska.reader import MatroskaReader
from livesegment.sessions.repair import repair
from livesegment.sessions.schema import schema
from livesegment.sessions.session import LINES, Session
from tests.benchmarks.aftermath import GROWING_LINES, environment
from tests.sinks.x_server import running

SOONEST, LATEST = 0.5, 6.0
"""Seconds from the first line to the end."""
PATIENCE, GRACE = 60.0, 2.0
"""Seconds until the first line; seconds that what is left of a run may take to go."""
AGREE = 5.0
"""Seconds by which lines and videos may end apart."""
SHUTDOWN, WITHOUT_FLUSH = 0x8004587D, 2
"""`ioctl` of ext4."""
MARK = "LIVESEGMENT_TESTED_RUN"
ROOM = 24
"""Megabytes of a disk that is to become full."""


@dataclass
class Run:
    """A run that goes on."""

    process: "subprocess.Popen[bytes]"
    folder: Path
    stack: ExitStack
    display: "subprocess.Popen[str] | None" = None
    readers: dict[str, int] = field(default_factory=dict)
    """Descriptors at the other ends of its output."""
    disk: Path | None = None
    mark: str = ""
    """What its environment has in `MARK`, and that of all it starts."""

    def send(self, number: int) -> None:
        """Send a signal to the program alone."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)


@dataclass(frozen=True)
class Way:
    """One way to end."""

    name: str
    end: Callable[[Run], None]
    """Ends the run or takes something away, and sees that it ends."""
    window: bool = False
    disk: str = ""
    """Its file system: "small" or "ext4"; empty: the usual one."""
    words: str = ""
    """Where the program's words go: "pipe" or "terminal"."""
    lines: bool = False
    """Whether lines go to standard output as well, through a pipe."""
    options: tuple[str, ...] = ()


def by(number: int) -> Callable[[Run], None]:
    """End it by a signal."""
    return lambda run: run.send(number)


def group(run: Run) -> None:
    """Kill it and all that it started, as a machine that is short of memory may."""
    with suppress(ProcessLookupError):
        os.killpg(run.process.pid, signal.SIGKILL)


def paused(run: Run) -> None:
    """Stop it for a moment, then end it."""
    run.send(signal.SIGSTOP)
    time.sleep(1)  # noqa: TID251 -- nothing happens meanwhile that could be waited for
    run.send(signal.SIGCONT)
    run.send(signal.SIGTERM)


def display(number: int) -> Callable[[Run], None]:
    """Do something to the X server, and end the run a second later."""

    def end(run: Run) -> None:
        assert run.display is not None
        run.display.send_signal(number)
        _later(run, 1.0)
        run.send(signal.SIGTERM)
        run.process.wait(10)
        run.display.send_signal(signal.SIGCONT)

    return end


def child(run: Run) -> None:
    """Kill the processes that it started, and end it a second later."""
    for pid in _members(run) - {run.process.pid}:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _later(run, 1.0)
    run.send(signal.SIGINT)


def reader(which: str, *, gone: bool) -> Callable[[Run], None]:
    """Let a reader of its output go away, or read no more; end it two seconds later."""

    def end(run: Run) -> None:
        if gone:
            os.close(run.readers.pop(which))
        _later(run, 2.0)
        run.send(signal.SIGTERM)

    return end


def full(run: Run) -> None:
    """Wait until the disk is full, and end it if it goes on."""
    _later(run, 8.0)
    run.send(signal.SIGTERM)


def power(run: Run) -> None:
    """Cut the disk off, as a power cut does, and kill what ran."""
    assert run.disk is not None
    descriptor = os.open(run.disk, os.O_RDONLY)
    fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", WITHOUT_FLUSH))
    os.close(descriptor)
    group(run)
    run.process.wait(10)
    _command("umount", str(run.disk))
    _command("mount", "-o", "loop", f"{run.disk}.img", str(run.disk))


def itself(run: Run) -> None:
    """Wait for the end that was asked for."""
    run.process.wait(PATIENCE)


WAYS = {
    way.name: way
    for way in (
        Way("SIGKILL", by(signal.SIGKILL)),
        Way("SIGKILL, all of it", group),
        Way("SIGKILL, with a window", by(signal.SIGKILL), window=True),
        Way("SIGTERM", by(signal.SIGTERM)),
        Way("SIGINT", by(signal.SIGINT)),
        Way("SIGHUP", by(signal.SIGHUP), words="terminal"),
        Way("SIGQUIT", by(signal.SIGQUIT)),
        Way("SIGSTOP, then SIGTERM", paused),
        Way("X server killed", display(signal.SIGKILL), window=True),
        Way("X server stopped", display(signal.SIGSTOP), window=True),
        Way("window's process killed", child, window=True),
        Way("reader of words gone", reader("words", gone=True), words="pipe"),
        Way("reader of words stops", reader("words", gone=False), words="pipe"),
        Way("terminal gone", reader("words", gone=True), words="terminal"),
        Way("reader of lines gone", reader("lines", gone=True), lines=True),
        Way("reader of lines stops", reader("lines", gone=False), lines=True),
        Way("disk full", full, disk="small"),
        Way("power cut", power, disk="ext4"),
        Way("power cut, H.264", power, disk="ext4", options=("--codec", "h264")),
        Way("time is over", itself, options=("--duration", "3s")),
    )
}


def attempt(name: str, after: float, folder: Path) -> list[str]:
    """End one run; what is wrong then."""
    way = WAYS[name]
    with ExitStack() as stack:
        run = _start(way, folder, stack)
        session = _session(run)
        _later(run, after)
        way.end(run)
        try:
            run.process.wait(20)
        except subprocess.TimeoutExpired:
            group(run)
            run.process.wait()
            return ["it did not end"]
        return _left(run) + _recording(session)


def _start(way: Way, folder: Path, stack: ExitStack) -> Run:
    folder.mkdir(parents=True)
    disk = stack.enter_context(_disk(way.disk, folder)) if way.disk else None
    shown = stack.enter_context(_display()) if way.window else None
    command = [
        "run",
        "--source",
        "synthetic",
        "--realtime",
        "--model",
        "colour-shapes",
        "--record-raw",
        "--segment-length",
        "2s",
        "--record-all",
        "--min-free",
        "0",
        "--on",
        "red>=1",
    ]
    command += ["--window" if way.window else "--headless", *way.options]
    command += ["--jsonl", "-"] if way.lines else []
    command += ["--record", str((disk or folder) / "out")]
    out = words = subprocess.DEVNULL
    readers: dict[str, int] = {}
    if way.lines:
        readers["lines"], out = os.pipe()
    if way.words:
        readers["words"], words = os.pipe() if way.words == "pipe" else pty.openpty()
    mark = secrets.token_hex(8)
    process = subprocess.Popen(
        [sys.executable, "-m", "livesegment", *command],
        env=environment() | {MARK: mark} | ({"DISPLAY": shown[1]} if shown else {}),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=words,
        start_new_session=True,
    )
    for end in (out, words):
        if end >= 0:
            os.close(end)
    run = Run(process, (disk or folder) / "out", stack, shown and shown[0], readers, disk, mark)
    stack.callback(_over, run)
    return run


def _over(run: Run) -> None:
    """See that nothing of a run is left, whatever happened."""
    group(run)
    run.process.wait()
    for descriptor in run.readers.values():
        os.close(descriptor)


def _session(run: Run) -> Path:
    """The session's folder, once it has a line."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for path in run.folder.glob(f"*/{GROWING_LINES}"):
            if b"\n" in path.read_bytes():
                return path.parent
        _later(run, 0.02)
    raise TimeoutError("no line came")


def _later(run: Run, seconds: float) -> None:
    """Let the run go on for a while, reading what it writes but for what is not to be read."""
    with suppress(subprocess.TimeoutExpired):
        run.process.wait(seconds)


def _members(run: Run) -> set[int]:
    """The processes of a run: itself, and all that has its environment."""
    mark = f"{MARK}={run.mark}".encode()
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z" and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.add(int(entry.name))
    return found


def _left(run: Run) -> list[str]:
    """Processes that are still there after a while."""
    until = time.monotonic() + GRACE
    while time.monotonic() < until:
        if not _members(run):
            return []
        time.sleep(0.05)  # noqa: TID251 -- other processes end, and nothing tells of it
    said = []
    for pid in sorted(_members(run)):
        with suppress(OSError):
            said.append(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode())
    return [f"left running: {'; '.join(said)}"] if said else []


def _recording(path: Path) -> list[str]:
    """What is wrong with a session once it was repaired."""
    ended = subprocess.run(
        [sys.executable, "-m", "livesegment", "sessions", "repair", str(path)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    faults = [f"repair: {ended.stderr}"] if ended.returncode else []
    if repair(path).saved:
        faults.append("a second repair saved something")
    session = Session.open(path)
    validator: Any = jsonschema.Draft202012Validator(schema("manifest"))
    faults += [f"manifest: {one.message}" for one in validator.iter_errors(dict(session.manifest))]
    ends: dict[str, float] = {}
    for kind in ("overlay", "raw"):
        for video in session.videos(kind):
            film = MatroskaReader(video.path)
            if not film.whole or film.lost_bytes:
                faults.append(f"{video.path.name} is not whole")
            ends[kind] = max(ends.get(kind, 0.0), video.start + (film.duration_ms or 0) / 1000)
    try:
        last = json.loads((path / LINES).read_bytes().splitlines()[-1])
        ends["lines"] = float(last["clock"])
    except (OSError, IndexError, ValueError) as error:
        faults.append(f"lines: {error}")
    if len(ends) == 3 and max(ends.values()) - min(ends.values()) > AGREE:
        faults.append(f"they end apart: {ends}")
    elif len(ends) < 3:
        faults.append(f"there is only {', '.join(ends)}")
    return faults


@contextmanager
def _display() -> Generator["tuple[subprocess.Popen[str], str]"]:
    screen = ("-screen", "0", "1024x768x24", "-nolisten", "tcp", "-noreset")
    with running("Xvfb", "-displayfd", "1", *screen) as server:
        assert server.stdout is not None
        yield server, f":{server.stdout.readline().strip()}"


@contextmanager
def _disk(kind: str, folder: Path) -> Generator[Path]:
    """A file system of its own."""
    place = folder / "disk"
    place.mkdir()
    if kind == "small":
        _command("mount", "-t", "tmpfs", "-o", f"size={ROOM}m", "none", str(place))
    else:
        image = Path(f"{place}.img")
        with image.open("wb") as file:
            file.truncate(512 << 20)
        _command("mkfs.ext4", "-q", str(image))
        _command("mount", "-o", "loop", str(image), str(place))
    try:
        yield place
    finally:
        _command("umount", "-l", str(place))


def _command(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def main() -> None:
    """End runs, look, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--way", action="append", choices=WAYS)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    chance = random.Random(given.seed)  # noqa: S311 -- no secret
    names = given.way or list(WAYS)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)  # what a shell's & ignores, the runs would ignore
    base = Path(tempfile.mkdtemp(prefix="endings-"))
    found: dict[str, list[list[str]]] = {name: [] for name in names}
    with ProcessPoolExecutor(given.jobs) as pool:
        tries = []
        for i in range(given.count):
            name, after = names[i % len(names)], chance.uniform(SOONEST, LATEST)
            tries.append((name, pool.submit(_tried, name, after, base / str(i))))
        for name, one in tries:
            found[name].append(one.result())
    print("| ended by | runs | whole |\n| --- | --- | --- |")
    for name, each in found.items():
        print(f"| {name} | {len(each)} | {sum(not faults for faults in each)} |")


def _tried(name: str, after: float, folder: Path) -> list[str]:
    try:
        faults = attempt(name, after, folder)
    except Exception as error:  # noqa: BLE001 -- a fault like others: it is counted and told
        faults = [f"{type(error).__name__}: {error}"]
    if faults:
        print(f"{name}, after {after:.2f} s, {folder}: {'; '.join(faults)}", flush=True)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return faults


if __name__ == "__main__":
    main()
