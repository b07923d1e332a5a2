"""A film's frames segmented side by side, and shown in their order."""

import itertools
import threading

from livesegment.errors import EngineError
from livesegment.frame import Frame
from livesegment.pipeline.mode import Limits
from livesegment.sinks.base import Ending, View
from tests.fakes import CEILING, FakeSegmenter, FakeSink, FakeSource
from tests.pipeline.test_pipeline import PROMPTLY, Run


def out_of_order(count: int) -> FakeSegmenter:
    """Even frames wait until the odd one after them is done, as far as the film goes."""
    done = [threading.Event() for _ in range(count + 1)]

    def before(frame: Frame) -> None:
        if frame.index % 2:
            done[frame.index].set()
        elif frame.index + 1 < count:
            assert done[frame.index + 1].wait(CEILING)

    return FakeSegmenter(before)


def test_frames_are_shown_in_order_though_their_results_come_in_another() -> None:
    run = Run(FakeSource(range(60)), out_of_order(60), at_once=2)
    assert run.end() is Ending.END_OF_SOURCE
    assert run.sink.shown == list(range(60))
    assert [view.key_frame for view in run.sink.views] == list(range(60))


def test_the_last_frame_is_not_lost_when_the_other_thread_ends_first() -> None:
    """One thread finds the film at its end while the other still has a frame in hand."""
    for _ in range(20):
        run = Run(FakeSource(range(3)), out_of_order(3), at_once=2)
        run.end()
        assert run.sink.shown == [0, 1, 2]


def test_a_failure_of_one_thread_ends_the_others_and_the_run() -> None:
    error = EngineError("out of memory")

    def before(frame: Frame) -> None:
        if frame.index == 5:
            raise error

    run = Run(FakeSource(itertools.count()), FakeSegmenter(before), at_once=3)
    assert run.fail(error) < PROMPTLY
    assert run.sink.shown == list(range(len(run.sink.shown)))


def test_a_sink_ends_a_run_whose_threads_wait_for_each_other() -> None:
    def on_write(view: View) -> bool:
        return view.frame.index < 7

    run = Run(FakeSource(itertools.count()), sinks=[FakeSink(on_write)], at_once=2)
    assert run.end() is Ending.USER
    assert run.sink.shown == list(range(8))


def test_a_limit_is_kept_to_the_frame() -> None:
    run = Run(FakeSource(itertools.count()), limits=Limits(frames=9), at_once=2)
    assert run.end() is Ending.LIMIT
    assert run.sink.shown == list(range(9))


def test_every_frame_is_counted_once() -> None:
    run = Run(FakeSource(range(80)), at_once=4)
    run.end()
    assert run.meter.count("segment") == 80
    assert run.pipeline.economy.segmented == 80
