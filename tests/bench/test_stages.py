"""A run against its bare network: who takes turns with whom, and what is made of the figures."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from livesegment.bench.stages import BareLoops, Report, Round, Run, Stage, compare
from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.pipeline.meter import Meter
from livesegment.segmenters.load import load_segmenter
from livesegment.segmenters.network import NetworkSegmenter
from livesegment.sources.synthetic import Scene
from livesegment.store import find_model
from tests.fakes import frame


class Clock:
    """A time that goes on by as much as one says."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Player:
    """A run of 10 frames that takes 2 seconds; tells what it is told to."""

    def __init__(self, clock: Clock, log: list[str]) -> None:
        self.meter = Meter()
        self._clock, self._log = clock, log

    def go(self) -> None:
        self._log.append("run")
        for index in range(10):
            self.meter.tick("shown", float(index))
            self.meter.spent("infer", 0.05)
        self._clock.now += 2.0


class Loops:
    """Loops with fixed rates."""

    def __init__(self, log: list[str]) -> None:
        self._log = log

    def network(self) -> float:
        self._log.append("network")
        return 10.0

    def segmenter(self) -> float:
        self._log.append("segmenter")
        return 8.0


def played(*, rounds: int, loops: bool = True) -> tuple[Report, list[str]]:
    """What `compare` makes of the stand-ins, and what happened."""
    clock, log = Clock(), list[str]()

    @contextmanager
    def ready() -> Iterator[Player]:
        log.append("load")
        yield Player(clock, log)
        log.append("clean up")

    report = compare(ready, Loops(log) if loops else None, rounds=rounds, clock=clock)
    return report, log


def test_all_take_turns() -> None:
    assert played(rounds=2)[1] == ["network", "segmenter", "load", "run", "clean up"] * 2


def test_a_run_is_timed_to_its_very_end_without_its_loading() -> None:
    report, _ = played(rounds=1)
    assert (report.frames, report.fps) == (10, 5.0)


def test_the_ratio_is_of_the_run_to_the_bare_network() -> None:
    report, _ = played(rounds=1)
    assert (report.network, report.segmenter, report.ratio) == (10.0, 8.0, 0.5)


def test_without_a_network_there_are_stages_and_no_ratio() -> None:
    report, log = played(rounds=1, loops=False)
    assert (report.network, report.segmenter, report.ratio) == (None, None, None)
    assert [stage.name for stage in report.stages] == ["infer"]
    assert log == ["load", "run", "clean up"]


def test_stages_are_those_of_the_meter() -> None:
    (stage,) = played(rounds=1)[0].stages
    assert (stage.name, stage.count) == ("infer", 10)
    assert stage.p50 == pytest.approx(0.05, rel=0.01)


def test_figures_are_medians_and_the_ratio_is_that_of_each_round() -> None:
    def one(fps: float, network: float, p50: float) -> Round:
        return Round(Run(10, 10 / fps, (Stage("infer", 10, p50, 2 * p50),)), network, 1.0)

    report = Report((one(5, 10, 0.1), one(1, 1, 0.9), one(8, 10, 0.2)))
    assert report.fps == pytest.approx(5)
    assert report.network == 10
    assert report.ratio == pytest.approx(0.8)
    assert report.stages == [Stage("infer", 10, 0.2, 0.4)]


class Counted:
    """A loaded model that takes a quarter of a second for a frame, as a clock sees it."""

    def __init__(self, clock: Clock) -> None:
        self.segmented: list[int] = []
        self._clock = clock

    def segment(self, frame: Frame) -> None:
        self.segmented.append(frame.index)
        self._clock.now += 0.25


def test_loops_run_as_often_as_they_are_told_and_once_before() -> None:
    clock = Clock()
    model: Any = Counted(clock)
    loops = BareLoops(model, [frame(0), frame(1)], runs=3, clock=clock)
    assert loops.segmenter() == pytest.approx(4.0)
    assert model.segmented == [0, 0, 1, 0]


def test_the_bare_network_gives_what_a_segmentation_is_made_of() -> None:
    model = load_segmenter(find_model("colour-shapes"), Thresholds())
    assert isinstance(model, NetworkSegmenter)
    shapes = Frame(Scene().picture(0.0), 0, 0.0, 0.0)
    assert "detection_masks" in model.infer(model.prepare(shapes))
    assert BareLoops(model, [shapes], runs=2).network() > 0
