"""Pipelines that share one network by turns."""

import itertools
import threading

import pytest

from livesegment.errors import EngineError
from livesegment.frame import Frame
from livesegment.pipeline.mode import Masks
from livesegment.sinks.base import Ending, View
from livesegment.threads.fair import FairTurn
from livesegment.threads.worker import Worker
from tests.fakes import CEILING, FakeSegmenter, FakeSink, FakeSource, wait_for
from tests.pipeline.test_pipeline import Run
from tests.threads.test_fair import asking


def _start(run: Run) -> Worker:
    def body() -> None:
        run.pipeline.run()

    worker = Worker("run", body)
    worker.start()
    return worker


def test_the_newest_frame_is_taken_when_the_turn_comes() -> None:
    turn, newest, done = FairTurn(), threading.Event(), threading.Event()

    def on_write(view: View) -> None:
        if view.frame.index == 4:
            newest.set()

    source = FakeSource([0, lambda: asking(turn, 2), 1, 2, 3, 4, done], live=True)
    segmenter = FakeSegmenter(before=lambda _: done.set())
    run = Run(source, segmenter, [FakeSink(on_write)], Masks.HELD, turn=turn.party())
    with turn.party().take():
        worker = _start(run)
        wait_for(newest)
    assert worker.stop(CEILING)
    assert segmenter.segmented == [4]


def test_a_source_without_a_frame_costs_the_others_nothing() -> None:
    turn, segmenter, silence = FairTurn(), FakeSegmenter(), threading.Event()
    silent = Run(FakeSource([silence], live=True), segmenter, masks=Masks.HELD, turn=turn.party())
    worker = _start(silent)
    film = Run(FakeSource(range(50)), segmenter, turn=turn.party())
    assert film.end() is Ending.END_OF_SOURCE
    assert segmenter.segmented == list(range(50))
    silence.set()
    assert worker.stop(CEILING)


def test_films_that_share_a_network_are_whole_and_never_in_it_together() -> None:
    inside, most = list[int](), list[int]()

    def before(frame: Frame) -> None:
        inside.append(frame.index)
        most.append(len(inside))
        inside.clear()

    turn, segmenter = FairTurn(), FakeSegmenter(before)
    films = [Run(FakeSource(range(60)), segmenter, turn=turn.party()) for _ in range(3)]
    workers = [_start(film) for film in films]
    assert all(worker.stop(CEILING) for worker in workers)
    assert [film.sink.shown for film in films] == [list(range(60))] * 3
    assert set(most) == {1}


def test_a_slow_presenter_does_not_keep_the_network() -> None:
    turn, segmenter, go = FairTurn(), FakeSegmenter(), threading.Event()
    sink = FakeSink(lambda _: wait_for(go))
    slow = Run(FakeSource(range(30)), segmenter, [sink], turn=turn.party())
    worker = _start(slow)
    film = Run(FakeSource(range(50)), segmenter, turn=turn.party())
    assert film.end() is Ending.END_OF_SOURCE
    go.set()
    assert worker.stop(CEILING)
    assert sink.shown == list(range(30))


def test_a_run_that_waits_for_its_turn_ends_when_it_is_told_to() -> None:
    turn = FairTurn()

    def on_idle() -> bool:
        return len(turn._queue.waiting) < 1

    source = FakeSource([0, threading.Event()], live=True)
    run = Run(source, sinks=[FakeSink(on_idle=on_idle)], masks=Masks.HELD, turn=turn.party())
    with turn.party().take():
        assert run.end() is Ending.USER
        assert not turn._queue.waiting
    assert run.segmenter.segmented == []


def test_a_source_that_ends_does_not_wait_for_its_turn() -> None:
    turn = FairTurn()
    source = FakeSource([0, lambda: asking(turn, 2)], live=True)
    run = Run(source, masks=Masks.HELD, turn=turn.party())
    with turn.party().take():
        assert run.end() is Ending.END_OF_SOURCE


def test_a_failure_of_the_network_gives_the_turn_back() -> None:
    turn, error = FairTurn(), EngineError("out of memory")

    def before(frame: Frame) -> None:
        raise error

    run = Run(FakeSource(itertools.count()), FakeSegmenter(before), turn=turn.party())
    run.fail(error)
    with turn.party().take():
        pass


def test_turns_and_frames_side_by_side_do_not_go_together() -> None:
    with pytest.raises(ValueError, match="one frame at a time"):
        Run(FakeSource(range(3)), at_once=2, turn=FairTurn().party())
