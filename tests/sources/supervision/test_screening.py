"""Whether what a live source shows is worth handing on."""

from livesegment.sources.supervision.health import Supervision
from livesegment.sources.supervision.screening import Screening, Verdict
from tests.fakes import image
from tests.sources.lines import sight


def _screening(settle: float = 5.0, frozen_after: float | None = 10.0) -> Screening:
    return Screening(Supervision(settle=settle, frozen_after=frozen_after))


def test_a_picture_that_shows_something_is_good() -> None:
    assert _screening().judge(sight(1), 0) is Verdict.GOOD


def test_blank_pictures_are_refused_until_one_shows_something() -> None:
    screening = _screening()
    assert screening.judge(image(0), 0) is Verdict.REFUSED
    assert screening.judge(sight(1), 1) is Verdict.GOOD
    assert screening.judge(image(0), 2) is Verdict.BLANK


def test_blank_pictures_are_refused_for_so_long_and_no_longer() -> None:
    screening = _screening(settle=2.0)
    assert screening.judge(image(0), 10) is Verdict.REFUSED
    assert screening.judge(image(0), 11.9) is Verdict.REFUSED
    assert screening.judge(image(0), 12) is Verdict.BLANK


def test_blank_pictures_are_refused_again_after_a_reconnect() -> None:
    screening = _screening()
    screening.judge(sight(1), 0)
    screening.connect(frozen=False)
    assert screening.judge(image(0), 100) is Verdict.REFUSED


def test_none_is_refused_where_that_is_not_wanted() -> None:
    assert _screening(settle=0).judge(image(0), 0) is Verdict.BLANK


def test_the_same_picture_for_too_long_is_frozen() -> None:
    screening = _screening(frozen_after=3.0)
    verdicts = [screening.judge(sight(1), at) for at in (0, 1, 2, 3)]
    assert verdicts == [Verdict.GOOD, Verdict.GOOD, Verdict.GOOD, Verdict.FROZEN]
    assert screening.judge(sight(2), 4) is Verdict.GOOD


def test_a_blank_picture_is_blank_however_long_it_lasts() -> None:
    screening = _screening(settle=0, frozen_after=3.0)
    assert {screening.judge(image(0), at) for at in range(10)} == {Verdict.BLANK}


def test_a_reconnect_for_a_frozen_picture_does_not_make_it_a_new_one() -> None:
    screening = _screening(frozen_after=3.0)
    for at in range(4):
        screening.judge(sight(1), at)
    screening.connect(frozen=True)
    assert screening.judge(sight(1), 5) is Verdict.FROZEN
    assert screening.seconds == 0
    screening.connect(frozen=False)
    assert screening.judge(sight(1), 6) is Verdict.GOOD
