"""A run: every frame in order, every end within two seconds, every failure with its traceback."""

import itertools
import signal
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from livesegment.carrying.hold import HoldCarrier
from livesegment.compositing.look import Look
from livesegment.errors import EngineError, SinkError, SourceError
from livesegment.frame import Frame
from livesegment.pipeline.controls import Controls
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.mode import Limits, Masks
from livesegment.pipeline.pipeline import Pipeline
from livesegment.pipeline.presenter import Presenter
from livesegment.pipeline.queues import FILE_QUEUE, LIVE_QUEUE
from livesegment.sinks.base import Ending, View
from livesegment.threads.fair import Party
from livesegment.threads.worker import Worker
from tests.fakes import (
    CEILING,
    FakeSegmenter,
    FakeSink,
    FakeSource,
    Step,
    Stuck,
    wait_for,
)

SOON = 2.0
"""Seconds within which every run ends."""
PROMPTLY = 1.0
"""Seconds; less than a stuck thread is waited for."""
CAPTURE = "livesegment-capture"


@dataclass
class Run:
    """A pipeline of fakes."""

    source: FakeSource
    segmenter: FakeSegmenter = field(default_factory=FakeSegmenter)
    sinks: Sequence[FakeSink] = field(default_factory=lambda: [FakeSink()])
    masks: Masks = Masks.EXACT
    limits: Limits | None = None
    at_once: int = 1
    turn: Party | None = None

    def __post_init__(self) -> None:
        self.meter = Meter()
        self.controls = Controls(self.segmenter, Look())
        presenter = Presenter(
            HoldCarrier(), self.controls, self.sinks, self.meter, labels=self.segmenter.labels
        )
        self.pipeline = Pipeline(
            self.source,
            self.segmenter,
            presenter,
            self.meter,
            masks=self.masks,
            limits=self.limits,
            at_once=self.at_once,
            turn=self.turn,
        )

    @property
    def sink(self) -> FakeSink:
        """The first."""
        return self.sinks[0]

    def end(self) -> Ending:
        """Run, and see that nothing is left of it."""
        ending = self.pipeline.run()
        assert self.pipeline.abandoned == []
        assert {tuple(sink.endings) for sink in self.sinks} == {(ending,)}
        assert self.source.opened_in == self.source.closed_in == [CAPTURE]
        return ending

    def fail(self, error: BaseException) -> float:
        """Run into an error; see how it ends, and say how long that took."""
        started = time.monotonic()
        with pytest.raises(type(error)) as caught:
            self.pipeline.run()
        spent = time.monotonic() - started
        assert caught.value is error
        assert self.pipeline.ending is Ending.FAILED
        return spent


def _one_by_one(shown: Sequence[threading.Event]) -> list[Step]:
    """Frames that come only when the one before was shown."""
    script: list[Step] = []
    for index, event in enumerate(shown):
        script += [index, event]
    return script


def _ever(live: bool = True) -> FakeSource:
    """A source that gives frames without end, when asked."""
    return FakeSource(itertools.count(), live=live)


# A film arrives whole and in order.


def test_a_film_is_shown_whole_in_order_each_frame_with_its_own_masks() -> None:
    run = Run(FakeSource(range(200)))
    assert run.end() is Ending.END_OF_SOURCE
    assert run.sink.shown == list(range(200))
    assert [view.key_frame for view in run.sink.views] == list(range(200))
    assert run.pipeline.dropped == 0


def test_a_film_is_whole_though_its_source_is_slow() -> None:
    shown = [threading.Event() for _ in range(20)]
    script = _one_by_one(shown)
    sink = FakeSink(on_write=lambda view: shown[view.frame.index].set())
    run = Run(FakeSource(script), sinks=[sink])
    assert run.end() is Ending.END_OF_SOURCE
    assert sink.shown == list(range(20))


def test_a_film_is_whole_though_its_network_is_slow() -> None:
    full = threading.Event()
    last = FILE_QUEUE + 1  # one frame is with the segmenter, the others fill the queue
    script: list[Step] = [*range(last), full.set, *range(last, 20)]
    run = Run(FakeSource(script), FakeSegmenter(before=lambda _: wait_for(full)))
    assert run.end() is Ending.END_OF_SOURCE
    assert run.sink.shown == list(range(20))


def test_a_film_is_whole_though_its_sink_is_slow() -> None:
    full = threading.Event()
    last = FILE_QUEUE + 1

    def before(frame: Frame) -> None:
        if frame.index == last:
            full.set()

    sink = FakeSink(on_write=lambda _: wait_for(full))
    run = Run(FakeSource(range(20)), FakeSegmenter(before), [sink])
    assert run.end() is Ending.END_OF_SOURCE
    assert sink.shown == list(range(20))


