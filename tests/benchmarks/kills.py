"""What is left of a recording whose program was killed, once `sessions repair` has been at it.

    python -m tests.benchmarks.kills [--count 100] [--codec h264 --codec mpeg4 --codec mjpeg]
        [--jobs 4] [--seed 1] [--folder DIR]

The made-up scene is recorded, overlay and raw, in files of two seconds. At a time by chance, 0.3 to
5 seconds after its first line, the program and all that it started are killed. Printed for each
codec are the frames whose capture lay a second or more before the kill; how many of them have
their picture in every video afterwards; how many frames lack it in all, the last second included;
how long before the kill the last saved one was captured; lines that were lost; by how many frames
a video's length differs from the time its frames took; and by how much its start differs from the
clock of the frame that it shows. Every file of each fifth session is decoded by ffprobe as well.
Sessions with a fault are kept.
"""

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import jsonschema
import numpy as np

from livesegment.atomic import growing
from livesegment.codecs.registry import CODECS
from livesegment.matroska.reader import MatroskaReader
from livesegment.sessions.repair import repair
from livesegment.sessions.schema import schema
from livesegment.sessions.session import LINES, Session, Video
from livesegment.sources.synthetic import FPS, Scene

ROOT = Path(__file__).parents[2]
SOONEST, LATEST = 0.3, 5.0
"""Seconds from the first line to the kill."""
SAFE = 1.0
"""Seconds before the kill; what is older must be saved."""
NEAR = 0.002
PATIENCE = 60.0
"""Seconds that the program may take to begin."""
EACH = 5
"""Of so many kills, one is looked at by the programs too."""
KINDS = ("overlay", "raw")


@dataclass(frozen=True, slots=True)
class Kill:
    """What was there when the program was killed."""

    session: Path
    at: float
    """Wall clock, seconds."""
    seen: int
    """Whole lines just before."""


@dataclass(slots=True)
class Outcome:
    """What was there after the repair."""

    written: int = 0
    """Frames a second or more before the kill."""
    saved: int = 0
    """Of these, with their picture in every video."""
    frames: int = 0
    lost: int = 0
    """Frames without their picture in one of the videos."""
    holes: int = 0
    """Of these, such as lie before one that was saved."""
    tail: float = 0.0
    """Seconds from the capture of the last saved frame to the kill."""
    lines_lost: int = 0
    length_error: float = 0.0
    """In frames as far apart as those of the file are; the worst of all files."""
    start_error: float = 0.0
    """Seconds between a raw file's start and the clock of the frame it begins with; the worst."""
    faults: list[str] = field(default_factory=list)


