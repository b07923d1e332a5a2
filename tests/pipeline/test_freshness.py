"""Whether masks are to be trusted by what hides objects."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.instances import Instances, Segmentation
from livesegment.pipeline.freshness import MOST, Freshness
from tests.fakes import SIZE, frame


def _result(index: int, at: float, size: tuple[int, int] = SIZE) -> Segmentation:
    return Segmentation(Instances.empty(), index, at, size)


def test_nothing_is_covered_without_a_result() -> None:
    assert not Freshness().covers(frame(0, at=0.0), None)


def test_a_result_of_another_size_covers_nothing() -> None:
    assert not Freshness().covers(frame(0, at=0.0), _result(0, 0.0, (8, 8)))


def test_a_result_covers_frames_for_a_second() -> None:
    freshness, key = Freshness(), _result(0, 0.0)
    covered = [freshness.covers(frame(i, at=at), key) for i, at in enumerate((0.0, 0.9, 1.1))]
    assert covered == [True, True, False]


@pytest.mark.parametrize(("interval", "seconds"), [(0.1, 1.0), (1.0, 3.0), (60.0, MOST)])
def test_where_results_come_seldom_they_are_trusted_for_longer(
    interval: float, seconds: float
) -> None:
    freshness = Freshness()
    for index in range(4):
        at = index * interval
        assert freshness.covers(frame(index, at=at), _result(index, at))
    key = _result(3, at)
    assert freshness.covers(frame(4, at=at + 0.99 * seconds), key)
    assert not freshness.covers(frame(5, at=at + 1.01 * seconds), key)


def test_one_long_pause_does_not_change_what_is_usual() -> None:
    freshness = Freshness()
    for index, at in enumerate((0.0, 0.1, 0.2, 9.0, 9.1)):
        key = _result(index, at)
        freshness.covers(frame(index, at=at), key)
    assert not freshness.covers(frame(5, at=10.2), key)


@pytest.mark.parametrize("change", [{"epoch": 1}, {"size": (8, 8)}])
def test_another_scene_wants_a_result_of_its_own(change: dict[str, object]) -> None:
    freshness = Freshness()
    size = (8, 8) if "size" in change else SIZE
    epoch = 1 if "epoch" in change else 0
    assert freshness.covers(frame(3, at=0.0), _result(3, 0.0))

    def covers(index: int, key: Segmentation) -> bool:
        return freshness.covers(replace(frame(index, at=0.1, size=size), epoch=epoch), key)

    assert not covers(4, _result(3, 0.0, size))
    assert covers(5, _result(4, 0.1, size))


def test_a_scene_that_is_known_to_be_still_stays_covered() -> None:
    freshness, key = Freshness(), _result(0, 0.0)
    assert freshness.covers(frame(100, at=50.0), key, (99, 49.5)) is False  # another scene's
    freshness = Freshness()
    assert freshness.covers(frame(0, at=0.0), key)
    assert freshness.covers(frame(100, at=50.0), key, (99, 49.5))
    assert not freshness.covers(frame(150, at=52.0), key, (99, 49.5))


@given(st.lists(st.tuples(st.floats(0, 5), st.booleans()), max_size=30))
def test_nothing_older_than_the_most_is_ever_trusted(steps: list[tuple[float, bool]]) -> None:
    freshness, now, key = Freshness(), 0.0, None
    for index, (wait, result) in enumerate(steps):
        now += wait
        key = _result(index, now) if result else key
        covered = freshness.covers(frame(index, at=now), key)
        assert covered <= (key is not None and now - key.captured_at <= MOST)
