"""How old the picture on screen is while a slow network runs: the pipeline and the classic loop.

    python -m tests.benchmarks.live [--seconds 60] [--fps 30] [--infer 0.15]

Both sides see a camera of the same kind: 30 frames a second into a buffer that keeps what is not
read, as a driver and a socket do. The segmenter is scripted: it takes 150 ms and finds nothing.
The classic loop reads, infers, draws and shows in turn, as OpenCV's samples do.
"""

import argparse
import json
import queue
import statistics
import threading
import time

import numpy as np

from livesegment.carrying.hold import HoldCarrier
from livesegment.compositing.look import Look, compose
from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.instances import Instances, Segmentation
from livesegment.pipeline.controls import Controls
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.mode import Masks
from livesegment.pipeline.pipeline import Pipeline
from livesegment.pipeline.presenter import Presenter
from livesegment.sinks.base import Ending, View
from livesegment.sources.base import SourceInfo
from livesegment.threads.worker import Worker

SIZE = (1280, 720)


class Camera:
    """Gives frames at a steady rate, whether anybody reads them or not."""

    is_live = True
    name = "camera"

    def __init__(self, fps: float, seconds: float) -> None:
        self._fps = fps
        self._count = round(fps * seconds)
        self._image = np.random.default_rng(0).integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8)
        self._buffer: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._worker = Worker("camera", self._expose)

    def open(self) -> SourceInfo:
        """Switch it on."""
        self._worker.start()
        return SourceInfo(SIZE, self._fps)

    def _expose(self) -> None:
        started = time.monotonic()
        for index in range(self._count):
            due = started + index / self._fps
            if self._stopped.wait(max(0.0, due - time.monotonic())):
                break
            image = self._image.copy()
            self._buffer.put(Frame(image, index, time.monotonic(), index / self._fps))
        self._buffer.put(None)

    def read(self) -> Frame | None:
        """The oldest frame that was not read yet."""
        return self._buffer.get()

    def waiting(self) -> int:
        """Frames in the buffer."""
        return self._buffer.qsize()

    def interrupt(self) -> None:
        """Switch it off."""
        self._stopped.set()

    def close(self) -> None:
        """Wait until it is off."""
        self._stopped.set()
        self._worker.stop(5)


class SlowSegmenter:
    """Takes its time and finds nothing."""

    labels = ("nothing",)

    def __init__(self, seconds: float) -> None:
        self.thresholds = Thresholds()
        self._seconds = seconds
        self._nobody = threading.Event()

    def warm_up(self) -> None:
        """Nothing to warm."""

    def segment(self, frame: Frame) -> Segmentation:
        """Wait."""
        self._nobody.wait(self._seconds)
        return Segmentation(Instances.empty(), frame.index, frame.captured_at, frame.size)

    def describe(self) -> str:
        """What it is."""
        return "scripted"


class Stopwatch:
    """A sink that notes how old each shown frame is."""

    stage = "watch"

    def __init__(self) -> None:
        self.rows: list[tuple[float, float]] = []
        """(capture time, age in seconds)."""

    def write(self, view: View) -> bool:
        """Note it."""
        self.note(view.frame)
        return True

    def note(self, frame: Frame) -> None:
        """Note a frame that is shown now."""
        self.rows.append((frame.captured_at, time.monotonic() - frame.captured_at))

    def idle(self, remade: View | None = None) -> bool:
        """Nothing to do."""
        return True

    def close(self, ending: Ending) -> None:
        """Nothing to finish."""

    def summary(self, fps: float, seconds: float) -> dict[str, float]:
        """Ages in milliseconds, over all and over the first and last fifth."""
        ages = [1000 * age for _, age in self.rows]
        fifth = max(1, len(ages) // 5)
        return {
            "shown": len(ages),
            "shown_fps": round(len(ages) / seconds, 1),
            "captured": round(fps * seconds),
            "p50": round(statistics.median(ages), 1),
            "p95": round(statistics.quantiles(ages, n=20)[-1], 1),
            "p95_first_fifth": round(statistics.quantiles(ages[:fifth], n=20)[-1], 1),
            "p95_last_fifth": round(statistics.quantiles(ages[-fifth:], n=20)[-1], 1),
        }


def pipeline(fps: float, seconds: float, infer: float) -> dict[str, float]:
    """The program's own pipeline with masks held."""
    camera, segmenter, watch, meter = (
        Camera(fps, seconds),
        SlowSegmenter(infer),
        Stopwatch(),
        Meter(),
    )
    controls = Controls(segmenter, Look())
    presenter = Presenter(HoldCarrier(), controls, [watch], meter, labels=segmenter.labels)
    run = Pipeline(camera, segmenter, presenter, meter, masks=Masks.HELD)
    run.run()
    return watch.summary(fps, seconds) | {
        "segmented": meter.count("segment"),
        "dropped": run.dropped,
        "unread_at_end": camera.waiting(),
    }


def classic(fps: float, seconds: float, infer: float) -> dict[str, float]:
    """Read, infer, draw, show; in one loop."""
    camera, segmenter, watch = Camera(fps, seconds), SlowSegmenter(infer), Stopwatch()
    camera.open()
    until = time.monotonic() + seconds
    while time.monotonic() < until and (frame := camera.read()) is not None:
        found = segmenter.segment(frame)
        compose(frame.image, found.instances, segmenter.labels, Look())
        watch.note(frame)
    unread = camera.waiting()
    camera.close()
    return watch.summary(fps, seconds) | {
        "segmented": len(watch.rows),
        "dropped": 0,
        "unread_at_end": unread,
    }


def main() -> None:
    """Run both and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--fps", type=float, default=30)
    parser.add_argument("--infer", type=float, default=0.15)
    given = parser.parse_args()
    result = {
        "pipeline": pipeline(given.fps, given.seconds, given.infer),
        "classic": classic(given.fps, given.seconds, given.infer),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
