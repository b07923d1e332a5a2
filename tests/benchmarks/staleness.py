"""How old an RTSP camera's picture is when it is shown, while a slow network runs.

    python -m tests.benchmarks.staleness [--minutes 10] [--inline-minutes 1] [--infer 0.15]
        [--fps 30] [--size 1280x720]

The camera is a process of its own on the loopback: H.264 over TCP, a number on every picture. The
clock is the machine's monotonic one. Age is counted from the moment a picture, encoded, is handed
over to be sent, up to that when the very same picture, decoded and with its masks, is handed to
the sinks. The network is real work on one thread, OpenCV's convolutions for as much processor time
as `--infer` says; what it finds is known beforehand. The classic loop reads, infers, draws and
shows in turn, as OpenCV's samples do, and opens the stream as they do.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.carrying.carried import CarriedCarrier
from livesegment.carrying.quality import Quality
from livesegment.compositing.look import Look, compose
from livesegment.families.base import Thresholds
from livesegment.frame import Frame, Image
from livesegment.instances import Instances, Segmentation
from livesegment.pipeline.controls import Controls
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.mode import Limits, Masks
from livesegment.pipeline.pipeline import Pipeline
from livesegment.pipeline.presenter import Presenter
from livesegment.sinks.base import Ending, View
from livesegment.sources.capture import OPTIONS
from livesegment.sources.locate import source
from livesegment.sources.synthetic import Scene
from tests.servers.programme import BITS, Programme, number_of, stamp
from tests.servers.rtsp import RtspServer

NUMBERS = 1 << BITS
PAINTED = 90
"""Different pictures that the camera shows in turn; only the number is painted each time."""
LABELS = ("red", "green", "blue")
MINUTE = 60.0
SETTLING = 2.0
"""Seconds at the start that are left out, of both sides."""


class Camera:
    """The camera, in its own process, and its book of when each picture was sent."""

    def __init__(self, folder: Path, size: tuple[int, int], fps: float) -> None:
        book = folder / "sent"
        book.write_bytes(bytes(8 * NUMBERS))
        self._sent: NDArray[np.float64] = np.memmap(book, np.float64, "r")
        command = [sys.executable, "-m", "tests.benchmarks.staleness", "--serve", str(book)]
        command += ["--size", f"{size[0]}x{size[1]}", "--fps", str(fps)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def age(self, image: Image) -> float | None:
        """Seconds since a picture was sent; None where its number cannot be read."""
        number = number_of(image)
        return None if number is None else time.monotonic() - float(self._sent[number])

    def stop(self) -> None:
        """End it."""
        self._process.communicate()


def serve(book: Path, size: tuple[int, int], fps: float) -> None:
    """Be the camera, until standard input ends."""
    scene = Scene(size)
    pictures = [scene.picture(i / fps) for i in range(PAINTED)]
    sent = np.memmap(book, np.float64, "r+")

    class Book(dict[int, float]):
        def __setitem__(self, number: int, at: float) -> None:
            sent[number % NUMBERS] = at

    programme = Programme(
        size, fps, lambda number, _: stamp(pictures[number % PAINTED], number % NUMBERS)
    )
    programme.sent_at = Book()
    with RtspServer(programme, h264=True) as server:
        print(server.url(), flush=True)
        sys.stdin.read()


class Network:
    """Keeps one thread as busy as a network does; see `Segmenter`."""

    labels = LABELS

    def __init__(self, size: tuple[int, int], fps: float, seconds: float) -> None:
        self.thresholds = Thresholds()
        scene = Scene(size)
        self._found = [scene.truth(i / fps) for i in range(PAINTED)]
        self._seconds = seconds
        self._layer = np.random.default_rng(0).random((160, 160), np.float32)
        self._weights = np.random.default_rng(1).random((9, 9), np.float32)

    def warm_up(self) -> None:
        """Nothing to warm."""

    def segment(self, frame: Frame) -> Segmentation:
        """Work for as long as a network would."""
        return Segmentation(self.find(frame.image), frame.index, frame.captured_at, frame.size)

    def find(self, image: Image) -> Instances:
        """Work, and say what is in a picture."""
        until = time.thread_time() + self._seconds
        while time.thread_time() < until:
            cv2.filter2D(self._layer, -1, self._weights)
        number = number_of(image)
        return Instances.empty() if number is None else self._found[number % PAINTED]

    def describe(self) -> str:
        """What it is."""
        return "convolutions on one thread"


class Stopwatch:
    """A sink that notes how old each picture is that it gets."""

    stage = "watch"

    def __init__(self, camera: Camera) -> None:
        self.rows: list[tuple[float, float]] = []
        """(when it was shown, age), seconds."""
        self._camera = camera

    def write(self, view: View) -> bool:
        """Note it."""
        self.note(view.frame.image)
        return True

    def note(self, image: Image) -> None:
        """Note a picture that is shown now."""
        age = self._camera.age(image)
        if age is not None:
            self.rows.append((time.monotonic(), age))

    def idle(self, remade: View | None = None) -> bool:
        """Nothing to do."""
        return True

    def close(self, ending: Ending) -> None:
        """Nothing to finish."""

    def table(self, side: str) -> list[str]:
        """Its minutes, as rows of the table."""
        if not self.rows:
            return [f"| {side} | - | 0 | | | | |"]
        settled = np.array([row for row in self.rows if row[0] >= self.rows[0][0] + SETTLING])
        if len(settled) < 2:
            settled = np.array(self.rows)
        begin = settled[0, 0]
        minutes = ((settled[:, 0] - begin) // MINUTE).astype(int)
        rows = []
        for minute in range(minutes.max() + 1):
            part = settled[minutes == minute]
            if len(part) > 1:
                rate = (len(part) - 1) / (part[-1, 0] - part[0, 0])
                rows.append(f"| {side} | {minute + 1} | {rate:.1f} | {_ages(part[:, 1])} |")
        if len(rows) > 1:
            rows.append(f"| {side} | all | | {_ages(settled[:, 1])} |")
        return rows


def _ages(seconds: NDArray[np.float64]) -> str:
    shares = [*np.percentile(seconds, (50, 95, 99)), seconds.max()]
    return " | ".join(f"{1000 * share:.0f}" for share in shares)


def pipeline(camera: Camera, network: Network, seconds: float) -> tuple[Stopwatch, list[str]]:
    """The program's own pipeline with masks carried, as a live run has it, and what it says."""
    watch, meter = Stopwatch(camera), Meter()
    controls = Controls(network, Look())
    carrier = CarriedCarrier(Quality.AUTO)
    presenter = Presenter(carrier, controls, [watch], meter, labels=LABELS)
    run = Pipeline(
        source(camera.url),
        network,
        presenter,
        meter,
        masks=Masks.CARRIED,
        limits=Limits(seconds=seconds),
    )
    run.run()
    captured, segmented = meter.count("capture"), meter.count("segment")
    said = [f"{captured} frames captured, {run.dropped} not shown, {segmented} segmented"]
    said += [
        f"{stage}: p50 {1000 * p50:.1f}, p95 {1000 * p95:.1f}, p99 {1000 * p99:.1f} ms"
        for stage, _, p50, p95, p99 in meter.table()
    ]
    return watch, said


