"""Finding out why a source is lost, and whether it is back."""

import threading
from collections.abc import Callable

import pytest

from livesegment.errors import SourceError
from livesegment.sources.probes.diagnosis import Diagnosis
from livesegment.sources.supervision import lookout as lookout_module
from livesegment.sources.supervision.health import Cause
from livesegment.sources.supervision.lookout import Lookout
from tests.fakes import CEILING, wait_for
from tests.sources.lines import eventually


@pytest.fixture(autouse=True)
def _looks_come_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout_module, "LOOK_SECONDS", 0.002)


class Looks:
    """Answers as it is told, the last answer again and again."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.count = 0

    def __call__(self) -> bool:
        self.count += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def _lookout(
    answers: Callable[[], bool] | None = None,
    cause: Cause = Cause.REFUSED,
    news: threading.Event | None = None,
) -> Lookout:
    def diagnose(error: SourceError | None) -> Diagnosis:
        return Diagnosis(cause, f"it is: {error}")

    return Lookout("cam", SourceError("broken"), diagnose, answers, news or threading.Event())


def test_it_tells_the_reason_as_news() -> None:
    news = threading.Event()
    lookout = _lookout(news=news)
    wait_for(news)
    assert lookout.diagnosis == Diagnosis(Cause.REFUSED, "it is: broken")
    assert lookout.stop(CEILING)
    assert not lookout.back


def test_who_answers_after_it_did_not_is_back() -> None:
    lookout = _lookout(Looks(False, False, True))
    eventually(lambda: lookout.back)
    assert lookout.stop(CEILING)


def test_who_answers_all_the_time_is_not_back() -> None:
    looks = Looks(True)
    lookout = _lookout(looks)
    eventually(lambda: looks.count >= 5)
    assert not lookout.back
    assert lookout.stop(CEILING)


def test_who_goes_away_later_may_come_back() -> None:
    lookout = _lookout(Looks(True, True, False, True))
    eventually(lambda: lookout.back)
    assert lookout.stop(CEILING)


@pytest.mark.parametrize("cause", [Cause.UNAUTHORISED, Cause.NO_VIDEO, Cause.SECURITY])
def test_who_answers_all_the_same_is_not_asked(cause: Cause) -> None:
    looks = Looks(False, True)
    lookout = _lookout(looks, cause)
    eventually(lambda: not lookout.runs)
    assert looks.count == 0


def test_a_failure_to_find_out_is_kept() -> None:
    def diagnose(error: SourceError | None) -> Diagnosis:
        raise OSError("no network")

    lookout = Lookout("cam", None, diagnose, None, threading.Event())
    eventually(lambda: not lookout.runs)
    assert isinstance(lookout.error, OSError)
    assert lookout.diagnosis is None
