"""Whether two segmentations found the same objects."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.instances import Instances
from livesegment.segmenters.agreement import Agreement, compare, mask_overlap, together


def squares(*rows: tuple[float, float, float, int]) -> Instances:
    """Full 10-pixel squares: (x, y, score, class id) each."""
    return Instances.from_rows(
        [[x, y, x + 10, y + 10] for x, y, _, _ in rows],
        [score for _, _, score, _ in rows],
        [class_id for _, _, _, class_id in rows],
        [np.ones((10, 10), np.bool_) for _ in rows],
    )


THREE = squares((0, 0, 0.9, 0), (20, 0, 0.8, 1), (40, 0, 0.7, 0))


def test_the_same_objects_are_the_same() -> None:
    assert compare(THREE, THREE) == Agreement(3, 3, 0, 1.0, 0.0)
    assert compare(THREE, THREE).same


def test_objects_without_a_pixel_do_not_count() -> None:
    """A mask below its threshold everywhere overlaps nothing, not even itself."""
    empty = np.zeros((10, 10), np.bool_)
    masks = [THREE.masks[0], empty, THREE.masks[2]]
    hollow = Instances.from_rows(THREE.boxes, THREE.scores, THREE.class_ids, masks)
    assert compare(hollow, hollow) == Agreement(2, 2, 0, 1.0, 0.0)
    assert not compare(THREE, hollow).same


def test_one_that_is_missing_is_told() -> None:
    agreement = compare(THREE, THREE.take(np.array([0, 2])))
    assert agreement.found == 2
    assert agreement.recall == pytest.approx(2 / 3)
    assert not agreement.same


def test_another_class_is_another_object() -> None:
    other = squares((0, 0, 0.9, 5), (20, 0, 0.8, 1), (40, 0, 0.7, 0))
    agreement = compare(THREE, other)
    assert (agreement.found, agreement.extra) == (2, 1)
    assert not agreement.same


def test_one_too_many_is_told() -> None:
    agreement = compare(
        THREE, squares((0, 0, 0.9, 0), (20, 0, 0.8, 1), (40, 0, 0.7, 0), (60, 0, 0.95, 0))
    )
    assert agreement.extra == 1
    assert not agreement.same


def test_masks_that_fit_badly_are_not_the_same() -> None:
    moved = squares((2, 0, 0.9, 0), (22, 0, 0.8, 1), (42, 0, 0.7, 0))
    agreement = compare(THREE, moved)
    assert agreement.found == 3
    assert agreement.overlap == pytest.approx(8 / 12)
    assert not agreement.same


def test_a_score_that_falls_a_little_below_the_cut_is_no_loss() -> None:
    reference = squares((0, 0, 0.9, 0), (20, 0, 0.8, 1), (40, 0, 0.51, 0))
    rounded = squares((0, 0, 0.9, 0), (20, 0, 0.8, 1), (40, 0, 0.49, 0))
    agreement = compare(reference, rounded)
    assert agreement.same
    assert agreement.score_error == pytest.approx(0.02, abs=1e-6)


def test_what_the_reference_found_below_the_cut_is_not_the_others_invention() -> None:
    reference = squares((0, 0, 0.9, 0), (20, 0, 0.8, 1), (40, 0, 0.7, 0), (60, 0, 0.4, 0))
    louder = squares((0, 0, 0.9, 0), (20, 0, 0.8, 1), (40, 0, 0.7, 0), (60, 0, 0.62, 0))
    assert compare(reference, louder).same


def test_weak_objects_are_compared_where_strong_ones_are_few() -> None:
    """An engine that finds nothing at all must not pass because the reference found little."""
    reference = squares((0, 0, 0.9, 0), (20, 0, 0.3, 1), (40, 0, 0.2, 0))
    assert compare(reference, reference).reference == 3
    assert not compare(reference, reference.take(np.array([0]))).same


def test_nothing_and_nothing_are_no_agreement() -> None:
    found = compare(Instances.empty(), Instances.empty())
    assert found.empty
    assert not found.same
    assert not compare(Instances.empty(), THREE).empty


def test_something_out_of_nothing_is_not() -> None:
    assert not compare(Instances.empty(), THREE).same


def test_several_pictures_make_one_agreement() -> None:
    whole = together([Agreement(2, 2, 0, 0.9, 0.01), Agreement(2, 1, 1, 0.6, 0.2)])
    assert whole == Agreement(4, 3, 1, pytest.approx(0.8), 0.2)  # type: ignore[arg-type]


def test_no_picture_is_neither_agreement_nor_disagreement() -> None:
    assert together([]).empty
    assert not together([]).same


@given(
    x=st.integers(0, 30),
    y=st.integers(0, 30),
    seed=st.integers(0, 1000),
)
def test_overlap_of_crops_is_that_of_whole_frames(x: int, y: int, seed: int) -> None:
    bits = np.random.default_rng(seed).random((2, 12, 17)) < 0.6
    one = Instances.from_rows([[5, 7, 22, 19]], [1], [0], [bits[0]])
    two = Instances.from_rows([[x, y, x + 17, y + 12]], [1], [0], [bits[1]])
    frames = np.zeros((2, 60, 60), np.bool_)
    frames[0, 7:19, 5:22] = bits[0]
    frames[1, y : y + 12, x : x + 17] = bits[1]
    expected = np.count_nonzero(frames[0] & frames[1]) / np.count_nonzero(frames[0] | frames[1])
    assert mask_overlap(one, 0, two, 0) == pytest.approx(expected)
