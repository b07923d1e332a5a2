"""Whether a second of life is a second of film, whatever the source does.

    python -m tests.benchmarks.durations [--codec mjpeg ...] [--real-only | --scripted-only]

Scripted: frames of 3 to 60 a second, whose rate is stated rightly, wrongly or not at all, whose
captures jitter by up to 40 % of a period and pause for five seconds, go into a recording that the
user ends two seconds after the last of them. Their times are scripted, the clock is not: they lie
in the past. Real: the whole program records a camera on the loopback that stalls, and is
interrupted. Lengths are what ffprobe says and what our own reader says; an exact codec must also
give each picture its time, to the millisecond.
"""

import argparse
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from unittest import mock

from livesegment.codecs.registry import chosen
from livesegment.matroska.reader import MatroskaReader
from livesegment.sessions.folder import SessionFolder
from livesegment.sessions.session import Session
from livesegment.sinks import recorder
from livesegment.sinks.base import Ending
from livesegment.sinks.recording import Recording
from livesegment.sinks.settings import Settings
from livesegment.sources.synthetic import Scene
from tests.fakes import view
from tests.servers.mjpeg import mjpeg_server

ROOT = Path(__file__).parents[2]
CODECS = ("h264", "mpeg4", "mjpeg")
RATES = (3.0, 15.0, 30.0, 60.0)
SECONDS = 12.0
FINISHING = 0.5
"""Seconds that may lie between the end of a run and what its manifest says of it."""
STALL = 5.0
STALLS = (2.5, 5.0)
"""Of the real camera, which is given up after three seconds."""
SILENCE = 2.0
"""Seconds between the last frame and the end."""
JITTER = 0.4
SIZE = (160, 120)
CEILING = 60.0
EXACT_MS = 1.01
"""How far a picture may lie from its time; it is stored in whole milliseconds."""


@dataclass(frozen=True, slots=True)
class Row:
    """One recording beside the life that it is of."""

    fps: float
    """Of the source."""
    stated: float | None
    codec: str
    life: float
    """Seconds from the first capture to the end."""
    film: float
    """Seconds, as ffprobe says."""
    read: float
    """Seconds, as our own reader says."""
    rate: float
    """Pictures a second, as the manifest says."""
    off_ms: float | None
    """How far the worst picture lies from its capture; None at a constant rate."""
    whole: bool
    slack: float = 0.0
    """Seconds by which life may have been longer, where its end is not known better."""

    @property
    def frames_off(self) -> float:
        """How much longer the film is than life can have been, in frames of the file."""
        longer = self.film - self.life
        return (longer - min(max(longer, 0.0), self.slack)) * self.rate

    @property
    def good(self) -> bool:
        """Whether it is as long as life within a frame, and every picture where it belongs."""
        long = abs(self.frames_off) <= 1 and abs(self.read - self.film) <= 0.001
        return self.whole and long and (self.off_ms is None or self.off_ms <= EXACT_MS)


def captures(fps: float, seconds: float, *, seed: int = 1) -> list[float]:
    """Times of frames, in seconds since the first period: with jitter, and a stall half-way."""
    dice = random.Random(seed)  # noqa: S311 -- repeatable
    times = []
    for index in range(round(seconds * fps)):
        late = STALL if index >= seconds * fps / 2 else 0.0
        times.append((index + dice.uniform(-JITTER, JITTER)) / fps + late)
    return [at - times[0] for at in times]


def scripted(
    parent: Path, fps: float, stated: float | None, codec: str, *, seconds: float = SECONDS
) -> Row:
    """Record captures of the past, and end now."""
    times = captures(fps, seconds)
    folder = SessionFolder(parent, f"{fps:g}-{stated}-{codec}")
    settings = Settings(codec=chosen(codec), min_free=0)
    # None of them may be dropped, however fast they come here.
    with mock.patch.multiple(recorder, QUEUE=1 << 20, QUEUE_BYTES=1 << 40):
        recording = Recording(folder, settings, live=True, facts=dict)
        began = time.monotonic() - times[-1] - SILENCE
        for index, at in enumerate(times):
            recording.write(view(index, at=began + at, size=SIZE, fps=stated))
        ends: list[float] = []
        place = recording._timeline.end

        def end(now: float) -> float | None:
            ends.append(now)
            return place(now)

        with mock.patch.object(recording._timeline, "end", end):
            recording.close(Ending.USER)
    return measure(folder.path, fps, stated, codec, ends[0] - began)


