"""Masks that follow motion: what holds for every scene, and what happens when results are late."""

import math
from collections.abc import Callable
from itertools import count, pairwise
from typing import TypeAlias

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from livesegment.carrying.carried import COAST, MAX_AGE, CarriedCarrier
from livesegment.carrying.quality import FINENESS, UP_AFTER, Governor, Quality
from livesegment.frame import Image
from livesegment.instances import Instances
from tests.carrying.films import (
    FPS,
    SIZE,
    disc,
    found,
    frame,
    iou,
    play,
    result,
    texture,
    whole,
)

Motion: TypeAlias = Callable[[int], NDArray[np.float64]]
QUALITIES = (Quality.LO, Quality.MID, Quality.HI)
STILL = texture()
DISC = disc((200, 170), 60)


def moved(image: NDArray[np.uint8], matrix: NDArray[np.float64]) -> NDArray[np.uint8]:
    size = image.shape[1], image.shape[0]
    return np.asarray(
        cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT),
        np.uint8,
    )


def shift(index: int) -> NDArray[np.float64]:
    return np.array([[1, 0, 2.5 * index], [0, 1, -1.5 * index]], np.float64)


def rotation(index: int) -> NDArray[np.float64]:
    return np.asarray(cv2.getRotationMatrix2D((240, 180), 1.2 * index, 1.0), np.float64)


def zoom(index: int) -> NDArray[np.float64]:
    return np.asarray(cv2.getRotationMatrix2D((240, 180), 0, 1.012**index), np.float64)


def started(quality: Quality = Quality.MID, *, max_age: float = MAX_AGE) -> CarriedCarrier:
    """A carrier that has been given the disc in frame 0."""
    carrier = CarriedCarrier(quality, max_age=max_age)
    first = frame(STILL, 0)
    carrier.expect(0)
    carrier.advance(first)
    carrier.correct(result(found([DISC]), first))
    return carrier


@pytest.mark.parametrize("frames", [60, pytest.param(300, marks=pytest.mark.long)])
@pytest.mark.parametrize("quality", QUALITIES)
def test_a_still_scene_leaves_masks_where_they_are(quality: Quality, frames: int) -> None:
    carrier = started(quality, max_age=math.inf)
    rng = np.random.default_rng(1)
    for index in range(1, frames + 1):
        noise = rng.normal(0, 2, STILL.shape)
        shown = carrier.advance(frame(np.clip(STILL + noise, 0, 255).astype(np.uint8), index))
    assert iou(whole(shown), DISC) > 0.99


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("motion", [shift, rotation, zoom])
def test_a_picture_that_moves_as_a_whole_is_followed(quality: Quality, motion: Motion) -> None:
    carrier = started(quality)
    for index in range(1, 31):
        shown = carrier.advance(frame(moved(STILL, motion(index)), index))
    large = moved(DISC.astype(np.uint8) * np.uint8(255), motion(30)) > 127
    assert iou(whole(shown), large) > 0.95


@pytest.mark.parametrize("latency", [1, 4, 15])
def test_late_results_are_shown_where_the_object_is_now(latency: int) -> None:
    def truth(index: int) -> Instances:
        return found([moved(DISC.astype(np.uint8), shift(index)) > 0])

    seen = 0
    for index, shown in play(
        CarriedCarrier(Quality.MID), lambda i: moved(STILL, shift(i)), truth, 45, latency
    ):
        if index > latency:
            assert iou(whole(shown), whole(truth(index))) > 0.95
            seen += 1
    assert seen


def test_a_result_of_a_frame_that_nobody_announced_is_placed_as_well() -> None:
    def truth(index: int) -> Instances:
        return found([moved(DISC.astype(np.uint8), shift(index)) > 0])

    shows = play(
        CarriedCarrier(Quality.MID), lambda i: moved(STILL, shift(i)), truth, 30, 8, expects=False
    )
    assert all(iou(whole(shown), whole(truth(i))) > 0.95 for i, shown in shows if i >= 8)


