"""What is said of a source stands on the screen, and nowhere else."""

import numpy as np

from livesegment.carrying.hold import HoldCarrier
from livesegment.compositing.look import Look
from livesegment.pipeline.controls import Controls
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.notice import Notice
from livesegment.pipeline.presenter import PLACEHOLDER, Presenter
from tests.fakes import FakeSegmenter, FakeSink, frame

LOST = Notice(("CAMERA LOST since 14:03:11", "connection refused"), stale=True)


class _Run:
    """A presenter whose source can be told to be lost."""

    def __init__(self) -> None:
        self.notice: Notice | None = None
        self.sink = FakeSink()
        self.presenter = Presenter(
            HoldCarrier(),
            Controls(FakeSegmenter(), Look()),
            [self.sink],
            Meter(),
            labels=(),
            notice=lambda: self.notice,
        )


def test_before_the_first_frame_a_placeholder_says_it() -> None:
    run = _Run()
    run.presenter.idle()
    assert run.sink.remade == []
    run.notice = LOST
    run.presenter.idle()
    (placeholder,) = run.sink.remade
    assert placeholder.screen.shape == PLACEHOLDER
    assert not np.array_equal(placeholder.screen, placeholder.picture)
    assert run.sink.views == []
    assert run.presenter.last is None


def test_the_last_picture_is_dimmed_once_and_comes_back() -> None:
    run = _Run()
    run.presenter.show(frame(200), None)
    run.notice = LOST
    run.presenter.idle()
    run.presenter.idle()
    (dimmed,) = run.sink.remade
    assert dimmed.screen.mean() < 0.6 * dimmed.picture.mean()
    run.notice = None
    run.presenter.idle()
    assert np.array_equal(run.sink.remade[-1].screen, run.sink.remade[-1].picture)
    assert len(run.sink.remade) == 2


def test_a_frozen_picture_says_so_and_is_recorded_without() -> None:
    run = _Run()
    run.notice = Notice(("FROZEN for 12 s",), stale=False)
    run.presenter.show(frame(200, size=(320, 240)), None, state="frozen")
    (view,) = run.sink.views
    assert view.state == "frozen"
    assert not np.array_equal(view.screen, view.picture)
    assert np.array_equal(view.picture, view.frame.image)
