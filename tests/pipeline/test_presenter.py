"""One frame and the newest result become one view, which every sink gets."""

import time

import numpy as np
import pytest

from livesegment.carrying.hold import HoldCarrier
from livesegment.compositing.look import HIDING, Look, Style, compose
from livesegment.errors import SinkError
from livesegment.frame import Frame
from livesegment.instances import UNKNOWN, Instances, Segmentation
from livesegment.pipeline.controls import Controls
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.presenter import Presenter
from livesegment.sinks.base import Ending, View
from tests.fakes import FPS, SIZE, FakeSegmenter, FakeSink, frame, instances

LABELS = ("red", "green", "blue")


def _presenter(*sinks: FakeSink) -> Presenter:
    controls = Controls(FakeSegmenter(), Look())
    return Presenter(
        HoldCarrier(),
        controls,
        sinks,
        Meter(),
        labels=LABELS,
        statistics=lambda: ["statistics"],
    )


def _result(index: int, at: float, size: tuple[int, int] = SIZE) -> Segmentation:
    return Segmentation(instances(), index, at, size)


def test_every_sink_gets_the_same_view() -> None:
    first, second = FakeSink(), FakeSink()
    assert _presenter(first, second).show(frame(3), None, fps=FPS)
    assert first.views == second.views
    assert first.shown == [3]


def test_a_view_says_what_it_goes_back_to() -> None:
    sink = FakeSink()
    now = time.monotonic()
    shown = frame(5, at=now - 0.5)
    _presenter(sink).show(shown, _result(2, now - 0.75), fps=FPS)
    (view,) = sink.views
    assert view.key_frame == 2
    assert view.mask_age == pytest.approx(0.25)
    assert 0.5 <= view.staleness < 0.5 + 5
    assert (view.fps, view.labels, view.frame) == (FPS, LABELS, shown)
    assert len(view.instances) == 1


def test_before_the_first_result_there_are_no_masks() -> None:
    sink = FakeSink()
    _presenter(sink).show(frame(0), None)
    (view,) = sink.views
    assert (view.key_frame, view.mask_age, len(view.instances)) == (None, None, 0)


def test_a_result_is_held_until_the_next() -> None:
    sink = FakeSink()
    presenter = _presenter(sink)
    for index in range(4):
        presenter.show(frame(index), _result(index, 0.0) if index in {0, 2} else None, fps=FPS)
    assert [view.key_frame for view in sink.views] == [0, 0, 2, 2]


def test_a_result_of_another_size_is_not_drawn() -> None:
    sink = FakeSink()
    presenter = _presenter(sink)
    presenter.show(frame(0, size=(8, 8)), _result(0, 0.0), fps=FPS)
    assert len(sink.views[0].instances) == 0


def test_the_picture_has_the_overlay_and_the_frame_has_not() -> None:
    sink = FakeSink()
    shown = frame(100)
    before = shown.image.copy()
    _presenter(sink).show(shown, _result(100, 0.0), fps=FPS)
    (view,) = sink.views
    assert np.array_equal(view.frame.image, before)
    assert not np.array_equal(view.picture, before)
    assert not view.picture.flags.writeable


def test_a_hidden_class_is_gone_from_the_screen_and_from_nothing_else() -> None:
    sink = FakeSink()
    presenter = _presenter(sink)
    presenter.show(frame(0), _result(0, 0.0), fps=FPS)
    presenter.controls.press("1")
    presenter.show(frame(0), None, fps=FPS)
    shown, hidden = sink.views
    assert [len(view.instances) for view in sink.views] == [1, 1]
    assert np.array_equal(hidden.picture, shown.picture)
    assert np.array_equal(hidden.screen, hidden.frame.image)


@pytest.mark.parametrize("key", ["i", "?", "m"])
def test_text_is_on_the_screen_and_not_in_the_recording(key: str) -> None:
    sink = FakeSink()
    presenter = _presenter(sink)
    presenter.controls.press(key)
    presenter.show(frame(100), None, fps=FPS)
    (view,) = sink.views
    assert not np.array_equal(view.screen, view.picture)


def test_without_text_screen_and_recording_are_one_picture() -> None:
    sink = FakeSink()
    _presenter(sink).show(frame(0), None, fps=FPS)
    assert sink.views[0].screen is sink.views[0].picture


def test_a_pause_freezes_the_screen_and_not_the_recording() -> None:
    sink = FakeSink()
    presenter = _presenter(sink)
    presenter.show(frame(10), None, fps=FPS)
    presenter.controls.press(" ")
    presenter.show(frame(60), None, fps=FPS)
    presenter.show(frame(90), None, fps=FPS)
    assert [int(view.screen[0, 0, 0]) for view in sink.views] == [10, 10, 10]
    assert [int(view.picture[0, 0, 0]) for view in sink.views] == [10, 60, 90]


def test_a_pause_before_the_first_frame_shows_it() -> None:
    sink = FakeSink()
    presenter = _presenter(sink)
    presenter.controls.press(" ")
    presenter.show(frame(10), None, fps=FPS)
    assert int(sink.views[0].screen[0, 0, 0]) == 10


def test_one_sink_that_asks_to_end_does_not_keep_the_frame_from_the_others() -> None:
    first, second = FakeSink(on_write=lambda _: False), FakeSink()
    assert not _presenter(first, second).show(frame(0), None, fps=FPS)
    assert second.shown == [0]


def test_one_sink_that_asks_to_end_while_idle_is_heard() -> None:
    first, second = FakeSink(on_idle=lambda: False), FakeSink()
    assert not _presenter(first, second).idle()
    assert second.idles == 1
    assert _presenter(second).idle()