def test_frames_may_be_skipped_and_announced_late() -> None:
    carrier = CarriedCarrier(Quality.MID)
    frames = {i: frame(moved(STILL, shift(i)), i) for i in range(0, 40, 3)}
    for index, shown in ((i, carrier.advance(f)) for i, f in frames.items() if i <= 12):
        assert not len(shown), index
    carrier.expect(7)  # never shown: 6 is the nearest, and 12 was shown since
    carrier.advance(frames[15])
    mask = moved(DISC.astype(np.uint8), shift(7)) > 0
    carrier.correct(result(found([mask]), frame(STILL, 7)))
    for index in range(18, 40, 3):
        shown = carrier.advance(frames[index])
    # What frame 6 shows is about one frame's motion off.
    expected = moved(DISC.astype(np.uint8), shift(40)) > 0
    assert iou(whole(shown), expected) > 0.93


def test_a_result_of_a_frame_before_the_first_one_shown_counts() -> None:
    carrier = CarriedCarrier(Quality.LO)
    carrier.expect(0)
    carrier.advance(frame(STILL, 2))
    carrier.correct(result(found([DISC]), frame(STILL, 0)))
    assert iou(whole(carrier.advance(frame(STILL, 3))), DISC) > 0.99


def test_what_the_edge_cuts_off_comes_in_whole() -> None:
    """A torso at the lower edge: when it rises a little, no gap opens below it."""
    carrier = CarriedCarrier(Quality.MID)
    torso = disc((240, 350), 80)
    carrier.advance(frame(STILL, 0))
    carrier.correct(result(found([torso]), frame(STILL, 0)))
    for index in range(1, 7):
        shown = carrier.advance(frame(moved(STILL, shift(index)), index))
    assert whole(shown)[-1, 200:290].all()


def test_a_result_of_a_frame_yet_to_come_waits_for_it() -> None:
    carrier = started()
    assert len(carrier.advance(frame(STILL, 1))) == 1
    other = disc((90, 80), 40)
    carrier.correct(result(found([other]), frame(STILL, 4)))
    for index in (2, 3):
        assert iou(whole(carrier.advance(frame(STILL, index))), DISC) > 0.99
        assert carrier.key is not None
        assert carrier.key.frame_index == 0
    assert iou(whole(carrier.advance(frame(STILL, 4))), other) > 0.99
    assert carrier.key is not None
    assert carrier.key.frame_index == 4


def test_a_result_overtaken_by_a_newer_one_changes_nothing() -> None:
    carrier = started()
    for index in range(1, 6):
        carrier.advance(frame(STILL, index))
    newer, older = disc((100, 100), 40), disc((350, 250), 40)
    carrier.correct(result(found([newer]), frame(STILL, 4)))
    carrier.advance(frame(STILL, 6))
    carrier.correct(result(found([older]), frame(STILL, 2)))
    assert iou(whole(carrier.advance(frame(STILL, 7))), newer) > 0.99


def test_an_empty_result_clears_what_was_seen_only_once() -> None:
    carrier = started()
    assert len(carrier.advance(frame(STILL, 1)))
    carrier.correct(result(Instances.empty(), frame(STILL, 1)))
    assert not len(carrier.advance(frame(STILL, 2)))
    assert carrier.key is not None
    assert carrier.key.frame_index == 1


def test_a_confirmed_object_outlives_a_missing_one_for_a_while_only() -> None:
    carrier = started()
    for index in (1, 2, 3):
        carrier.advance(frame(STILL, index))
        carrier.correct(result(found([DISC]), frame(STILL, index)))
    carrier.advance(frame(STILL, 4))
    carrier.correct(result(Instances.empty(), frame(STILL, 4)))
    counts = [len(carrier.advance(frame(STILL, index))) for index in range(5, 40)]
    coasting = int(COAST * FPS) + 1
    assert counts[: coasting - 1] == [1] * (coasting - 1)
    assert not any(counts[coasting:])


