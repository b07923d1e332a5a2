"""What is older than is wanted is left out, and counted."""

import time
from collections.abc import Callable

import pytest

from livesegment.carrying.hold import HoldCarrier
from livesegment.compositing.look import Look
from livesegment.pipeline.controls import Controls
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.mode import Masks
from livesegment.pipeline.pipeline import Pipeline
from livesegment.pipeline.presenter import Presenter
from livesegment.sinks.base import Ending
from tests.fakes import FakeSegmenter, FakeSink, FakeSource, Step, frame
from tests.servers.patience import until


def _pipeline(source: FakeSource, sink: FakeSink, masks: Masks) -> tuple[Pipeline, FakeSegmenter]:
    segmenter, meter = FakeSegmenter(), Meter()
    controls = Controls(segmenter, Look())
    presenter = Presenter(HoldCarrier(), controls, [sink], meter, labels=segmenter.labels)
    return Pipeline(source, segmenter, presenter, meter, masks=masks, max_age=5.0), segmenter


@pytest.mark.parametrize("masks", [Masks.HELD, Masks.EXACT])
def test_old_frames_of_a_live_source_are_neither_shown_nor_segmented(masks: Masks) -> None:
    old = time.monotonic() - 60
    sink = FakeSink()

    def left_out(count: int) -> Callable[[], object]:
        return lambda: until(lambda: pipeline.too_old == count)

    def taken(index: int) -> Callable[[], object]:
        return lambda: until(lambda: index in sink.shown and index in segmenter.segmented)

    steps: list[Step] = [frame(0, at=old), left_out(1), frame(1, at=old + 1), left_out(2)]
    steps += [frame(2), taken(2), frame(3), taken(3)]
    pipeline, segmenter = _pipeline(FakeSource(steps, live=True), sink, masks)
    assert pipeline.run() is Ending.END_OF_SOURCE
    assert sink.shown == [2, 3]
    assert segmenter.segmented == [2, 3]
    assert pipeline.too_old == 2


def test_a_film_has_no_age() -> None:
    sink = FakeSink()
    pipeline, _ = _pipeline(FakeSource([frame(0, at=0.0)]), sink, Masks.EXACT)
    pipeline.run()
    assert sink.shown == [0]
