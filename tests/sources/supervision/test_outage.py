"""The time between a failure of a live source and the next try."""

import random
import threading

import pytest

from livesegment.errors import SourceError
from livesegment.sources.probes.diagnosis import Diagnosis
from livesegment.sources.supervision.health import PERMANENT, Cause, Supervision
from livesegment.sources.supervision.outage import Outage, Prober, by_its_words
from livesegment.sources.supervision.pauses import Pauses
from tests.fakes import CEILING, wait_for
from tests.sources.lines import eventually

ERROR = SourceError("it broke", hint="mend it")


def _outage(
    found: Diagnosis,
    *,
    attempts: int = 1,
    was_live: bool = True,
    supervision: Supervision | None = None,
    prober: Prober | None = None,
) -> Outage:
    supervision = supervision or Supervision()
    pauses = Pauses(supervision.pauses, supervision.slow_pause, random.Random(1))  # noqa: S311
    return Outage(
        found,
        ERROR,
        at=100.0,
        attempts=attempts,
        was_live=was_live,
        pauses=pauses,
        supervision=supervision,
        prober=prober,
    )


def _prober(cause: Cause, reason: str = "found out") -> Prober:
    told = Diagnosis(cause, reason, "do that")
    return Prober("cam", lambda error: told, None, threading.Event())


def _heard(outage: Outage, prober: Prober) -> Outage:
    eventually(outage.hear)
    prober.stop(CEILING)
    return outage


NOTICED = Diagnosis(Cause.SILENT, "no frame for 5 s")


def test_it_is_over_when_its_pause_is() -> None:
    outage = _outage(NOTICED)
    assert outage.next_try == pytest.approx(100.5, abs=0.1)
    assert not outage.is_over(100.3)
    assert outage.is_over(100.7)


def test_what_is_found_out_takes_the_place_of_what_was_noticed() -> None:
    prober = _prober(Cause.REFUSED)
    assert _heard(_outage(NOTICED, prober=prober), prober).found.reason == "found out"


def test_where_nothing_is_found_out_what_was_noticed_stands_with_the_hint() -> None:
    prober = _prober(Cause.UNKNOWN)
    found = _heard(_outage(NOTICED, prober=prober), prober).found
    assert found == Diagnosis(Cause.SILENT, "no frame for 5 s", "do that")


@pytest.mark.parametrize("cause", sorted(PERMANENT))
def test_at_first_a_lasting_cause_is_the_last(cause: Cause) -> None:
    outage = _outage(Diagnosis(cause, "so it is"), was_live=False)
    assert outage.is_last
    assert outage.next_try is None
    assert not outage.is_over(1000)


def test_at_first_other_causes_are_tried_a_few_times() -> None:
    last = [
        _outage(Diagnosis(Cause.REFUSED, "so it is"), attempts=tries, was_live=False).is_last
        for tries in (1, 2, 3)
    ]
    assert last == [False, False, True]


@pytest.mark.parametrize("cause", list(Cause))
def test_what_was_live_is_never_given_up_without_a_limit(cause: Cause) -> None:
    assert not _outage(Diagnosis(cause, "so it is"), attempts=1000).is_last


@pytest.mark.parametrize("was_live", [False, True])
@pytest.mark.parametrize("cause", list(Cause))
def test_a_limit_is_the_limit(cause: Cause, *, was_live: bool) -> None:
    limit = Supervision(retry=2)
    found = Diagnosis(cause, "so it is")
    last = [
        _outage(found, attempts=tries, was_live=was_live, supervision=limit).is_last
        for tries in (1, 2, 3)
    ]
    assert last == [False, True, True]


@pytest.mark.parametrize(
    ("cause", "attempts", "slow"),
    [
        (Cause.UNAUTHORISED, 0, True),
        (Cause.SECURITY, 0, True),
        (Cause.NOT_FOUND, 0, False),
        (Cause.NOT_FOUND, 5, True),
        (Cause.NO_HOST, 1, False),
        (Cause.REFUSED, 50, False),
    ],
)
def test_lasting_causes_are_tried_slowly(cause: Cause, attempts: int, *, slow: bool) -> None:
    prober = _prober(cause)
    outage = _heard(_outage(NOTICED, attempts=attempts, prober=prober), prober)
    assert outage.next_try is not None
    assert (outage.next_try >= 124) is slow


def test_it_waits_for_the_reason_and_not_for_ever() -> None:
    release = threading.Event()

    def diagnose(error: SourceError | None) -> Diagnosis:
        wait_for(release)
        return Diagnosis(Cause.REFUSED, "too late")

    prober = Prober("cam", diagnose, None, threading.Event())
    outage = _outage(NOTICED, prober=prober)
    assert not outage.hear()
    assert not outage.is_explained(101)
    assert not outage.is_over(101)
    assert outage.is_over(106)
    release.set()
    prober.stop(CEILING)


def test_an_error_has_words_of_its_own() -> None:
    assert by_its_words(ERROR) == Diagnosis(Cause.UNKNOWN, "it broke", "mend it")
    assert by_its_words(None).reason


def test_its_last_word_says_which_source_and_why() -> None:
    error = _outage(Diagnosis(Cause.REFUSED, "nobody listens", "start it")).last_word("cam")
    assert str(error) == "cam is lost: nobody listens"
    assert error.hint == "start it"