def test_a_film_is_held_back_by_its_sink() -> None:
    given: list[int] = []
    source = FakeSource(range(100))
    sink = FakeSink(on_write=lambda view: given.append(len(source.given) - view.frame.index))
    Run(source, sinks=[sink]).end()
    assert max(given) <= 2 * FILE_QUEUE + 4  # the queues, and one with each stage


def test_an_empty_source_ends_at_once() -> None:
    run = Run(FakeSource([]))
    assert run.end() is Ending.END_OF_SOURCE
    assert run.sink.shown == []


# What is live goes on.


def test_a_slow_network_holds_no_frame_of_a_live_source_back() -> None:
    shown = [threading.Event() for _ in range(10)]
    again = threading.Event()

    def before(frame: Frame) -> None:
        if frame.index == 0:
            wait_for(shown[-1])
        else:
            again.set()

    script = [*_one_by_one(shown), again]
    sink = FakeSink(on_write=lambda view: shown[view.frame.index].set())
    run = Run(FakeSource(script, live=True), FakeSegmenter(before), [sink], Masks.HELD)
    assert run.end() is Ending.END_OF_SOURCE
    assert sink.shown == list(range(10))
    assert run.segmenter.segmented == [0, 9], "the newest is next, not the one that waited longest"
    assert run.pipeline.dropped == 0


def test_frames_of_a_live_source_are_shown_with_the_newest_masks_there_are() -> None:
    segmented = threading.Event()
    shown = [threading.Event() for _ in range(4)]

    def before(frame: Frame) -> None:
        if frame.index == 2:
            segmented.set()

    script: list[Step] = [0, shown[0], 1, shown[1], 2, segmented, shown[2], 3, shown[3]]
    sink = FakeSink(on_write=lambda view: shown[view.frame.index].set())
    Run(FakeSource(script, live=True), FakeSegmenter(before), [sink], Masks.HELD).end()
    keys = [view.key_frame for view in sink.views]
    assert keys[3] is not None
    assert keys[3] >= 1
    known = [key for key in keys if key is not None]
    assert known == sorted(known)


def test_what_a_slow_sink_misses_is_counted() -> None:
    began, all_given = threading.Event(), threading.Event()

    def write(view: View) -> None:
        began.set()
        wait_for(all_given)

    script: list[Step] = [0, began, *range(1, 20), all_given.set]
    sink = FakeSink(on_write=write)
    run = Run(FakeSource(script, live=True), sinks=[sink], masks=Masks.HELD)
    assert run.end() is Ending.END_OF_SOURCE
    assert sink.shown == [0, *range(20 - LIVE_QUEUE, 20)]
    assert run.meter.count("shown") + run.pipeline.dropped == run.meter.count("capture") == 20


def test_a_live_source_with_exact_masks_shows_the_newest_each_with_its_own() -> None:
    began, all_given = threading.Event(), threading.Event()

    def before(frame: Frame) -> None:
        began.set()
        wait_for(all_given)

    script: list[Step] = [0, began, *range(1, 20), all_given.set]
    run = Run(FakeSource(script, live=True), FakeSegmenter(before))
    assert run.end() is Ending.END_OF_SOURCE
    assert run.sink.shown == [0, 19]
    assert [view.key_frame for view in run.sink.views] == [0, 19]
    assert run.pipeline.dropped == 18


def test_results_of_a_live_source_do_not_pile_up_before_a_slow_sink() -> None:
    """With exact masks what is shown after a wait is at most three frames old."""
    source_done, segmented = threading.Event(), [threading.Event() for _ in range(12)]

    def before(frame: Frame) -> None:
        segmented[frame.index].set()

    # A frame comes whenever the last was taken by the segmenter, or 3 of them stay behind it.
    script: list[Step] = [0, segmented[0], 1, segmented[1], 2, segmented[2], *range(3, 12)]
    script.append(source_done.set)
    sink = FakeSink(on_write=lambda _: wait_for(source_done))
    run = Run(FakeSource(script, live=True), FakeSegmenter(before), [sink])
    assert run.end() is Ending.END_OF_SOURCE
    assert sink.shown == [0, 1, 2, 11]


# Every end comes soon, and finishes everything.


def test_an_error_at_opening_ends_the_run() -> None:
    error = SourceError("no such camera")
    run = Run(FakeSource([], fails_to_open=error))
    assert run.fail(error) < SOON
    assert run.sink.endings == [Ending.FAILED]
    assert run.source.closed_in == [CAPTURE]


