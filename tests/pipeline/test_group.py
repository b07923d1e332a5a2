"""Several runs at once: each ends and fails by itself, and all of them together."""

import logging
import threading
import time
from collections.abc import Callable, Generator

import pytest

from livesegment.errors import LiveSegmentError, SourceError, UsageError
from livesegment.pipeline.group import Group, MemberState
from livesegment.pipeline.mode import Limits, Masks
from livesegment.pipeline.pipeline import Pipeline
from livesegment.sinks.base import Ending
from livesegment.threads.worker import Worker
from tests.fakes import CEILING, FakeSource, wait_for
from tests.pipeline.test_pipeline import Run


class FakeRun:
    """Runs until it is told to end."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.ending: Ending | None = None
        self.begun, self.finished = threading.Event(), threading.Event()
        self._error = error
        self._told = threading.Event()

    def run(self) -> Ending:
        self.begun.set()
        wait_for(self._told)
        self.finished.set()
        if self._error is not None:
            raise self._error
        return self.ending or Ending.USER

    def stop(self, ending: Ending) -> None:
        self.ending = self.ending or ending
        self._told.set()

    def end(self) -> None:
        """It is at the end of its source, or fails now."""
        self.stop(Ending.END_OF_SOURCE)


@pytest.fixture
def group() -> Generator[Group[FakeRun]]:
    """A group that is at its end after the test, however that went."""
    group: Group[FakeRun] = Group()
    yield group
    for member in group.members:
        member.run.stop(Ending.USER)


def _added(group: Group[FakeRun], *names: str) -> list[FakeRun]:
    runs = [FakeRun() for _ in names]
    for name, run in zip(names, runs, strict=True):
        group.add(name, lambda run=run: run)  # type: ignore[misc]
    return runs


def _until(true: Callable[[], bool]) -> Callable[[], bool]:
    """A body that ends the run once something is so."""
    deadline = time.monotonic() + CEILING

    def body() -> bool:
        assert time.monotonic() < deadline, "it never was"
        return not true()

    return body


def _states(group: Group[FakeRun]) -> list[MemberState]:
    return [member.state for member in group.members]


def test_all_run_at_the_same_time(group: Group[FakeRun]) -> None:
    runs = _added(group, "a", "b", "c")
    for run in runs:
        wait_for(run.begun)
    assert _states(group) == [MemberState.RUNNING] * 3
    assert [member.name for member in group.members] == ["a", "b", "c"]
    group.stop(Ending.USER)
    group.run()


def test_the_user_ends_all(group: Group[FakeRun]) -> None:
    runs = _added(group, "a", "b")
    assert group.run(lambda: False) is Ending.USER
    assert all(run.finished.is_set() for run in runs)
    assert [run.ending for run in runs] == [Ending.USER] * 2
    assert _states(group) == [MemberState.ENDED] * 2


def test_the_first_reason_to_end_counts_for_all(group: Group[FakeRun]) -> None:
    runs = _added(group, "a", "b")
    group.stop(Ending.TERMINATED)
    group.stop(Ending.USER)
    assert group.run() is Ending.TERMINATED
    assert [run.ending for run in runs] == [Ending.TERMINATED] * 2


def test_one_that_ends_leaves_the_others_running(group: Group[FakeRun]) -> None:
    first, second = _added(group, "a", "b")
    first.end()
    assert group.run(_until(lambda: _states(group)[0] is MemberState.ENDED)) is Ending.USER
    assert (first.ending, second.ending) == (Ending.END_OF_SOURCE, Ending.USER)


def test_the_run_ends_with_the_last_of_them(group: Group[FakeRun]) -> None:
    for run in _added(group, "a", "b"):
        run.end()
    assert group.run() is Ending.END_OF_SOURCE


def test_one_that_fails_ends_alone_and_says_so_once(
    group: Group[FakeRun], caplog: pytest.LogCaptureFixture
) -> None:
    error = SourceError("the camera went away")
    failing = FakeRun(error)
    group.add("door", lambda: failing)
    (other,) = _added(group, "yard")
    failing.end()
    with caplog.at_level(logging.WARNING):
        ending = group.run(_until(lambda: _states(group)[0] is MemberState.FAILED))
    assert ending is Ending.USER
    assert other.ending is Ending.USER
    assert group.members[0].error is error
    assert caplog.messages == ["door failed: the camera went away"]


def test_where_every_one_failed_the_run_fails_as_the_first_did(group: Group[FakeRun]) -> None:
    errors = [SourceError("one"), SourceError("two")]
    for error in errors:
        run = FakeRun(error)
        group.add(str(error), lambda run=run: run)  # type: ignore[misc]
        run.end()
    with pytest.raises(SourceError, match="one"):
        group.run()
    assert group.ending is Ending.FAILED


def test_where_one_did_well_the_run_does(group: Group[FakeRun]) -> None:
    failing = FakeRun(SourceError("gone"))
    group.add("a", lambda: failing)
    (well,) = _added(group, "b")
    failing.end()
    well.end()
    assert group.run() is Ending.END_OF_SOURCE


def test_a_bug_ends_one_alone_and_is_raised_at_the_end(group: Group[FakeRun]) -> None:
    buggy = FakeRun(ZeroDivisionError("division by zero"))
    group.add("a", lambda: buggy)
    (other,) = _added(group, "b")
    buggy.end()
    with pytest.raises(ZeroDivisionError):
        group.run(_until(lambda: _states(group)[0] is MemberState.FAILED))
    assert other.ending is Ending.USER


def test_a_bug_of_one_that_was_removed_is_raised_too(group: Group[FakeRun]) -> None:
    buggy = FakeRun(ZeroDivisionError())
    group.add("a", lambda: buggy)
    _added(group, "b", "c")
    group.remove("a")
    wait_for(buggy.finished)
    group.remove("b")
    with pytest.raises(ZeroDivisionError):
        group.run(lambda: False)


def test_a_failing_window_ends_all_and_is_raised(group: Group[FakeRun]) -> None:
    (run,) = _added(group, "a")
    with pytest.raises(LiveSegmentError, match="no window"):
        group.run(lambda: (_ for _ in ()).throw(LiveSegmentError("no window")))
    assert run.finished.is_set()


def test_one_may_come_while_others_run(group: Group[FakeRun]) -> None:
    _added(group, "a")
    added = list[FakeRun]()
    worker = Worker("web page", lambda: added.extend(_added(group, "b")))

    def body() -> bool:
        if worker.ident is None:
            worker.start()
        return not (added and added[0].begun.is_set())

    group.run(body)
    assert added[0].ending is Ending.USER
    assert worker.stop(CEILING)


def test_one_may_go_while_others_run(group: Group[FakeRun]) -> None:
    first, second = _added(group, "a", "b")
    group.remove("a")
    assert [member.name for member in group.members] == ["b"]
    group.run(_until(first.finished.is_set))
    assert first.ending is Ending.USER
    assert second.finished.is_set()


def test_the_run_ends_with_the_last_that_is_removed(group: Group[FakeRun]) -> None:
    (run,) = _added(group, "a")
    group.remove("a")
    assert group.run() is Ending.USER
    assert run.finished.is_set()


def test_a_name_is_free_again_once_it_is_removed(group: Group[FakeRun]) -> None:
    _added(group, "a")
    with pytest.raises(UsageError, match="already"):
        group.add("a", FakeRun)
    group.remove("a")
    (again,) = _added(group, "a")
    group.run(_until(again.begun.is_set))


def test_nobody_can_be_removed_who_is_not_there(group: Group[FakeRun]) -> None:
    _added(group, "a")
    with pytest.raises(UsageError, match="no source 'b'") as caught:
        group.remove("b")
    assert caught.value.hint == "there are: a"
    group.run(lambda: False)


def test_one_that_cannot_be_made_changes_nothing(group: Group[FakeRun]) -> None:
    def make() -> FakeRun:
        raise SourceError("no such camera")

    with pytest.raises(SourceError):
        group.add("a", make)
    assert group.members == ()


def test_nobody_comes_after_the_end(group: Group[FakeRun]) -> None:
    group.stop(Ending.USER)
    with pytest.raises(UsageError, match="too late"):
        group.add("a", FakeRun)


# With whole pipelines.


def test_pipelines_end_together_and_promptly() -> None:
    films = [Run(FakeSource([0, threading.Event()], live=True), masks=Masks.HELD) for _ in "abc"]
    pipelines = [film.pipeline for film in films]
    group = Group[Pipeline]()
    for number, pipeline in enumerate(pipelines):
        group.add(str(number), lambda pipeline=pipeline: pipeline)  # type: ignore[misc]
    ending = group.run(_until(lambda: all(film.sink.shown for film in films)))
    assert ending is Ending.USER
    assert [film.sink.endings for film in films] == [[Ending.USER]] * 3
    assert group.abandoned == []


def test_a_source_that_fails_leaves_the_other_film_whole() -> None:
    well = Run(FakeSource(range(500)), limits=Limits(frames=300))
    bad = Run(FakeSource([0, 1, SourceError("gone")]))
    group = Group[Pipeline]()
    for name, film in (("well", well), ("bad", bad)):
        group.add(name, lambda film=film: film.pipeline)  # type: ignore[misc]
    assert group.run() is Ending.LIMIT
    assert well.sink.shown == list(range(300))
    assert isinstance(group.members[1].error, SourceError)
