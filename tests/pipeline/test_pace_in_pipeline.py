"""A run at its pace: what is passed over is neither segmented nor lost, and masks say their age."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from livesegment.carrying.base import Carrier
from livesegment.carrying.exact import ExactCarrier
from livesegment.carrying.hold import HoldCarrier
from livesegment.compositing.look import Look
from livesegment.errors import UsageError
from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.pipeline.controls import Controls
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.mode import Limits, Masks
from livesegment.pipeline.pace import Pace
from livesegment.pipeline.pipeline import Pipeline
from livesegment.pipeline.presenter import Presenter
from livesegment.segmenters.gate import StillScene
from livesegment.segmenters.region import Region, RegionSegmenter
from livesegment.sinks.base import Ending, View
from tests.fakes import FPS, FakeSegmenter, FakeSink, FakeSource, Step, frame, wait_for

GREY = 100


@dataclass
class Run:
    """A pipeline of fakes at some pace."""

    source: FakeSource
    pace: Pace
    masks: Masks = Masks.EXACT
    sink: FakeSink = field(default_factory=FakeSink)
    segmenter: FakeSegmenter = field(default_factory=FakeSegmenter)
    limits: Limits | None = None

    def __post_init__(self) -> None:
        carrier: Carrier = ExactCarrier() if self.masks is Masks.EXACT else HoldCarrier()
        self.meter = Meter()
        presenter = Presenter(
            carrier,
            Controls(self.segmenter, Look()),
            [self.sink],
            self.meter,
            labels=self.segmenter.labels,
        )
        self.pipeline = Pipeline(
            self.source,
            self.segmenter,
            presenter,
            self.meter,
            masks=self.masks,
            limits=self.limits,
            pace=self.pace,
        )


def film(greys: Sequence[int]) -> list[Step]:
    """Frames at 25 a second, each of one grey with a square that stays."""
    script: list[Step] = []
    for index, grey in enumerate(greys):
        whole = frame(index)
        image = whole.image.copy()
        image[:] = GREY
        image[10:30, 10:30] = grey
        script.append(replace(whole, image=image, captured_at=1000 + index / FPS))
    return script


def one_by_one(script: Sequence[Step], shown: Sequence[threading.Event]) -> list[Step]:
    """Frames that come only when the one before was shown."""
    return [step for pair in zip(script, shown, strict=True) for step in pair]


def live(greys: Sequence[int], pace: Pace) -> Run:
    """A live run whose frames come one by one: each when the last one is shown and judged."""
    done = [threading.Event() for _ in greys]
    judged = [threading.Event() for _ in greys]
    ask = pace.segments

    def segments(frame: Frame, at: float) -> bool:
        answer = ask(frame, at)
        judged[frame.index].set()
        return answer

    def write(view: View) -> None:
        wait_for(judged[view.frame.index])
        done[view.frame.index].set()

    pace.segments = segments  # type: ignore[method-assign]
    source = FakeSource(one_by_one(film(greys), done), live=True)
    return Run(source, pace, Masks.HELD, FakeSink(on_write=write))


def keys(run: Run) -> list[int | None]:
    return [view.key_frame for view in run.sink.views]


def test_a_film_above_the_greatest_rate_is_thinned() -> None:
    run = Run(FakeSource(film([200] * 50)), Pace(max_fps=12.5))
    assert run.pipeline.run() is Ending.END_OF_SOURCE
    assert run.sink.shown == run.segmenter.segmented == list(range(0, 50, 2))
    assert (run.pipeline.economy.skipped, run.pipeline.dropped) == (25, 0)


def test_sinks_are_told_the_rate_that_is_left() -> None:
    run = Run(FakeSource(film([200] * 4)), Pace(max_fps=12.5))
    run.pipeline.run()
    assert {view.fps for view in run.sink.views} == {12.5}


def test_a_slow_source_keeps_its_own_rate() -> None:
    run = Run(FakeSource(film([200] * 4)), Pace(max_fps=60))
    run.pipeline.run()
    assert {view.fps for view in run.sink.views} == {FPS}


def test_a_limit_holds_though_its_frame_is_skipped() -> None:
    run = Run(FakeSource(film([200] * 50)), Pace(max_fps=12.5), limits=Limits(frames=10))
    assert run.pipeline.run() is Ending.LIMIT
    assert run.sink.shown == [0, 2, 4, 6, 8]


def test_a_live_source_above_the_greatest_rate_is_skipped_and_not_dropped() -> None:
    shown = [threading.Event() for _ in range(10)]
    script: list[Step] = []
    for index, step in enumerate(film([200] * 20)):
        script += [step] if index % 2 else [step, shown[index // 2]]
    sink = FakeSink(on_write=lambda view: shown[view.frame.index // 2].set())
    run = Run(FakeSource(script, live=True), Pace(max_fps=12.5), Masks.HELD, sink)
    run.pipeline.run()
    assert run.sink.shown == list(range(0, 20, 2))
    economy = run.pipeline.economy
    assert (economy.captured, economy.skipped, run.pipeline.dropped) == (20, 10, 0)


def test_the_network_of_a_live_run_keeps_to_its_rate() -> None:
    run = live([200] * 50, Pace(segment_rate=5))
    run.pipeline.run()
    segmented = run.segmenter.segmented
    assert run.sink.shown == list(range(50))
    assert segmented[0] == 0
    assert 2 <= len(segmented) <= 10  # of two seconds


def test_a_still_film_is_segmented_now_and_then_and_says_from_which_frame_its_masks_are() -> None:
    run = Run(FakeSource(film([200] * 60)), Pace(gate=StillScene(), refresh=1))
    run.pipeline.run()
    assert run.sink.shown == list(range(60))
    assert run.segmenter.segmented == [0, 25, 50]
    assert keys(run) == [0] * 25 + [25] * 25 + [50] * 10
    assert run.sink.views[24].mask_age == pytest.approx(24 / FPS)
    assert {len(view.instances) for view in run.sink.views} == {1}
    economy = run.pipeline.economy
    assert (economy.taken, economy.segmented, economy.still) == (60, 3, 57)


def test_what_changes_is_segmented_at_once() -> None:
    run = Run(FakeSource(film([200] * 10 + [60] * 10)), Pace(gate=StillScene()))
    run.pipeline.run()
    assert run.segmenter.segmented == [0, 10]


def test_objects_of_a_still_film_keep_their_numbers() -> None:
    run = Run(FakeSource(film([200] * 60)), Pace(gate=StillScene(), refresh=1))
    run.pipeline.run()
    numbers = [view.instances.track_ids for view in run.sink.views]
    assert [int(row[0]) for row in numbers if row is not None] == [0] * 25 + [1] * 35


def test_a_still_live_scene_keeps_its_masks_without_the_network() -> None:
    run = live([200] * 30, Pace(gate=StillScene()))
    run.pipeline.run()
    assert run.segmenter.segmented == [0]
    assert run.sink.shown == list(range(30))
    assert set(keys(run)[5:]) == {0}


def test_another_score_is_applied_though_nothing_moves() -> None:
    def write(view: View) -> None:
        if view.frame.index == 0:
            run.segmenter.thresholds = Thresholds(score=0.9)

    script = film([200] * 40)
    run = Run(FakeSource(script), Pace(gate=StillScene()), sink=FakeSink(on_write=write))
    run.pipeline.run()
    assert len(run.segmenter.segmented) == 2


def test_a_region_outside_the_picture_ends_the_run_and_finishes_everything() -> None:
    segmenter = RegionSegmenter(FakeSegmenter(), Region.parse("60,0,10,10"))
    sink = FakeSink()
    presenter = Presenter(
        ExactCarrier(), Controls(segmenter, Look()), [sink], Meter(), labels=segmenter.labels
    )
    run = Pipeline(FakeSource(range(9)), segmenter, presenter, Meter(), masks=Masks.EXACT)
    with pytest.raises(UsageError, match="64x48"):
        run.run()
    assert sink.endings == [Ending.FAILED]
