"""Several sources carried side by side, with too little time and results that come seldom."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from livesegment.carrying.carried import MAX_AGE, SELDOM, CarriedCarrier
from livesegment.carrying.crowd import Crowd
from livesegment.carrying.quality import UP_AFTER, Governor, Quality
from livesegment.frame import Frame
from livesegment.instances import Instances
from livesegment.threads.worker import Worker
from tests.carrying.films import FPS, disc, found, frame, iou, result, texture, whole
from tests.carrying.test_carried import moved, shift

INTERVAL = 1 / 15
STILL = texture()
DISC = disc((200, 170), 60)


def _governor(crowd: int) -> Governor:
    return Governor(Quality.AUTO, crowd=lambda: crowd, cores=2)


def _spend(governor: Governor, seconds: float, frames: int = 3 * UP_AFTER) -> None:
    for _ in range(frames):
        governor.spent(seconds, INTERVAL)


def test_a_source_among_many_has_less_time_than_one_alone() -> None:
    alone, crowded = _governor(1), _governor(8)
    for governor in (alone, crowded):
        _spend(governor, 0.010)
    assert (alone.step, crowded.step) == (Quality.MID, Quality.LO)


def test_a_few_sources_have_as_much_time_as_one_while_there_are_cores_for_them() -> None:
    pair = _governor(2)
    _spend(pair, 0.010)
    assert pair.step is Quality.MID


def test_those_that_stay_have_the_time_of_those_that_went() -> None:
    crowd = [8]
    governor = Governor(Quality.AUTO, crowd=lambda: crowd[0], cores=2)
    _spend(governor, 0.0085)
    assert governor.step is Quality.LO
    crowd[0] = 1
    _spend(governor, 0.0085, 20 * UP_AFTER)
    assert governor.step is not Quality.LO


def test_the_more_frames_are_left_out_the_dearer_the_coarsest_step_is() -> None:
    governor = _governor(8)
    spent = [(0.006, 1), (0.010, 2), (0.015, 3), (0.023, 4), (1.0, 4), (0.010, 3), (0.001, 1)]
    for seconds, every in spent:
        _spend(governor, seconds)
        assert governor.every == every, seconds


def test_one_slow_frame_leaves_none_out() -> None:
    governor = _governor(8)
    _spend(governor, 0.005)
    _spend(governor, 0.030, 1)
    _spend(governor, 0.005)
    assert governor.every == 1


def test_an_outage_gives_no_time_for_the_frames_after_it() -> None:
    governor = _governor(8)
    _spend(governor, 0.010)
    patience = governor.patience
    governor.spent(0.010, 600.0)
    assert governor.every == 2
    assert patience is not None
    assert governor.patience is not None
    assert governor.patience < 2 * patience


def test_one_alone_leaves_nothing_out_before_it_cannot_keep_up() -> None:
    governor = _governor(1)
    _spend(governor, 0.040)
    assert (governor.step, governor.every) == (Quality.LO, 1)
    _spend(governor, 0.060)
    assert governor.every == 2


def test_a_quality_that_was_asked_for_is_kept_whatever_it_costs() -> None:
    governor = Governor(Quality.HI, crowd=lambda: 8, cores=2)
    _spend(governor, 0.5)
    assert (governor.step, governor.every) == (Quality.HI, 1)


def _truth(index: int) -> NDArray[np.bool_]:
    return np.asarray(moved(DISC.astype(np.uint8), shift(index)) > 0)


def _film(index: int) -> Frame:
    return frame(moved(STILL, shift(index)), index)


EVERY = 3


def _resting() -> CarriedCarrier:
    """A carrier that follows every third frame, given the disc in frame 0 and shown it so far."""
    carrier = CarriedCarrier(Quality.LO, every=EVERY)
    carrier.expect(0)
    carrier.correct(result(found([DISC]), _film(0)))
    carrier.advance(_film(0))
    return carrier


def test_frames_in_between_keep_the_masks_of_the_one_before() -> None:
    carrier = _resting()
    shown: list[Instances] = [carrier.advance(_film(index)) for index in range(1, 25)]
    kept = [a is b for a, b in pairwise(shown)]
    assert kept == [True, False, True] * 7 + [True, False]
    followed = [i for i in range(1, 25) if i % EVERY == 0]
    assert all(iou(whole(shown[i - 1]), _truth(i)) > 0.97 for i in followed)


@pytest.mark.parametrize("index", [4, 5, 6])
@pytest.mark.parametrize("delay", [1, 2, 4])
def test_a_result_of_any_frame_is_placed_exactly(index: int, delay: int) -> None:
    carrier = _resting()
    for before in range(1, index + 1):
        carrier.advance(_film(before))
    carrier.expect(index)
    for later in range(index + 1, index + delay):
        carrier.advance(_film(later))
    carrier.correct(result(found([_truth(index)]), _film(index)))
    at = index + delay
    shown = carrier.advance(_film(at))
    while at % EVERY:  # it is shown with the next frame that is followed
        at += 1
        shown = carrier.advance(_film(at))
    assert carrier.key is not None
    assert carrier.key.frame_index == index
    assert iou(whole(shown), _truth(at)) > 0.97


def test_of_several_results_the_newest_counts() -> None:
    carrier = _resting()
    for index in (1, 2):
        carrier.expect(index)
        carrier.correct(result(found([_truth(index)]), _film(index)))
        carrier.advance(_film(index))
    carrier.advance(_film(3))
    assert carrier.key is not None
    assert carrier.key.frame_index == 2


def test_a_view_does_not_wait_long_for_its_turn_and_has_it_later() -> None:
    crowd = Crowd(lambda: 2)
    carrier = CarriedCarrier(Quality.LO, crowd=crowd)
    carrier.expect(0)
    carrier.correct(result(found([DISC]), _film(0)))
    first = [carrier.advance(_film(index)) for index in range(2)]
    with crowd.turns.party().take():
        carrier.expect(3)
        shown = [carrier.advance(_film(index)) for index in range(2, 5)]
        assert all(one is first[-1] for one in shown)
        carrier.correct(result(found([_truth(3)]), _film(3)))
    last = carrier.advance(_film(5))
    assert carrier.key is not None
    assert carrier.key.frame_index == 3
    assert iou(whole(last), _truth(5)) > 0.97


def test_masks_of_another_picture_size_are_not_shown_for_want_of_a_turn() -> None:
    crowd = Crowd(lambda: 2)
    carrier = CarriedCarrier(Quality.LO, crowd=crowd)
    carrier.expect(0)
    carrier.correct(result(found([DISC]), _film(0)))
    assert all(len(carrier.advance(_film(index))) for index in range(2))
    small, shown = frame(STILL[:100, :100].copy(), 2), list[Instances]()
    with crowd.turns.party().take():
        worker = Worker("carry", lambda: shown.append(carrier.advance(small)))
        worker.start()
        assert not worker.stop(10 / FPS), "it waits, however long that is"
    assert worker.stop(30)
    assert [len(one) for one in shown] == [0]


def test_one_carries_at_a_time() -> None:
    crowd = Crowd(lambda: 2)
    inside, most = [0], [0]

    class Watched(CarriedCarrier):
        def _carried(self, frame: Frame) -> Instances:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            shown = super()._carried(frame)
            inside[0] -= 1
            return shown

    def go() -> None:
        carrier = Watched(crowd=crowd)
        for index in range(20):
            carrier.advance(_film(index))

    workers = [Worker(f"carry-{i}", go) for i in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        assert worker.stop(30)
        assert worker.error is None
    assert most == [1]


def _ages(gap: float) -> list[float]:
    """How long masks are shown after each of three key frames, `gap` seconds apart."""
    carrier = CarriedCarrier(Quality.LO)
    ages: list[float] = []
    for index in range(round(3 * gap * 5)):
        at = index / 5
        still = frame(STILL, index, at)
        if index % round(gap * 5) == 0:
            carrier.expect(index)
            carrier.correct(result(found([DISC]), still))
            ages.append(0.0)
        if len(carrier.advance(still)):
            ages[-1] = at - (len(ages) - 1) * gap
    return ages


def test_masks_stay_until_the_next_where_results_come_seldom() -> None:
    first, *others = _ages(4)
    assert first <= MAX_AGE + 0.01
    assert all(age > 3.7 for age in others)


def test_masks_do_not_stay_for_ever() -> None:
    _, *others = _ages(3 * SELDOM)
    assert all(SELDOM - 0.3 < age <= SELDOM + 0.01 for age in others)
