"""Several sources carried side by side, with too little time and results that come seldom."""

from itertools import count, pairwise

import numpy as np
from numpy.typing import NDArray

from livesegment.carrying.carried import MAX_AGE, SELDOM, CarriedCarrier
from livesegment.carrying.quality import UP_AFTER, Governor, Quality
from livesegment.frame import Frame
from livesegment.instances import Instances
from tests.carrying.films import disc, found, frame, iou, result, texture, whole
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


def test_frames_are_left_out_when_the_coarsest_step_is_too_dear_and_only_then() -> None:
    governor = _governor(8)
    _spend(governor, 0.010)
    assert not governor.resting
    _spend(governor, 0.020)
    assert governor.resting
    _spend(governor, 0.005)
    assert not governor.resting


def test_one_alone_leaves_nothing_out_before_it_cannot_keep_up() -> None:
    governor = _governor(1)
    _spend(governor, 0.040)
    assert (governor.step, governor.resting) == (Quality.LO, False)
    _spend(governor, 0.060)
    assert governor.resting


def test_a_quality_that_was_asked_for_is_kept_whatever_it_costs() -> None:
    governor = Governor(Quality.HI, crowd=lambda: 8, cores=2)
    _spend(governor, 0.5)
    assert (governor.step, governor.resting) == (Quality.HI, False)


def _truth(index: int) -> NDArray[np.bool_]:
    return np.asarray(moved(DISC.astype(np.uint8), shift(index)) > 0)


def _film(index: int) -> Frame:
    return frame(moved(STILL, shift(index)), index)


def _resting() -> CarriedCarrier:
    """A carrier without time, given the disc in frame 0 and shown frames up to 13."""
    ticks = count()
    carrier = CarriedCarrier(Quality.AUTO, clock=lambda: float(next(ticks)))
    carrier.expect(0)
    carrier.advance(_film(0))
    carrier.correct(result(found([DISC]), _film(0)))
    for index in range(1, 14):
        carrier.advance(_film(index))
    assert carrier._governor.resting
    return carrier


def test_every_other_frame_keeps_the_masks_of_the_one_before() -> None:
    carrier = _resting()
    shown: list[Instances] = [carrier.advance(_film(index)) for index in range(14, 30)]
    kept = [a is b for a, b in pairwise(shown)]
    assert kept in ([True, False] * 7 + [True], [False, True] * 7 + [False])
    assert all(iou(whole(s), _truth(14 + i)) > 0.9 for i, s in enumerate(shown))


def test_a_result_of_a_frame_that_was_left_out_is_placed_exactly() -> None:
    carrier = _resting()
    index, last = 14, carrier._last
    while carrier.advance(_film(index)) is not last:
        last = carrier._last
        index += 1
    carrier.expect(index)  # it was left out, and is segmented now
    for later in range(index + 1, index + 5):
        carrier.advance(_film(later))
    carrier.correct(result(found([_truth(index)]), _film(index)))
    shown = carrier.advance(_film(index + 5))
    assert carrier.key is not None
    assert carrier.key.frame_index == index
    assert iou(whole(shown), _truth(index + 5)) > 0.97


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