def inline(camera: Camera, network: Network, seconds: float) -> Stopwatch:
    """Read, infer, draw, show; in one loop."""
    watch = Stopwatch(camera)
    os.environ.pop(OPTIONS, None)  # that the other side left there
    capture: Any = cv2.VideoCapture(camera.url)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        arrived, image = capture.read()
        if not arrived:
            break
        found = network.find(image)
        compose(image, found, LABELS, Look())
        watch.note(image)
    capture.release()
    return watch


def main() -> None:
    """Run both and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--inline-minutes", type=float, default=1)
    parser.add_argument("--infer", type=float, default=0.15)
    parser.add_argument("--fps", type=float, default=30)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    size = (width, height)
    if given.serve is not None:
        serve(given.serve, size, given.fps)
        return
    rows: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        camera = Camera(Path(folder), size, given.fps)
        network = Network(size, given.fps, given.infer)
        watch, said = pipeline(camera, network, MINUTE * given.minutes + SETTLING)
        rows += watch.table("livesegment")
        if given.inline_minutes:
            seconds = MINUTE * given.inline_minutes + SETTLING
            rows += inline(camera, network, seconds).table("read, infer, show in turn")
        camera.stop()
    cores = len(os.sched_getaffinity(0))
    print(
        f"{given.size} H.264 at {given.fps:g} fps over RTSP, a network of "
        f"{1000 * given.infer:.0f} ms on one thread, {cores} cores, OpenCV {cv2.__version__}\n"
    )
    print("| | minute | shown, fps | age p50, ms | p95 | p99 | most |")
    print("|---|---|---|---|---|---|---|")
    print("\n".join(rows))
    print("\n" + "\n".join(said))


if __name__ == "__main__":
    main()