def kill(codec: str, after: float, folder: Path) -> Kill:
    """Record into a folder, and kill the program so many seconds after its first line."""
    command = (
        "run --source synthetic --realtime --model colour-shapes --headless --record-raw "
        f"--segment-length 2s --min-free 0 --quiet --codec {codec} --record"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "livesegment", *command.split(), str(folder)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + PATIENCE
        while not _growing_lines(folder):
            _wait(process, 0.01)
            if time.monotonic() > until:
                raise TimeoutError(f"no line within {PATIENCE:g} s")
        _wait(process, after)
        seen = _growing_lines(folder)
    finally:
        at = time.time()
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return Kill(next(folder.iterdir()), at, seen)


def _wait(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """Let the program run for a while; it must not end."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return
    said = process.stderr.read().decode() if process.stderr else ""
    raise ChildProcessError(f"the program ended with {process.returncode}: {said}")


def _growing_lines(folder: Path) -> int:
    """Whole lines of the session in a folder."""
    return sum(path.read_bytes().count(b"\n") for path in folder.glob(f"*/{_PART}"))


_PART = growing(Path(LINES)).name


def outcome(killed: Kill, *, closely: bool = False) -> Outcome:
    """Repair a session, and see what there is of it.

    Args:
        killed: the session.
        closely: whether to repair it by the command, and have its files decoded by ffprobe.
    """
    found, path = Outcome(), killed.session
    before = (path / _PART).read_bytes().splitlines(keepends=True)
    whole = [line for line in before if line.endswith(b"\n")]
    if closely:
        ended = _said([sys.executable, "-m", "livesegment", "sessions", "repair", str(path)])
        found.faults += [f"sessions repair: {ended.stderr}"] if ended.returncode else []
    else:
        repair(path)
    state = _state(path)
    if repair(path).saved or _state(path) != state:
        found.faults.append("a second repair changed something")
    lines = _valid_lines(path, found)
    kept = (path / LINES).read_bytes().splitlines(keepends=True)
    found.lines_lost = max(killed.seen, len(whole)) - len(kept)
    if kept[: len(whole)] != whole:
        found.faults.append("lines are not what they were")
    session = Session.open(path)
    for error in _validator("manifest").iter_errors(dict(session.manifest)):
        found.faults.append(f"manifest: {error.message}")
    _count(session, lines, killed.at, found)
    for kind in KINDS:
        _measure(session.videos(kind), lines, found)
    if closely and shutil.which("ffprobe"):
        for video in session.videos():
            _probe(video, found)
    return found


def _state(path: Path) -> dict[str, tuple[bytes, int]]:
    """Every file: what is in it and when it was changed."""
    files = (file for file in path.rglob("*") if file.is_file())
    return {str(file): (file.read_bytes(), file.stat().st_mtime_ns) for file in files}


def _said(command: list[str]) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _validator(kind: Any) -> Any:
    return jsonschema.Draft202012Validator(schema(kind))


def _valid_lines(path: Path, found: Outcome) -> list[dict[str, Any]]:
    """The lines as objects; the first and the last are held against the schema."""
    lines = []
    for number, text in enumerate((path / LINES).read_bytes().split(b"\n")[:-1], 1):
        try:
            lines.append(json.loads(text))
        except ValueError:
            found.faults.append(f"line {number} is no JSON")
    for line in (lines[0], lines[-1]):
        for error in _validator("frame").iter_errors(line):
            found.faults.append(f"line of frame {line['frame']}: {error.message}")
    return lines


def _count(session: Session, lines: list[dict[str, Any]], at: float, found: Outcome) -> None:
    """Count the frames that have their picture."""
    times = [datetime.fromisoformat(line["time"]).timestamp() for line in lines]
    covers = [_covers(session.videos(kind)) for kind in KINDS]
    there = [all(_is_in(line["clock"], spans) for spans in covers) for line in lines]
    older = [is_there for is_there, time in zip(there, times, strict=True) if time <= at - SAFE]
    last = max((i for i, is_there in enumerate(there) if is_there), default=-1)
    found.frames, found.lost = len(there), there.count(False)
    found.written, found.saved = len(older), older.count(True)
    found.holes = there[: last + 1].count(False)
    found.tail = at - (times[last] if last >= 0 else times[0])


def _covers(videos: Sequence[Video]) -> list[tuple[float, float]]:
    """(from, to) on the session's clock of what is in the videos, in order."""
    spans = []
    for video in videos:
        reader = MatroskaReader(video.path)
        if video.facts["codec"] == "mpeg4":
            half = 0.5 / (reader.track.fps or FPS)
            end = video.start + (reader.duration_ms or 0.0) / 1000
            spans.append((video.start - half, end))
        else:
            clocks = [video.start + block.ms / 1000 for block in reader]
            spans += [(clock - NEAR, clock + NEAR) for clock in clocks]
    return sorted(spans)


def _is_in(clock: float, spans: Sequence[tuple[float, float]]) -> bool:
    place = bisect_left(spans, (clock + 1e-6, 0.0))
    return any(begin <= clock <= end for begin, end in spans[max(0, place - 2) : place])


def _measure(videos: Sequence[Video], lines: list[dict[str, Any]], found: Outcome) -> None:
    """Hold each video's length against its frames, and its first picture against its start."""
    clocks = [line["clock"] for line in lines]
    for i, video in enumerate(videos):
        reader = MatroskaReader(video.path)
        times = [block.ms / 1000 for block in reader]
        if not reader.whole or reader.lost_bytes:
            found.faults.append(f"{video.path.name} is not whole")
        steps = [late - early for early, late in pairwise(sorted(times))]
        step = max(1 / FPS, statistics.median(steps or [0.0]))
        span = max(times) + step
        if i + 1 < len(videos):
            span = videos[i + 1].start - video.start
        seconds = (reader.duration_ms or 0.0) / 1000
        error = max(abs(seconds - span), abs(video.facts["seconds"] - seconds)) / step
        found.length_error = max(found.length_error, error)
        if video.kind == "raw":
            nearest = min(range(len(clocks)), key=lambda k: abs(clocks[k] - video.start))
            shown = _shown(video.path, lines, nearest)
            found.start_error = max(found.start_error, abs(clocks[shown] - video.start))


def _shown(path: Path, lines: list[dict[str, Any]], nearest: int) -> int:
    """Which line's frame a video begins with, among those near one."""
    arrived, picture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG).read()
    if not arrived:
        raise ValueError(f"{path.name} has no picture")
    scene, near = Scene(), range(max(0, nearest - 9), min(len(lines), nearest + 10))
    differs = [
        float(np.abs(scene.picture(lines[k]["frame"] / FPS).astype(int) - picture).mean())
        for k in near
    ]
    return near[int(np.argmin(differs))]


def _probe(video: Video, found: Outcome) -> None:
    """Have every picture decoded by ffprobe."""
    command = "ffprobe -v error -count_frames -select_streams v:0 -of json -show_entries"
    asked = "stream=nb_read_frames:format=duration"
    ended = _said([*command.split(), asked, str(video.path)])
    if ended.returncode or ended.stderr:
        found.faults.append(f"{video.path.name}: ffprobe: {ended.stderr}")
        return
    said = json.loads(ended.stdout)
    frames, facts = int(said["streams"][0]["nb_read_frames"]), video.facts
    if frames != facts["frames"]:
        found.faults.append(f"{video.path.name}: {frames} frames, not {facts['frames']}")
    error = abs(float(said["format"]["duration"]) - facts["seconds"]) * FPS
    found.length_error = max(found.length_error, error)


def row(codec: str, found: Sequence[Outcome]) -> tuple[str, ...]:
    """A codec's line of the table."""
    old = [one for one in found if one.written]
    written, tails = sum(one.written for one in old), [1000 * one.tail for one in found]
    shares = [100 * one.saved / one.written for one in old] or [100.0]
    return (
        codec,
        str(len(found)),
        str(written),
        f"{100 * sum(one.saved for one in old) / max(written, 1):.2f}",
        f"{statistics.mean(shares):.2f}",
        f"{min(shares):.2f}",
        f"{sum(one.lost for one in found)} of {sum(one.frames for one in found)}",
        str(sum(one.holes for one in found)),
        f"{statistics.median(tails):.0f} / {max(tails):.0f}",
        str(sum(one.lines_lost for one in found)),
        f"{max(one.length_error for one in found):.2f}",
        f"{1000 * max(one.start_error for one in found):.1f}",
        str(sum(bool(one.faults) for one in found)),
    )


HEADER = (
    *("codec", "kills", "written 1 s before", "saved %", "mean %", "worst %", "lost in all"),
    *(
        "of these amid",
        "tail ms median / max",
        "lines lost",
        "length off",
        "start off ms",
        "faulty",
    ),
)


def _attempt(number: int, codec: str, after: float, folder: Path) -> Outcome:
    """One kill; what it left is removed if all is well."""
    try:
        killed = kill(codec, after, folder)
        found = outcome(killed, closely=number % EACH == 0)
    except Exception as error:  # noqa: BLE001 -- a fault like others: it is counted and told
        found = Outcome(faults=[f"{type(error).__name__}: {error}"])
    off = found.length_error > 1 or found.start_error > NEAR or found.lines_lost
    if found.faults or off or found.saved < found.written or found.holes:
        print(f"{folder}, killed after {after:.2f} s: {found}", flush=True)
    else:
        shutil.rmtree(folder)
    return found


def main() -> None:
    """Kill, repair, look, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--codec", action="append", choices=CODECS)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    base = given.folder or Path(tempfile.mkdtemp(prefix="kills-"))
    chance = random.Random(given.seed)  # noqa: S311 -- no secret
    rows: list[tuple[str, ...]] = [HEADER]
    for codec in given.codec or CODECS:
        # No threads: one's child would for a moment hold the lock of another's session.
        with ProcessPoolExecutor(given.jobs) as pool:
            attempts = []
            for i in range(given.count):
                after, folder = chance.uniform(SOONEST, LATEST), base / f"{codec}-{i}"
                attempts.append(pool.submit(_attempt, i, codec, after, folder))
        rows.append(row(codec, [attempt.result() for attempt in attempts]))
        print(" | ".join(rows[-1]), flush=True)
    print()
    for cells in rows:
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
