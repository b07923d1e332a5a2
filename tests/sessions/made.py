"""Sessions made by hand, of which everything is known: pictures, masks, times, sums."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.frame import Image
from livesegment.instances import Mask
from livesegment.matroska.writer import MatroskaWriter, Track
from livesegment.rle import crop_counts, encode_counts

LABELS = ("red", "green", "blue")
COLOURS = ((40, 40, 220), (40, 200, 40), (220, 80, 40))
"""BGR of the classes in the pictures."""
GREY = 90
"""What is behind the objects."""
STARTED = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
BEGINNING = 0.5
"""Of the first frame of a live session, seconds on its clock."""
FILM_PACE = 3.0
"""How much faster than its own clock a film was gone through."""
NO_BOOT = "00000000-0000-0000-0000-000000000000"
"""The boot id of no machine: what was recorded under it is not being recorded any more."""


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """One object of one frame."""

    mask: Mask
    """(height, width) bool, of the whole frame."""
    class_id: int = 0
    score: float = 0.9
    track_id: int = 0
    """0: not tracked yet."""


def square_and_disc(frame: int, size: tuple[int, int]) -> list[Thing]:
    """A red square that moves a pixel a frame to the right and around, and a green disc."""
    width, height = size
    square = np.zeros((height, width), bool)
    side = max(2, height // 4)
    left = frame % max(1, width - side)
    square[2 : 2 + side, left : left + side] = True
    y, x = np.mgrid[:height, :width]
    disc = (x - width * 0.7) ** 2 + (y - height * 0.7) ** 2 <= (height / 6) ** 2
    return [Thing(square, 0, 0.9, 1), Thing(disc, 1, 0.6, 2)]


def picture(things: Sequence[Thing], size: tuple[int, int]) -> Image:
    """The objects in their classes' colours on grey, the first in front: what a camera saw."""
    image = np.full((size[1], size[0], 3), GREY, np.uint8)
    for thing in reversed(things):
        image[thing.mask] = COLOURS[thing.class_id % len(COLOURS)]
    return image


def clock_of(frame: int, fps: float, *, live: bool = True) -> float:
    """When frame `frame` was captured, seconds on the session's clock, to the millisecond."""
    return round((BEGINNING if live else 0.0) + frame / fps, 3)


def instance(thing: Thing) -> dict[str, Any]:
    """An object as frames.jsonl has it."""
    height, width = thing.mask.shape
    rows, columns = np.flatnonzero(thing.mask.any(1)), np.flatnonzero(thing.mask.any(0))
    box = [0.0, 0.0, 0.0, 0.0]
    if rows.size:
        x, y = int(columns[0]), int(rows[0])
        box = [float(x), float(y), float(columns[-1] + 1 - x), float(rows[-1] + 1 - y)]
    row: dict[str, Any] = {"track_id": thing.track_id} if thing.track_id else {}
    counts = crop_counts(thing.mask, (0, 0), (width, height))
    return row | {
        "class_id": thing.class_id,
        "class": LABELS[thing.class_id],
        "score": thing.score,
        "bbox": box,
        "area": int(np.count_nonzero(thing.mask)),
        "segmentation": {"size": [height, width], "counts": encode_counts(counts)},
    }


def line(
    frame: int, things: Sequence[Thing], size: tuple[int, int], fps: float, *, live: bool = True
) -> dict[str, Any]:
    """A line of frames.jsonl."""
    clock = clock_of(frame, fps, live=live)
    return {
        "frame": frame,
        "pts": clock,
        "clock": clock,
        "time": iso(clock if live else clock / FILM_PACE),
        "key_frame": frame,
        "mask_age": 0.0,
        "width": size[0],
        "height": size[1],
        "staleness": 0.02,
        "instances": [instance(thing) for thing in things],
    }


def iso(clock: float) -> str:
    """The wall clock at a time of the session's clock."""
    moment = STARTED + timedelta(seconds=clock)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_video(
    path: Path, images: Sequence[Image], ms: Sequence[int], *, fps: float, whole: bool = True
) -> None:
    """JPEGs in Matroska: finished, or as they are at the moment of a kill."""
    height, width = images[0].shape[:2]
    growing = path.with_name(f"{path.name}.growing")
    writer = MatroskaWriter(growing, Track("V_MJPEG", (width, height), fps=fps))
    for image, when in zip(images, ms, strict=True):
        writer.write(jpeg(image), when, key=True)
    killed = growing.read_bytes()
    writer.close(ms[-1] + round(1000 / fps))
    growing.replace(path)
    if not whole:
        path.write_bytes(killed)


def plant(kind: str, path: Path, target: Path) -> None:
    """Put something in the place of a file that only has its name.

    Args:
        kind: link, dangling, pipe, folder or missing.
        path: where it goes; whatever was there is gone.
        target: of a link; of a dangling one it is not there.
    """
    path.unlink(missing_ok=True)
    match kind:
        case "link" | "dangling":
            path.symlink_to(target)
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()