def test_masks_end_with_their_age() -> None:
    carrier = started()
    shown = [len(carrier.advance(frame(STILL, index))) for index in range(1, 90)]
    last = int(MAX_AGE * FPS)
    assert shown[: last - 1] == [1] * (last - 1)
    assert not any(shown[last + 1 :])
    assert carrier.key is None


def test_a_segmenter_slower_than_the_age_still_shows_something() -> None:
    carrier = CarriedCarrier(Quality.LO)
    slow = [shown for _, shown in play(carrier, lambda _: STILL, lambda _: found([DISC]), 200, 90)]
    assert all(len(shown) == 1 for shown in slow[91:])


def test_a_cut_clears_the_screen_and_what_is_under_way() -> None:
    carrier = started()
    carrier.advance(frame(STILL, 1))
    carrier.expect(1)
    other = texture(seed=5)
    assert not len(carrier.advance(frame(other, 2)))
    assert carrier.key is None
    carrier.correct(result(found([DISC]), frame(STILL, 1)))
    assert not len(carrier.advance(frame(other, 3)))
    carrier.correct(result(found([DISC]), frame(other, 2)))
    assert len(carrier.advance(frame(other, 4))) == 1


def test_a_change_of_light_is_no_cut() -> None:
    carrier = started()
    carrier.advance(frame(STILL, 1))
    for index in range(2, 12):
        darker = np.clip(STILL * (1 - 0.03 * index), 0, 255).astype(np.uint8)
        shown = carrier.advance(frame(darker, index))
    assert iou(whole(shown), DISC) > 0.95


def test_another_frame_size_starts_anew() -> None:
    carrier = started()
    assert len(carrier.advance(frame(STILL, 1)))
    small = texture((320, 240))
    assert not len(carrier.advance(frame(small, 2)))
    assert carrier.key is None
    carrier.correct(result(found([DISC]), frame(STILL, 1)))
    assert not len(carrier.advance(frame(small, 3)))
    mask = disc((150, 120), 40, (320, 240))
    carrier.correct(result(found([mask]), frame(small, 3)))
    assert iou(whole(carrier.advance(frame(small, 4)), (320, 240)), mask) > 0.98


@settings(max_examples=25)
@given(
    size=st.tuples(st.integers(1, 200), st.integers(1, 200)),
    dx=st.floats(-12, 12),
    dy=st.floats(-12, 12),
    seed=st.integers(0, 9),
)
def test_masks_never_leave_the_frame(
    size: tuple[int, int], dx: float, dy: float, seed: int
) -> None:
    image = texture(size, seed)
    mask = disc((size[0] * 0.6, size[1] * 0.4), max(1.0, min(size) / 3), size)
    carrier = CarriedCarrier(Quality.LO)
    first = frame(image, 0)
    carrier.advance(first)
    carrier.correct(result(found([mask]), first))
    for index in range(1, 8):
        matrix = np.array([[1, 0, dx * index], [0, 1, dy * index]], np.float64)
        shown = carrier.advance(frame(moved(image, matrix), index))
        # That masks fit their boxes Instances checks itself.
        assert np.all(shown.boxes >= 0)
        assert np.all(shown.boxes <= [*size, *size])
        for one in shown.masks:
            for side in (one[0], one[-1], one[:, 0], one[:, -1]):
                assert np.count_nonzero(side)


def test_an_object_that_is_covered_is_not_drawn() -> None:
    carrier = started()
    carrier.advance(frame(STILL, 1))
    hidden = STILL.copy()
    hidden[40:300, 60:340] = 0
    shows = [len(carrier.advance(frame(hidden, index))) for index in range(2, 6)]
    assert not shows[-1]