def test_an_error_of_the_source_ends_the_run_after_what_it_gave() -> None:
    error = SourceError("unplugged")
    run = Run(FakeSource([*range(10), error]))
    assert run.fail(error) < SOON
    assert run.sink.shown == list(range(10))
    assert run.sink.endings == [Ending.FAILED]
    assert run.source.closed_in == [CAPTURE]


@pytest.mark.parametrize("masks", Masks)
def test_an_error_of_the_network_ends_the_run(masks: Masks) -> None:
    error = EngineError("out of memory")

    def before(frame: Frame) -> None:
        if frame.index >= 3:
            raise error

    run = Run(_ever(masks is Masks.HELD), FakeSegmenter(before), masks=masks)
    assert run.fail(error) < PROMPTLY
    assert run.sink.endings == [Ending.FAILED]
    assert run.source.closed_in == [CAPTURE]


@pytest.mark.parametrize("masks", Masks)
def test_an_error_of_a_sink_ends_the_run(masks: Masks) -> None:
    error = SinkError("disk full")

    def write(view: View) -> None:
        if len(sinks[0].views) == 3:
            raise error

    sinks = [FakeSink(on_write=write), FakeSink()]
    run = Run(_ever(masks is Masks.HELD), sinks=sinks, masks=masks)
    assert run.fail(error) < SOON
    assert [sink.endings for sink in sinks] == [[Ending.FAILED], [Ending.FAILED]]
    assert run.source.closed_in == [CAPTURE]


def test_an_error_of_a_sink_between_frames_ends_the_run() -> None:
    error = SinkError("encoder gone")

    def idle() -> None:
        raise error

    run = Run(FakeSource([threading.Event()], live=True), sinks=[FakeSink(on_idle=idle)])
    assert run.fail(error) < SOON
    assert run.sink.endings == [Ending.FAILED]


def test_an_error_at_closing_is_raised_and_closes_the_others() -> None:
    error = SinkError("cannot finish")
    sinks = [FakeSink(fails_to_close=error), FakeSink()]
    run = Run(FakeSource(range(3)), sinks=sinks)
    assert run.fail(error) < SOON
    assert sinks[1].endings == [Ending.END_OF_SOURCE]


def test_the_first_failure_is_the_one_that_is_raised() -> None:
    error = EngineError("first")

    def before(_: Frame) -> None:
        raise error

    sinks = [FakeSink(fails_to_close=SinkError("second"))]
    Run(_ever(), FakeSegmenter(before), sinks).fail(error)


def test_a_failure_has_the_traceback_of_the_thread_it_came_from() -> None:
    def broken_network(frame: Frame) -> None:
        raise EngineError(f"at frame {frame.index}")

    run = Run(_ever(), FakeSegmenter(broken_network))
    with pytest.raises(EngineError) as caught:
        run.pipeline.run()
    names = [entry.name for entry in traceback.extract_tb(caught.value.__traceback__)]
    assert names[-1] == "broken_network"


def test_a_bug_is_raised_as_it_is() -> None:
    error = ZeroDivisionError()

    def before(_: Frame) -> None:
        raise error

    Run(_ever(), FakeSegmenter(before)).fail(error)


def test_a_sink_that_asks_to_end_ends_the_run() -> None:
    sink = FakeSink(on_write=lambda view: view.frame.index < 4)
    run = Run(_ever(live=False), sinks=[sink])
    assert run.end() is Ending.USER
    assert sink.shown == [0, 1, 2, 3, 4]


def test_a_sink_that_asks_to_end_between_frames_ends_the_run() -> None:
    sink = FakeSink(on_idle=lambda: sink.idles < 3)
    run = Run(FakeSource([threading.Event()], live=True), sinks=[sink])
    assert run.end() is Ending.USER


@pytest.mark.parametrize("ending", [Ending.INTERRUPTED, Ending.TERMINATED])
def test_another_thread_may_stop_the_run(ending: Ending) -> None:
    shown = threading.Event()
    run = Run(_ever(), sinks=[FakeSink(on_write=lambda _: shown.set())])

    def stop() -> None:
        wait_for(shown)
        run.pipeline.stop(ending)

    stopper = Worker("test-stopper", stop)
    stopper.start()
    assert run.end() is ending
    assert stopper.stop(CEILING)


