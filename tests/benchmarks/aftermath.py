"""What there is of a recording after a kill and a repair, held against what there was before."""

import json
import os
import shutil
import statistics
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import jsonschema
import numpy as np

from livesegment.atomic import growing
from livesegment.matroska.reader import MatroskaReader
from livesegment.sessions.repair import repair
from livesegment.sessions.schema import schema
from livesegment.sessions.session import LINES, Session, Video
from livesegment.sources.synthetic import FPS, Scene

GROWING_LINES = growing(Path(LINES)).name
SAFE = 1.0
"""Seconds before the kill; what is older must be saved."""
NEAR = 0.002
"""Seconds; times are rounded to a millisecond in several places."""
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


def environment() -> dict[str, str]:
    """Variables with which `python -m livesegment` is this one."""
    return os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}


def outcome(killed: Kill, *, closely: bool = False) -> Outcome:
    """Repair a session, and see what there is of it.

    Args:
        killed: the session.
        closely: whether to repair it by the command, and have its files decoded by ffprobe.
    """
    found, path = Outcome(), killed.session
    before = (path / GROWING_LINES).read_bytes().splitlines(keepends=True)
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
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)


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
        if video.facts.codec == "mpeg4":
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
        error = max(abs(seconds - span), abs((video.facts.seconds or 0.0) - seconds)) / step
        found.length_error = max(found.length_error, error)
        if video.facts.kind == "raw":
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
    if frames != facts.frames:
        found.faults.append(f"{video.path.name}: {frames} frames, not {facts.frames}")
    error = abs(float(said["format"]["duration"]) - (facts.seconds or 0.0)) * FPS
    found.length_error = max(found.length_error, error)
