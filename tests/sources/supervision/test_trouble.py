"""What the log says of a live source."""

import pytest

from livesegment.sources.supervision.trouble import Trouble, span


def test_trouble_is_told_once_and_its_end_once(caplog: pytest.LogCaptureFixture) -> None:
    trouble = Trouble("cam")
    trouble.begin("is lost: refused", 100)
    trouble.begin("is lost: timed out", 103)
    trouble.end(107.25)
    trouble.end(108)
    assert caplog.messages == ["cam is lost: refused", "cam is live again after 7.2 s"]


def test_new_trouble_is_told_anew(caplog: pytest.LogCaptureFixture) -> None:
    trouble = Trouble("cam")
    for at in (0, 10):
        trouble.begin("is frozen", at)
        trouble.end(at + 5)
    assert len(caplog.messages) == 4


def test_where_there_was_none_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    Trouble("cam").end(5)
    assert not caplog.messages


@pytest.mark.parametrize(("seconds", "words"), [(1.5, "1.5 s"), (5.0, "5 s"), (3600.04, "3600 s")])
def test_lengths_of_time_are_short(seconds: float, words: str) -> None:
    assert span(seconds) == words