def test_the_same_film_gives_the_same_masks() -> None:
    def shows() -> list[Image]:
        film = play(
            CarriedCarrier(Quality.MID),
            lambda i: moved(STILL, shift(i)),
            lambda i: found([moved(DISC.astype(np.uint8), shift(i)) > 0]),
            20,
            5,
        )
        return [whole(shown).astype(np.uint8) for _, shown in film]

    assert all(np.array_equal(a, b) for a, b in zip(shows(), shows(), strict=True))


def test_a_jittering_outline_is_steadied() -> None:
    rng = np.random.default_rng(3)

    def jittering(_: int) -> Instances:
        """As networks do: the outline trembles by some pixels, differently all around."""
        angles = np.linspace(0, 2 * math.pi, 12, endpoint=False)
        radii = 60 + rng.normal(0, 2.5, 12)
        corners = np.stack(
            (200 + radii * np.cos(angles), 170 + radii * np.sin(angles)), axis=-1
        ).astype(np.int32)
        mask = np.zeros((SIZE[1], SIZE[0]), np.uint8)
        cv2.fillPoly(mask, [corners], 1)
        return found([mask > 0])

    last: NDArray[np.bool_] | None = None
    raw: list[float] = []
    steady: list[float] = []
    said: list[NDArray[np.bool_]] = []

    def truth(index: int) -> Instances:
        instances = jittering(index)
        said.append(whole(instances))
        return instances

    for index, shown in play(CarriedCarrier(Quality.MID), lambda _: STILL, truth, 150, 3):
        mask = whole(shown)
        if last is not None and index > 15:
            steady.append(1 - iou(mask, last))
        last = mask
    raw = [(1 - iou(a, b)) / 3 for a, b in pairwise(said)]
    assert np.mean(steady) < 0.6 * np.mean(raw)


def test_auto_gives_way_to_a_slow_machine_and_comes_back() -> None:
    governor = Governor(Quality.AUTO, budget=0.010)
    steps = [governor.step]
    for cost, frames in ((0.014, 30), (0.002, 3 * UP_AFTER)):
        for _ in range(frames):
            governor.spent(cost, 0.033)
        steps.append(governor.step)
    assert steps == [Quality.MID, Quality.LO, Quality.HI]


def test_auto_leaves_a_step_alone_that_fits() -> None:
    governor = Governor(Quality.AUTO)
    for _ in range(1000):
        governor.spent(0.007, 1 / FPS)
    assert governor.step is Quality.MID


def test_auto_tries_a_step_that_failed_less_and_less_often() -> None:
    governor = Governor(Quality.AUTO, budget=0.010)
    tries: list[int] = []
    for index in range(20 * UP_AFTER):
        before = governor.step
        governor.spent(0.020 if governor.step is Quality.HI else 0.004, 0.033)
        if governor.step is Quality.HI and before is Quality.MID:
            tries.append(index)
    waits = np.diff(tries)
    assert len(waits) >= 2
    assert all(b > 1.5 * a for a, b in pairwise(waits))


def test_masks_stay_on_their_object_while_the_quality_changes() -> None:
    ticks = count()
    costs = iter([0.0, 0.05] * 60 + [0.0, 0.001] * 400)
    total = 0.0

    def clock() -> float:
        """Half of the calls end a frame."""
        nonlocal total
        next(ticks)
        total += next(costs)
        return total

    carrier = CarriedCarrier(Quality.AUTO, budget=0.01, clock=clock)
    sizes = set()
    film = play(
        carrier,
        lambda i: moved(STILL, rotation(i)),
        lambda i: found([moved(DISC.astype(np.uint8), rotation(i)) > 0]),
        220,
        6,
    )
    for index, shown in film:
        sizes.add(carrier._governor.step)
        if index > 6:
            assert iou(whole(shown), moved(DISC.astype(np.uint8), rotation(index)) > 0) > 0.93
    assert len(sizes) > 1
    assert set(FINENESS) >= sizes
