"""Conditions written down."""

import pytest

from livesegment.events.parser import parse
from tests.events.seen import LABELS


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Person", "person>=1"),
        ("count(car)>3 for 2m", "car>3 for 120s"),
        ("area('traffic light')>=20%", 'area("traffic light")>=0.2'),
        ("not (person or car) and any", "not (person>=1 or car>=1) and any>=1"),
        ("((person for .5s) and car) for 1ms", "(person>=1 for 0.5s) and car>=1 for 0.001s"),
    ],
)
def test_a_condition_is_written_in_its_plainest_form(text: str, written: str) -> None:
    assert str(parse(text, LABELS).tree) == written