def test_a_run_that_waits_for_a_frame_can_be_stopped() -> None:
    reading = threading.Event()
    run = Run(FakeSource([reading.set, threading.Event()], live=True))

    def stop() -> None:
        wait_for(reading)
        run.pipeline.stop(Ending.TERMINATED)

    stopper = Worker("test-stopper", stop)
    stopper.start()
    started = time.monotonic()
    assert run.end() is Ending.TERMINATED
    assert time.monotonic() - started < SOON
    assert stopper.stop(CEILING)


def test_the_first_reason_to_end_counts() -> None:
    run = Run(_ever())
    run.pipeline.stop(Ending.INTERRUPTED)
    run.pipeline.stop(Ending.TERMINATED)
    assert run.end() is Ending.INTERRUPTED


def test_a_stuck_source_is_left_behind_and_everything_else_finished(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stuck = Stuck()
    sink = FakeSink(on_idle=lambda: False)
    run = Run(FakeSource([0, 1, stuck]), sinks=[sink])
    started = time.monotonic()
    ending = run.pipeline.run()
    spent = time.monotonic() - started
    left = run.pipeline.abandoned
    stuck.set()
    _joined(run)
    assert ending is Ending.USER
    assert spent < SOON
    assert sink.endings == [Ending.USER]
    assert left == [CAPTURE]
    assert "capture is stuck" in caplog.text


def test_an_error_of_the_network_is_soon_heard_though_the_source_is_stuck() -> None:
    stuck = Stuck()
    error = EngineError("out of memory")

    def before(_: Frame) -> None:
        raise error

    run = Run(FakeSource([0, stuck], live=True), FakeSegmenter(before), masks=Masks.HELD)
    spent = run.fail(error)
    stuck.set()
    _joined(run)
    assert spent < SOON
    assert run.sink.endings == [Ending.FAILED]


def test_an_error_of_the_network_interrupts_a_source_that_waits() -> None:
    error = EngineError("out of memory")

    def before(_: Frame) -> None:
        raise error

    run = Run(FakeSource([0, threading.Event()], live=True), FakeSegmenter(before))
    assert run.fail(error) < PROMPTLY
    assert run.source.closed_in == [CAPTURE]


def test_a_stuck_network_is_left_behind() -> None:
    stuck, began = threading.Event(), threading.Event()

    def before(_: Frame) -> None:
        began.set()
        wait_for(stuck)

    sink = FakeSink(on_idle=lambda: not began.is_set())
    run = Run(_ever(live=False), FakeSegmenter(before), [sink])
    started = time.monotonic()
    assert run.pipeline.run() is Ending.USER
    spent = time.monotonic() - started
    left = run.pipeline.abandoned
    stuck.set()
    _joined(run)
    assert spent < SOON
    assert left == ["livesegment-segment"]
    assert sink.endings == [Ending.USER]


def _joined(run: Run) -> None:
    """Wait for what was left behind."""
    assert all(worker.stop(CEILING) for worker in run.pipeline._workers)


def test_ctrl_c_inside_a_sink_finishes_everything() -> None:
    error = KeyboardInterrupt()

    def write(_: View) -> None:
        raise error

    sinks = [FakeSink(on_write=write), FakeSink()]
    run = Run(_ever(), sinks=sinks)
    assert run.fail(error) < SOON
    assert [sink.endings for sink in sinks] == [[Ending.FAILED], [Ending.FAILED]]
    assert run.source.closed_in == [CAPTURE]


def test_ctrl_c_while_it_waits_for_its_threads_finishes_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = Run(FakeSource(range(3)))
    first = run.pipeline._workers[0]
    stop, waits = first.stop, []

    def interrupted(seconds: float) -> bool:
        waits.append(seconds)
        if len(waits) == 1:
            signal.raise_signal(signal.SIGINT)
        return stop(seconds)

    monkeypatch.setattr(first, "stop", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.pipeline.run()
    assert run.sink.endings == [Ending.FAILED]
    assert run.pipeline.abandoned == []


# Limits.


@pytest.mark.parametrize("masks", Masks)
def test_a_limit_of_frames_ends_the_run_after_so_many(masks: Masks) -> None:
    shown = [threading.Event() for _ in range(50)]
    script = _one_by_one(shown)
    sink = FakeSink(on_write=lambda view: shown[view.frame.index].set())
    run = Run(
        FakeSource(script, live=masks is Masks.HELD), sinks=[sink], masks=masks, limits=Limits(7)
    )
    assert run.end() is Ending.LIMIT
    assert sink.shown == list(range(7))


def test_a_limit_of_time_ends_the_run_after_so_much_of_the_film() -> None:
    run = Run(_ever(live=False), limits=Limits(seconds=0.4))
    assert run.end() is Ending.LIMIT
    assert run.sink.shown == list(range(10))


def test_a_film_that_ends_before_the_limit_ends_by_itself() -> None:
    run = Run(FakeSource(range(5)), limits=Limits(frames=6, seconds=99))
    assert run.end() is Ending.END_OF_SOURCE
    assert run.sink.shown == list(range(5))


# Pausing a film.


def _script_of_keys(run_of: Callable[[FakeSink], Run], keys: dict[int, str]) -> Run:
    """A run whose keys are pressed at the n-th idle moment."""

    def idle() -> None:
        if sink.idles in keys:
            run.controls.press(keys[sink.idles])

    sink = FakeSink(on_idle=idle)
    run = run_of(sink)
    run.controls.press(" ")
    return run


def test_a_paused_film_stands_still_and_goes_on_where_it_stood() -> None:
    stood: list[list[int]] = []

    def idle() -> None:
        stood.append(list(run.sink.shown))
        if run.sink.idles == 6:
            run.controls.press(" ")

    run = Run(FakeSource(range(40)), sinks=[FakeSink(on_idle=idle)])
    run.controls.press(" ")
    assert run.end() is Ending.END_OF_SOURCE
    assert stood[:6] == [[]] * 6
    assert run.sink.shown == list(range(40))


def test_a_paused_film_is_held_back() -> None:
    given: list[int] = []

    def idle() -> bool:
        given.append(len(run.source.given))
        return run.sink.idles < 6

    run = Run(_ever(live=False), sinks=[FakeSink(on_idle=idle)])
    run.controls.press(" ")
    assert run.end() is Ending.USER
    assert max(given) <= 2 * FILE_QUEUE + 4


def test_a_step_shows_exactly_one_frame() -> None:
    run = _script_of_keys(
        lambda sink: Run(FakeSource(range(8)), sinks=[sink]), {3: ".", 6: ".", 9: " "}
    )
    counts: list[int] = []
    write = run.sink._on_idle
    assert write is not None

    def idle() -> None:
        counts.append(len(run.sink.views))
        write()

    run.sink._on_idle = idle
    assert run.end() is Ending.END_OF_SOURCE
    assert counts[:9] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert run.sink.shown == list(range(8))


def test_a_step_shows_its_frame_on_the_screen() -> None:
    run = _script_of_keys(
        lambda sink: Run(FakeSource(range(0, 200, 50)), sinks=[sink]),
        {3: ".", 6: ".", 9: ".", 12: " "},
    )
    run.end()
    frames = [view.frame.index for view in run.sink.views]
    shown = [int(view.screen[-1, -1, 0]) for view in run.sink.views]
    assert shown == frames == [0, 50, 100, 150]


def test_a_step_asked_for_while_a_frame_is_shown_is_not_lost() -> None:
    def write(view: View) -> None:
        if view.frame.index == 2:
            run.controls.press(".")

    def idle() -> bool:
        return run.sink.idles < 5

    run = Run(_ever(live=False), sinks=[FakeSink(on_write=write, on_idle=idle)])
    assert run.end() is Ending.USER
    assert run.sink.shown == [0, 1, 2, 3]


def test_a_live_source_goes_on_behind_a_pause() -> None:
    shown = [threading.Event() for _ in range(10)]
    script = _one_by_one(shown)

    def write(view: View) -> None:
        if view.frame.index == 3:
            run.controls.press(" ")
        shown[view.frame.index].set()

    run = Run(FakeSource(script, live=True), sinks=[FakeSink(on_write=write)], masks=Masks.HELD)
    run.end()
    assert run.sink.shown == list(range(10))
    assert {int(view.screen[-1, -1, 0]) for view in run.sink.views[4:]} == {3}


# What is measured.


def test_the_meter_counts_what_each_stage_did() -> None:
    run = Run(FakeSource(range(12)))
    run.end()
    counts = {name: run.meter.count(name) for name in ("capture", "segment", "shown")}
    assert counts == {"capture": 12, "segment": 12, "shown": 12}
    assert {stage for stage, *_ in run.meter.table()} >= {"capture", "infer", "compose", "fake"}


def test_the_sinks_are_told_the_rate_of_the_source() -> None:
    run = Run(FakeSource(range(2)))
    run.end()
    assert {view.fps for view in run.sink.views} == {25}


def test_sinks_are_called_from_the_thread_that_runs_the_pipeline() -> None:
    threads: set[str] = set()

    def note(*_: object) -> None:
        threads.add(threading.current_thread().name)

    Run(FakeSource(range(5)), sinks=[FakeSink(note, note)]).end()
    assert threads == {threading.current_thread().name}
