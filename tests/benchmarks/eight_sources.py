"""Eight cameras and one slow network on two cores: what each gets, and what one's end changes.

    python -m tests.benchmarks.eight_sources [--sources 8] [--fps 15] [--size 640x360]
        [--infer 0.2] [--seconds 20] [--masks carried|held] [--no-grid]

Every source is a pipeline of its own; all share a scripted segmenter, which knows the scene and
burns the processor for `--infer` seconds on one thread, as a network does. The grid is drawn for
nobody. After `--seconds` the last source fails; the others are measured again for as long.
"""

import argparse
import hashlib
import os
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2

from livesegment.carrying.base import Carrier
from livesegment.carrying.carried import CarriedCarrier
from livesegment.carrying.crowd import Crowd
from livesegment.carrying.hold import HoldCarrier
from livesegment.compositing.look import Look
from livesegment.errors import SourceError
from livesegment.families.base import Thresholds
from livesegment.frame import Frame, Image
from livesegment.instances import Segmentation
from livesegment.pipeline.controls import Controls
from livesegment.pipeline.grid_window import GridWindow
from livesegment.pipeline.group import Group, MemberState
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.mode import Masks
from livesegment.pipeline.pipeline import Pipeline
from livesegment.pipeline.presenter import Presenter
from livesegment.sinks.base import Ending, Sink, View
from livesegment.sinks.tile import Tile
from livesegment.sinks.window import Window
from livesegment.sources.realtime import RealtimeSource
from livesegment.sources.synthetic import Scene, SyntheticSource
from livesegment.threads.fair import FairTurn

SETTLE = 6.0
"""Seconds before the first measurement: the carriers find their quality."""


class SlowSegmenter:
    """Burns the processor, and tells the truth."""

    labels = ("red", "green", "blue")

    def __init__(self, seconds: float, scene: Scene) -> None:
        self.thresholds = Thresholds()
        self._scene = scene
        trial = bytes(4_000_000)
        begun = time.thread_time()
        hashlib.sha256(trial)
        self._food = bytes(round(seconds / (time.thread_time() - begun) * len(trial)))

    def warm_up(self) -> None:
        """Nothing to warm."""

    def segment(self, frame: Frame) -> Segmentation:
        """Chew for as long, without Python's lock, as a network does."""
        found = self._scene.truth(frame.pts)
        hashlib.sha256(self._food)
        return Segmentation(found, frame.index, frame.captured_at, frame.size)

    def describe(self) -> str:
        """What it is."""
        return "scripted"


class MortalSource(RealtimeSource):
    """A camera that can be pulled out."""

    def __init__(self, source: SyntheticSource) -> None:
        super().__init__(source)
        self.pulled = threading.Event()

    def read(self) -> Frame | None:
        """The next frame, or a failure."""
        if self.pulled.is_set():
            raise SourceError("the camera was pulled out")
        return super().read()


class Watch:
    """A sink that notes when frames are shown, and how old they are."""

    stage = "watch"

    def __init__(self) -> None:
        self.rows: list[tuple[float, float, float | None]] = []
        """(time, staleness, age of the masks)."""

    def write(self, view: View) -> bool:
        """Note it."""
        self.rows.append((time.monotonic(), view.staleness, view.mask_age))
        return True

    def idle(self, remade: View | None = None) -> bool:
        """Nothing to do."""
        return True

    def close(self, ending: Ending) -> None:
        """Nothing to finish."""


class NoWindow(Window):
    """Takes what is shown to nobody."""

    def show(self, image: Image) -> None:
        """Count it."""
        del image

    def idle(self, remade: View | None = None) -> bool:
        """Nobody presses a key."""
        return True


@dataclass
class Camera:
    """One source and all that goes with it."""

    source: MortalSource
    pipeline: Pipeline
    meter: Meter
    watch: Watch
    tile: Tile
    carrier: Carrier


def camera(
    name: str,
    scene: Scene,
    segmenter: SlowSegmenter,
    turns: FairTurn,
    crowd: Crowd,
    given: argparse.Namespace,
) -> Camera:
    """Put one together."""
    source, meter, watch = MortalSource(SyntheticSource(scene, given.fps)), Meter(), Watch()
    controls = Controls(segmenter, Look())
    masks = Masks(given.masks)
    carrier: Carrier = CarriedCarrier(crowd=crowd) if masks is Masks.CARRIED else HoldCarrier()
    tile = Tile(name, controls.press)
    sinks: list[Sink] = [watch, tile]
    presenter = Presenter(carrier, controls, sinks, meter, labels=segmenter.labels)
    run = Pipeline(source, segmenter, presenter, meter, masks=masks, turn=turns.party())
    return Camera(source, run, meter, watch, tile, carrier)


@dataclass(frozen=True)
class Rates:
    """What a source got between two moments."""

    shown: float
    segmented: float
    staleness: float
    """Seconds, 95th percentile."""
    mask_age: float
    """Seconds, median."""


