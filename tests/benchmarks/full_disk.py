"""What a recording does when its disk is full, or its folder is taken away.

    python -m tests.benchmarks.full_disk [--codec mjpeg ...] [--window]

Each trial is a run of the program into a small file system of its own (`mount -t tmpfs`, which
takes root on Linux), until it ends by itself. Then every video is decoded by ffprobe and counted,
room is made, and `livesegment sessions repair` is called. With `--window` the runs have a window,
on `$DISPLAY`: they are to go on without the recording, and to end with status 6 all the same.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CEILING = 240.0
"""Seconds that one run may take."""
PERIOD = 0.2
"""Seconds between two looks at a folder."""
ROOM = {"mjpeg": 24, "mpeg4": 16, "h264": 8}
"""Megabytes that are full after some segments."""


class MountRefused(Exception):  # noqa: N818 -- a fact about the machine
    """This user may not mount, or this system has no tmpfs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    code: int
    err: str
    session: Path | None
    """The folder that it left."""
    seconds: float
    """How long it was waited for."""

    @property
    def complaint(self) -> list[str]:
        """What it says is wrong, and what to do."""
        words = ("error:", "hint:", "WARNING", "Traceback")
        return [line.rstrip() for line in self.err.splitlines() if line.startswith(words)]


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in a session."""

    state: str | None
    """As the manifest says; None: it cannot be read."""
    reason: str | None
    segments: int
    """Video files under their final names."""
    pictures: int
    """That ffprobe decodes of them."""
    faults: tuple[str, ...]
    """What is wrong with videos and lines."""


@contextmanager
def small_disk(megabytes: int) -> Generator[Path]:
    """A file system of its own, gone at the end of the block.

    Raises:
        MountRefused: it cannot be mounted.
    """
    with tempfile.TemporaryDirectory() as folder:
        _mount("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def enlarge(disk: Path, megabytes: int) -> None:
    """Make room on a small disk."""
    _mount("-o", f"remount,size={megabytes}m", str(disk))


def _mount(*arguments: str) -> None:
    try:
        done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    except OSError as error:
        raise MountRefused(str(error)) from error
    if done.returncode:
        raise MountRefused(done.stderr.strip())


def start(parent: Path, *options: str) -> "subprocess.Popen[str]":
    """`livesegment run` of a made-up scene, recorded into a folder."""
    windowed = "--window" in options
    hidden = {"DISPLAY"} - ({"DISPLAY"} if windowed else set())
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "livesegment", "run", "--source", "synthetic", "--realtime"),
            *("--model", "colour-shapes", "--record", str(parent), "--segment-length", "2s"),
            *(() if windowed else ("--headless",)),
            *options,
        ],
        env={key: value for key, value in os.environ.items() if key not in hidden}
        | {"PYTHONPATH": str(ROOT), "COLUMNS": "400"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: "subprocess.Popen[str]", parent: Path) -> Outcome:
    """Wait for a run to end."""
    begun = time.monotonic()
    try:
        _, err = process.communicate(timeout=CEILING)
    finally:
        process.kill()
    return Outcome(process.returncode, err, session_in(parent), time.monotonic() - begun)


def session_in(parent: Path) -> Path | None:
    """The session folder that is there."""
    if not parent.is_dir():
        return None
    return next((path for path in sorted(parent.iterdir()) if path.is_dir()), None)


def take_away(parent: Path, *, after: str) -> None:
    """Remove the session once it has a file of a name, with the ceiling as patience."""
    nobody = threading.Event()
    for _ in range(round(CEILING / PERIOD)):
        session = session_in(parent)
        if session is not None and (session / after).exists():
            while session.exists():  # a file may come while others go
                shutil.rmtree(session, ignore_errors=True)
            return
        nobody.wait(PERIOD)
    raise AssertionError(f"{after} did not appear in {parent}")


def repair(parent: Path) -> Outcome:
    """`livesegment sessions repair latest`."""
    begun = time.monotonic()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "livesegment", "sessions", "repair", "latest"),
            *("--in", str(parent)),
        ],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stderr, session_in(parent), time.monotonic() - begun)


def look(session: Path) -> Found:
    """Decode and count all that is in a session."""
    faults: list[str] = []
    manifest: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        manifest = json.loads((session / "manifest.json").read_text("utf-8"))
    told = {video["file"]: video for video in manifest.get("videos", ())}
    films = [path for path in sorted(session.glob("*.mkv")) if ".part." not in path.name]
    pictures = 0
    for path in films:
        count, complaint = count_pictures(path)
        pictures += count
        if complaint or not count:
            faults.append(f"{path.name}: {complaint or 'no picture'}")
        frames = told.get(path.name, {}).get("frames")
        if manifest.get("state") != "recording" and frames != count:
            faults.append(f"{path.name}: {count} pictures, the manifest says {frames}")
    faults += [f"{path.name} was left" for path in sorted(session.glob("*.part*"))]
    lines = session / "frames.jsonl"
    if lines.exists():
        try:
            for line in lines.read_text("utf-8").splitlines():
                json.loads(line)
        except ValueError as error:
            faults.append(f"{lines.name}: {error}")
    return Found(
        manifest.get("state"), manifest.get("end_reason"), len(films), pictures, tuple(faults)
    )


def count_pictures(path: Path) -> tuple[int, str]:
    """How many pictures ffprobe decodes, and what it complains of."""
    done = subprocess.run(
        [
            *("ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0"),
            *("-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", str(path)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    digits = done.stdout.strip().strip(",")
    return int(digits) if digits.isdigit() else 0, done.stderr.strip()


def trial(codec: str, min_free: str, *, more: Sequence[str] = ()) -> None:
    """Fill a disk, look, make room, repair, look again; all of it printed."""
    room = ROOM[codec] // (4 if more else 1) + (8 if min_free == "8MB" else 0)
    with small_disk(room) as disk:
        options = ("--codec", codec, "--record-raw", *more)
        if min_free:
            options += ("--min-free", min_free)
        _report(
            f"{codec}, {room} MB, --min-free {min_free or 'as it is'}",
            disk,
            ended(start(disk / "s", *options), disk / "s"),
        )


def removed(codec: str, *, more: Sequence[str] = ()) -> None:
    """Take the session's folder away in mid-run."""
    with tempfile.TemporaryDirectory() as folder:
        parent = Path(folder) / "s"
        process = start(parent, "--codec", codec, "--min-free", "0", "--record-raw", *more)
        take_away(parent, after="overlay-0002.mkv")
        _report(f"{codec}, folder removed", None, ended(process, parent))


def _report(title: str, disk: Path | None, outcome: Outcome) -> None:
    print(f"\n## {title}: exit status {outcome.code} after {outcome.seconds:.0f} s")
    for line in outcome.complaint:
        print(f"   {line}")
    if outcome.session is None:
        print("   nothing left")
        return
    print("   ", look(outcome.session))
    if disk is not None:
        enlarge(disk, 200)
        mended = repair(disk / "s")
        print(f"    repair: exit status {mended.code} {' '.join(mended.complaint)}")
        print("   ", look(outcome.session))


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--codec", nargs="+", choices=list(ROOM), default=list(ROOM))
    parser.add_argument("--window", action="store_true")
    given = parser.parse_args()
    for codec in given.codec:
        if given.window:
            more = ("--window", "--duration", "40s")
            trial(codec, "0", more=more)
            removed(codec, more=("--window", "--duration", "12s"))
            continue
        for min_free in ("0", "8MB", ""):
            trial(codec, min_free)
        removed(codec)


if __name__ == "__main__":
    main()
