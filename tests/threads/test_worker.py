"""A worker keeps its error, has a name, and is waited for with a ceiling."""

import threading

import pytest

from livesegment.errors import EngineError
from livesegment.threads.worker import Worker
from tests.fakes import CEILING, wait_for


def test_a_worker_keeps_what_its_body_raises() -> None:
    error = ValueError("broken")

    def body() -> None:
        raise error

    worker = Worker("fails", body)
    worker.start()
    assert worker.stop(CEILING)
    assert worker.error is error


def test_a_kept_error_has_the_traceback_of_the_body() -> None:
    def body() -> None:
        raise ValueError

    worker = Worker("fails", body)
    worker.start()
    worker.stop(CEILING)
    assert worker.error is not None
    traceback = worker.error.__traceback__
    assert traceback is not None
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    assert traceback.tb_frame.f_code is body.__code__


def test_even_system_exit_is_kept() -> None:
    def body() -> None:
        raise SystemExit(3)

    worker = Worker("exits", body)
    worker.start()
    worker.stop(CEILING)
    assert isinstance(worker.error, SystemExit)


def test_a_worker_without_fault_has_no_error() -> None:
    worker = Worker("works", lambda: None)
    worker.start()
    assert worker.stop(CEILING)
    assert worker.error is None


def test_a_worker_is_named_and_holds_no_program_up() -> None:
    worker = Worker("capture", lambda: None)
    assert worker.name == "livesegment-capture"
    assert worker.daemon


def test_stop_says_that_a_worker_goes_on() -> None:
    release = threading.Event()
    worker = Worker("busy", lambda: wait_for(release))
    worker.start()
    went_on = not worker.stop(0.01)
    release.set()
    assert went_on
    assert worker.stop(CEILING)


def test_a_worker_that_never_started_counts_as_stopped() -> None:
    assert Worker("idle", lambda: None).stop(0)


def test_stop_may_be_called_twice() -> None:
    worker = Worker("works", lambda: None)
    worker.start()
    assert worker.stop(CEILING)
    assert worker.stop(CEILING)


def test_a_system_without_threads_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)  # noqa: TID251 -- what it is made of
    worker = Worker("late", lambda: None)
    with pytest.raises(EngineError, match="no more threads"):
        worker.start()
    assert worker.stop(CEILING)


def test_starting_a_worker_twice_is_a_bug() -> None:
    worker = Worker("once", lambda: None)
    worker.start()
    with pytest.raises(RuntimeError, match="once"):
        worker.start()
    assert worker.stop(CEILING)
