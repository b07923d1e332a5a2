"""What is counted and measured of a frame."""

import numpy as np
import pytest

from livesegment.events.condition import Measure
from livesegment.events.tally import Tally
from livesegment.instances import Instances
from tests.events.seen import LABELS, tally


def test_objects_are_counted_by_class() -> None:
    seen = tally("person", "car", "person")
    assert [seen.of(Measure.COUNT, name) for name in ("person", "car", "traffic light", None)] == [
        2,
        1,
        0,
        3,
    ]
    assert seen.counts(None) == {"person": 2, "car": 1}
    assert seen.counts(frozenset({"car", "traffic light"})) == {"car": 1}


def test_what_was_seen_in_a_single_result_does_not_count() -> None:
    seen = tally("person", "person", ids=[0, 7])
    assert seen.of(Measure.COUNT, "person") == 1
    assert seen.track_ids(None) == [7]


def test_where_nothing_is_tracked_all_objects_count() -> None:
    found = Instances.from_rows([(0, 0, 2, 2)], [0.5], [1], [np.ones((2, 2), bool)])
    seen = Tally(found, LABELS, (4, 4))
    assert seen.of(Measure.COUNT, "car") == 1
    assert seen.track_ids(None) == []


def test_the_score_is_that_of_the_best() -> None:
    seen = tally("person", "car", "person", scores=[0.7, 0.95, 0.9])
    assert seen.of(Measure.SCORE, "person") == 0.9
    assert seen.of(Measure.SCORE, "traffic light") == 0
    assert seen.best(frozenset({"person"})) == 0.9
    assert seen.best(frozenset({"traffic light"})) is None


def test_masks_that_overlap_cover_their_pixels_once() -> None:
    found = Instances.from_rows(
        [(0, 0, 6, 4), (3, 2, 9, 6), (8, 8, 10, 10)],
        [0.9, 0.8, 0.7],
        [0, 0, 1],
        [np.ones((4, 6), bool), np.ones((4, 6), bool), np.ones((2, 2), bool)],
    )
    seen = Tally(found, LABELS, (10, 10))
    assert seen.of(Measure.AREA, "person") == pytest.approx((24 + 24 - 6) / 100)
    assert seen.of(Measure.AREA, "car") == pytest.approx(0.04)
    assert seen.of(Measure.AREA, None) == pytest.approx(0.46)
    assert seen.of(Measure.AREA, "traffic light") == 0


def test_a_class_without_a_name_is_called_by_its_number() -> None:
    found = Instances.from_rows([(0, 0, 2, 2)], [0.5], [9], [np.ones((2, 2), bool)])
    assert Tally(found, LABELS, (4, 4)).counts(None) == {"class 9": 1}