def jpeg(image: Image) -> bytes:
    """A picture as mjpeg has it."""
    data: NDArray[np.uint8] = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
    return data.tobytes()


def make_session(
    parent: Path,
    *,
    frames: int = 30,
    fps: float = 10.0,
    size: tuple[int, int] = (64, 48),
    raw: bool = True,
    live: bool = True,
    finished: bool = True,
    objects: Callable[[int, tuple[int, int]], Sequence[Thing]] = square_and_disc,
    segments: int = 1,
    name: str = "2026-11-23T08-30-00Z_camera-0",
) -> Path:
    """A session's folder, as a recording in mjpeg leaves it.

    Args:
        parent: where sessions are recorded; made where missing.
        frames: pictures of each video, and lines of frames.jsonl.
        fps: of them; frame i is at `clock_of(i, fps, live=live)`.
        size: width and height, even.
        raw: whether there are raw videos beside the overlay.
        live: whether the session's clock begins at `BEGINNING`; else it is the film's.
        finished: False: as a kill leaves it. The last segment is called .part.mkv and has no
            end, frames.part.jsonl ends in half a line, which comes after the `frames` whole ones,
            the manifest says "recording" by a process of another boot.
        objects: the objects of frame i in a picture of a size, best score first.
        segments: how many files each kind of video is cut into.
        name: of the folder.

    Returns:
        The session's folder.
    """
    path = parent / name
    path.mkdir(parents=True)
    shown = [objects(frame, size) for frame in range(frames)]
    raws = [picture(things, size) for things in shown]
    videos = []
    cuts = [frames * part // segments for part in range(segments + 1)]
    for kind in ("overlay", "raw") if raw else ("overlay",):
        images = raws if kind == "raw" else [overlaid(image) for image in raws]
        for number, (first, end) in enumerate(pairwise(cuts), 1):
            whole = finished or number < segments
            start = clock_of(first, fps, live=live)
            ms = [
                round(1000 * (clock_of(frame, fps, live=live) - start))
                for frame in range(first, end)
            ]
            file = path / f"{kind}-{number:04}.mkv"
            grown = file if whole else file.with_suffix(".part.mkv")
            write_video(grown, images[first:end], ms, fps=fps, whole=whole)
            facts: dict[str, Any] = {"file": file.name, "kind": kind, "codec": "mjpeg"}
            facts["encoder"] = "OpenCV JPEG"
            facts |= {"start": start, "width": size[0], "height": size[1], "fps": fps}
            if whole:
                seconds = (ms[-1] + round(1000 / fps)) / 1000
                facts |= {"seconds": seconds, "frames": end - first}
                facts["bytes"] = file.stat().st_size
            videos.append(facts)
    text = "".join(
        json.dumps(line(frame, things, size, fps, live=live), separators=(",", ":")) + "\n"
        for frame, things in enumerate(shown)
    )
    if finished:
        (path / "frames.jsonl").write_text(text, "utf-8")
    else:
        (path / "frames.part.jsonl").write_text(f'{text}{{"frame":{frames},"pts":3', "utf-8")
    manifest = facts_of_session(live=live) | {"videos": videos}
    if finished:
        ended = iso(clock_of(frames, fps, live=live))
        manifest |= {"state": "finished", "ended": ended, "end_reason": "end of source"}
        manifest |= {"captured": frames, "dropped": 0, "frames": frames, "events": 0}
        manifest["recorder_dropped"] = {"overlay": 0, "raw": 0}
    else:
        manifest |= {"state": "recording", "pid": 1, "boot": NO_BOOT}
    (path / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
    return path


def overlaid(image: Image) -> Image:
    """A picture that can be told from the raw one: every object outlined in white."""
    drawn = image.copy()
    drawn[cv2.Laplacian(image, cv2.CV_16S).any(2)] = 255
    return drawn


def facts_of_session(*, live: bool) -> dict[str, Any]:
    """What the manifest says from the beginning on."""
    return {
        "schema": 2,
        "source": "camera 0",
        "started": iso(0.0),
        "live": live,
        "model": "colour-shapes",
        "weights": [{"file": "colour-shapes.pb", "sha256": "0123456789abcdef" * 4}],
        "labels": list(LABELS),
        "engine": "opencv",
        "device": "cpu",
        "runs_on": "OpenCV on cpu",
        "masks": "carried",
        "thresholds": {"score": 0.5, "mask": 0.5, "nms": 0.45},
        "compute": {},
        "clocks": [{"clock": 0.0, "monotonic": 1000.0, "wall": iso(0.0)}],
        "gaps": [],
        "more_gaps": 0,
        "problems": [],
        "versions": {"livesegment": "0", "opencv": "0", "numpy": "0", "python": "3"},
    }
