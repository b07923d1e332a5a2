"""All topics, in order, whatever becomes of the questions."""

import pytest

from livesegment.doctor import graphics
from livesegment.doctor.child import Facts, NoAnswerError
from livesegment.doctor.examination import examine
from livesegment.doctor.finding import Topic


def crash(question: str, *arguments: str, seconds: float = 60.0) -> Facts:
    """Stands in for `ask` where every driver and library is broken."""
    raise NoAnswerError("crashed (SIGSEGV)")


@pytest.fixture(autouse=True)
def _no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphics, "nvidia_gpu", lambda: None)


def test_every_topic_is_looked_at_in_order() -> None:
    topics: list[Topic] = []
    found = examine("colour-shapes", topics.append, crash)
    assert topics == list(Topic)
    assert list(dict.fromkeys(row.topic for row in found)) == list(Topic)


def test_on_a_machine_where_everything_crashes_it_still_tells_of_it() -> None:
    found = examine("colour-shapes", ask=crash)
    failed = [row for row in found if row.verdict == "fail"]
    assert {"import cv2", "opencv", "OpenCL", "H.264 in .mkv"} <= {row.name for row in failed}


def test_what_is_not_well_says_what_to_do() -> None:
    assert all(row.hint for row in examine("colour-shapes", ask=crash) if row.verdict != "ok")
