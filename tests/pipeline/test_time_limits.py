"""A live source that is down does not outlast the time that a run was given."""

import threading

import pytest

from livesegment.errors import SourceError
from livesegment.pipeline import pipeline
from livesegment.pipeline.mode import Limits, Masks
from livesegment.sinks.base import Ending
from tests.fakes import FakeSource
from tests.pipeline.test_pipeline import Run


def test_a_source_that_falls_silent_ends_with_the_time() -> None:
    run = Run(
        FakeSource([0, 1, threading.Event()], live=True),
        masks=Masks.HELD,
        limits=Limits(seconds=0.2),
    )
    assert run.end() is Ending.LIMIT
    assert run.sink.shown == [0, 1]


def test_one_that_never_gave_a_picture_is_an_error_by_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipeline, "FIRST_FRAME", 0.1)
    run = Run(
        FakeSource([threading.Event()], live=True), masks=Masks.HELD, limits=Limits(seconds=0.1)
    )
    with pytest.raises(SourceError, match=r"fake gave no picture within 0\.1 s"):
        run.end()