def rates(camera: Camera, begun: float, count: int, ended: float) -> Rates:
    """Of one source; `count` is how many were segmented when it began."""
    rows = [row for row in list(camera.watch.rows) if begun <= row[0] < ended]
    span = ended - begun
    ages = [age for *_, age in rows if age is not None]
    return Rates(
        len(rows) / span,
        (camera.meter.count("segment") - count) / span,
        statistics.quantiles([stale for _, stale, _ in rows] or [0, 0], n=20)[-1],
        statistics.median(ages or [0]),
    )


def spread(values: Sequence[float]) -> float:
    """By how much the greatest exceeds the least."""
    return max(values) / max(min(values), 1e-9) - 1


def main() -> None:
    """Run it and print what each source got."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=int, default=8)
    parser.add_argument("--fps", type=float, default=15)
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--infer", type=float, default=0.2)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--masks", default="carried", choices=["carried", "held"])
    parser.add_argument("--no-grid", action="store_true")
    parser.add_argument("--cv-threads", type=int, default=1, help="OpenCV's own, in all")
    given = parser.parse_args()
    cv2.setNumThreads(given.cv_threads)
    width, height = map(int, given.size.split("x"))
    scene = Scene((width, height))
    segmenter, turns, group = SlowSegmenter(given.infer, scene), FairTurn(), Group[Pipeline]()
    crowd = Crowd(lambda: sum(member.state is MemberState.RUNNING for member in group.members))
    cameras = [
        camera(f"cam {i + 1}", scene, segmenter, turns, crowd, given) for i in range(given.sources)
    ]
    for one in cameras:
        group.add(one.tile.name, lambda one=one: one.pipeline)  # type: ignore[misc]
    window = GridWindow(
        "eight",
        lambda: [one.tile for one in cameras],
        group.remove,
        window=NoWindow("eight", lambda _: None),
    )
    phases: list[Phase] = []
    plan, wake = _plan(given.seconds, cameras, phases), [0.0]

    def body() -> bool:
        if time.monotonic() >= wake[0]:
            wait = next(plan, None)
            if wait is None:
                return False
            wake[0] = time.monotonic() + wait
        return given.no_grid or window.step()

    group.run(body)
    _report(cameras, phases)


@dataclass
class Phase:
    """A measurement: begun with so many segmentations of each source, and so much work done."""

    begun: float
    counts: list[int]
    cpu: float
    ended: float = 0.0
    rates: Sequence[Rates] = ()


def _plan(seconds: float, cameras: list[Camera], phases: list[Phase]) -> Iterator[float]:
    """Measure, pull one out, measure again; gives how long to wait until the next step."""
    yield SETTLE
    for _ in range(2):
        counts = [one.meter.count("segment") for one in cameras]
        phase = Phase(time.monotonic(), counts, time.process_time())
        yield seconds
        phase.ended = time.monotonic()
        phase.cpu = (time.process_time() - phase.cpu) / (phase.ended - phase.begun)
        phase.rates = [
            rates(one, phase.begun, count, phase.ended)
            for one, count in zip(cameras, counts, strict=True)
        ]
        phases.append(phase)
        cameras[-1].source.pulled.set()
        yield SETTLE / 3


def _report(cameras: list[Camera], phases: list[Phase]) -> None:
    """A line for each source, before and after."""
    print(f"{'':8}{'shown fps':>18}{'stale p95 ms':>18}{'segmented/s':>18}{'mask age ms':>18}")
    for number, one in enumerate(cameras):
        cells = [
            "".join(f"{value:9.{digits}f}" for value in values)
            for values, digits in (
                ([phase.rates[number].shown for phase in phases], 1),
                ([1000 * phase.rates[number].staleness for phase in phases], 0),
                ([phase.rates[number].segmented for phase in phases], 2),
                ([1000 * phase.rates[number].mask_age for phase in phases], 0),
            )
        ]
        carrier = one.carrier
        how = "held"
        if isinstance(carrier, CarriedCarrier):
            how = f"{carrier._governor.step}, 1 of {carrier._governor.every}"
        print(f"{one.tile.name:8}{''.join(cells)}  {how}")
    for name, phase, count in zip(("before", "after"), phases, (0, 1), strict=True):
        those = phase.rates[: len(cameras) - count]
        print(
            f"{name}: spread of segmentations {spread([r.segmented for r in those]):.1%}, "
            f"of shown {spread([r.shown for r in those]):.1%}; {phase.cpu:.2f} cores of "
            f"{len(os.sched_getaffinity(0))}, {sum(r.shown for r in those):.0f} frames a second"
        )
    for stage, count, p50, p95, _ in cameras[0].meter.table():
        print(f"  {stage:10} {count:6} {1000 * p50:8.1f} {1000 * p95:8.1f} ms")


if __name__ == "__main__":
    main()