def measure(path: Path, fps: float, stated: float | None, codec: str, life: float) -> Row:
    """Look at the one film of a session."""
    session = Session.open(path)
    (film,) = session.videos()
    reader = MatroskaReader(film.path)
    pictures, length = probe(film.path)
    off = None
    if codec != "mpeg4":
        clocks = [frame.clock - film.start for frame in session.lines()]
        if len(clocks) != len(pictures):
            raise AssertionError(f"{len(clocks)} lines, {len(pictures)} pictures")
        off = 1000 * max(abs(at - told) for at, told in zip(pictures, clocks, strict=True))
    (facts,) = session.manifest["videos"]
    return Row(
        fps=fps,
        stated=stated,
        codec=codec,
        life=life,
        film=length,
        read=(reader.duration_ms or 0.0) / 1000,
        rate=facts["fps"],
        off_ms=off,
        whole=reader.whole,
    )


def probe(path: Path) -> tuple[list[float], float]:
    """Times of the pictures, in order, and length of a film, as ffprobe has them; seconds."""
    done = subprocess.run(
        [
            *("ffprobe", "-v", "error", "-select_streams", "v:0", "-of", "json"),
            *("-show_entries", "packet=pts_time:format=duration", str(path)),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(done.stdout)
    times = sorted(float(packet["pts_time"]) for packet in said["packets"])
    return times, float(said["format"]["duration"])


def real(parent: Path, codec: str, *, stall: float, seconds: float = 5.0) -> tuple[Row, int, str]:
    """Record a stalling camera by the whole program, and interrupt it.

    Returns:
        The row, the exit status, and what the program complained of.
    """
    scene, wait = Scene(), threading.Event().wait
    pictures = [scene.picture(index / 30) for index in range(60)]
    with mjpeg_server(pictures, fps=30) as server:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "livesegment", "run", "--source", server.url()),
                *("--headless", "--model", "colour-shapes", "--codec", codec, "--min-free", "0"),
                *("--record", str(parent)),
            ],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            _until_recording(parent)
            wait(seconds)
            server.silent.set()
            wait(stall)
            server.silent.clear()
            wait(seconds)
            told = time.time() if process.poll() is None else None
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=CEILING)
        finally:
            process.kill()
    path = next(parent.iterdir())
    session = Session.open(path)
    first = datetime.fromisoformat(next(iter(session.lines())).time).timestamp()
    ended = datetime.fromisoformat(session.manifest["ended"]).timestamp()
    if told is None:  # it gave the camera up before
        told = ended - FINISHING
    row = replace(measure(path, 30.0, None, codec, told - first), slack=ended - told)
    words = [line for line in err.splitlines() if line.startswith(("error:", "WARN", "Trace"))]
    return row, process.returncode, " ".join(words)


def _until_recording(parent: Path) -> None:
    nobody = threading.Event()
    for _ in range(round(CEILING / 0.05)):
        if any(parent.glob("*/overlay-0001.part.mkv")):
            return
        nobody.wait(0.05)
    raise AssertionError("nothing is recorded")


def table(rows: Sequence[Row]) -> str:
    """Rows as text."""
    head = f"{'fps':>4} {'stated':>6} {'codec':6} {'life s':>8} {'film s':>8}"
    lines = [f"{head} {'frames off':>10} {'picture off ms':>14}  good"]
    for row in rows:
        stated = "-" if row.stated is None else f"{row.stated:g}"
        off = "-" if row.off_ms is None else f"{row.off_ms:.2f}"
        lines.append(
            f"{row.fps:4g} {stated:>6} {row.codec:6} {row.life:8.3f} {row.film:8.3f} "
            f"{row.frames_off:+10.2f} {off:>14}  {'yes' if row.good else 'NO'}"
        )
    return "\n".join(lines)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--codec", nargs="+", choices=CODECS, default=CODECS)
    parser.add_argument("--stall", type=float, nargs="+", default=STALLS)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--real-only", action="store_true")
    which.add_argument("--scripted-only", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if not given.real_only:
            rows = [
                scripted(Path(folder), fps, stated, codec)
                for codec in given.codec
                for fps in RATES
                for stated in dict.fromkeys((fps, None, 30.0))
            ]
            print(table(rows))
        if not given.scripted_only:
            for codec, stall in itertools.product(given.codec, given.stall):
                parent = Path(folder) / f"{codec}-{stall:g}"
                row, code, complaint = real(parent, codec, stall=stall)
                print(table([row]))
                print(f"stalled for {stall:g} s; exit status {code} {complaint}")


if __name__ == "__main__":
    main()