@pytest.mark.parametrize("error", [SinkError("full"), ZeroDivisionError(), KeyboardInterrupt()])
def test_every_sink_is_finished_whatever_happens_to_one(error: BaseException) -> None:
    first, second = FakeSink(fails_to_close=error), FakeSink()
    with pytest.raises(type(error)) as caught:
        _presenter(first, second).close(Ending.USER)
    assert caught.value is error
    assert second.endings == [Ending.USER]


def test_the_meter_knows_what_was_shown() -> None:
    presenter = _presenter(FakeSink())
    now = time.monotonic()
    presenter.show(frame(1, at=now), _result(0, now - 1), fps=FPS)
    assert presenter._meter.count("shown") == 1
    stages = {stage for stage, *_ in presenter._meter.table()}
    assert stages >= {"carry", "compose", "fake", "staleness", "mask age"}


def test_a_key_remakes_the_picture_of_a_paused_film_once() -> None:
    sink = FakeSink()
    presenter = _presenter(sink)
    presenter.show(frame(0), _result(0, 0.0), fps=FPS)
    presenter.controls.press(" ")
    presenter.idle()
    presenter.controls.press("m")
    presenter.idle()
    presenter.idle()
    (remade,) = sink.remade
    assert remade.frame is sink.views[0].frame
    assert not np.array_equal(remade.screen, sink.views[0].screen)
    assert presenter.last is remade


def test_a_hidden_class_comes_back_while_paused() -> None:
    sink = FakeSink()
    presenter = _presenter(sink)
    presenter.show(frame(0), _result(0, 0.0), fps=FPS)
    for key in (" ", "1"):
        presenter.controls.press(key)
    presenter.idle()
    presenter.controls.press("1")
    presenter.idle()
    without, with_it = sink.remade
    assert np.array_equal(without.screen, without.frame.image)
    assert np.array_equal(with_it.screen, with_it.picture)
    assert not np.array_equal(with_it.screen, without.screen)


def test_a_paused_live_picture_stays_on_screen_and_is_what_a_snapshot_takes() -> None:
    sink = FakeSink()
    presenter = _presenter(sink)
    presenter.show(frame(0), None, fps=FPS)
    presenter.controls.press(" ")
    presenter.show(frame(7), None, fps=FPS)
    assert sink.views[1].screen is sink.views[0].screen
    assert int(sink.views[1].picture[0, 0, 0]) == 7
    assert presenter.last is not None
    assert presenter.last.frame.index == 0


# Styles that hide objects


def _noise(index: int, *, at: float, epoch: int = 0) -> Frame:
    image = np.random.default_rng(index).integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)
    return Frame(image, index, at, index / FPS, epoch=epoch)


def _hides_all(view: View) -> bool:
    """Whether no pixel is as it was, in the window and in the recording."""
    frame = view.frame.image
    return all(
        (picture == frame).all(axis=2).mean() < 0.001 for picture in (view.picture, view.screen)
    )


def _hiding(sink: FakeSink) -> Presenter:
    presenter = _presenter(sink)
    presenter.controls.look = Look(Style.BLUR_OBJECTS)
    return presenter


def test_all_is_hidden_until_the_first_result() -> None:
    sink = FakeSink()
    presenter = _hiding(sink)
    presenter.show(_noise(0, at=0.0), None)
    presenter.show(_noise(1, at=0.1), None)
    presenter.show(_noise(2, at=0.2), _result(1, 0.1))
    assert [_hides_all(view) for view in sink.views] == [True, True, False]


def test_all_is_hidden_while_results_fail_to_come() -> None:
    sink = FakeSink()
    presenter = _hiding(sink)
    for index, at in enumerate((0.0, 0.5, 1.5, 1.6)):
        presenter.show(_noise(index, at=at), _result(index, at) if index in {0, 3} else None)
    assert [_hides_all(view) for view in sink.views] == [False, False, True, False]


def test_all_is_hidden_after_another_connection_and_another_size() -> None:
    sink = FakeSink()
    presenter = _hiding(sink)
    presenter.show(_noise(0, at=0.0), _result(0, 0.0))
    presenter.show(_noise(1, at=0.1, epoch=1), None)
    presenter.show(_noise(2, at=0.2, epoch=1), _result(0, 0.0))  # came late, of the scene before
    presenter.show(_noise(3, at=0.3, epoch=1), _result(2, 0.2))
    assert [_hides_all(view) for view in sink.views] == [False, True, True, False]


def test_a_style_chosen_while_paused_hides_what_was_not_covered() -> None:
    sink = FakeSink()
    presenter = _presenter(sink)
    presenter.show(_noise(0, at=0.0), None)
    presenter.controls.press(" ")
    presenter.controls.look = Look(Style.BLUR_OBJECTS)
    presenter.idle()
    assert [_hides_all(view) for view in sink.remade] == [True]


@pytest.mark.parametrize("style", sorted(set(Style) - HIDING))
def test_other_styles_hide_nothing(style: Style) -> None:
    sink = FakeSink()
    presenter = _presenter(sink)
    presenter.controls.look = Look(style)
    presenter.show(_noise(0, at=0.0), None)
    (view,) = sink.views
    plain = compose(view.frame.image, view.instances, LABELS, Look(style))
    assert np.array_equal(view.picture, plain)


def test_what_nobody_looked_at_is_hidden_and_has_no_key_frame() -> None:
    """As in a replay of what was recorded before the first result."""
    sink = FakeSink()
    presenter = _hiding(sink)
    presenter.show(_noise(0, at=0.0), Segmentation(Instances.empty(), UNKNOWN, 0.0, SIZE))
    presenter.show(_noise(1, at=0.1), _result(1, 0.1))
    assert [_hides_all(view) for view in sink.views] == [True, False]
    assert [view.key_frame for view in sink.views] == [None, 1]
