"""A picture that hides objects shows none of them before it is known where they are."""

from dataclasses import replace

import pytest

from livesegment.carrying.carried import CarriedCarrier
from livesegment.carrying.hold import HoldCarrier
from livesegment.compositing.look import Look, Style
from livesegment.compositing.overlay import union
from livesegment.instances import Segmentation
from livesegment.pipeline.controls import Controls
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.presenter import Presenter
from livesegment.sources.synthetic import SyntheticSource
from tests.benchmarks.privacy import clear_share
from tests.fakes import FakeSegmenter, FakeSink


@pytest.mark.parametrize("carrier", [CarriedCarrier, HoldCarrier])
def test_no_shape_is_clear_before_the_first_result(
    carrier: type[CarriedCarrier | HoldCarrier],
) -> None:
    source, sink = SyntheticSource(), FakeSink()
    source.open()
    controls = Controls(FakeSegmenter(), Look(Style.BLUR_OBJECTS))
    presenter = Presenter(carrier(), controls, [sink], Meter(), labels=())
    shares = []
    for index in range(6):
        frame = source.read()
        assert frame is not None
        truth = source.scene.truth(frame.pts)
        found = Segmentation(truth, index, frame.pts, frame.size) if index == 5 else None
        presenter.show(replace(frame, captured_at=frame.pts), found)
        shares.append(
            clear_share(frame.image, sink.views[-1].picture, union(frame.size, truth) > 0)
        )
    assert shares[:5] == [0.0] * 5
    assert shares[5] > 0  # a plain shape stays plain in a mosaic: there, it is seen again
