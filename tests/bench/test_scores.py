"""J and F in cases that can be worked out by hand."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from livesegment.bench.scores import Truth, mostly_inside, outline, overlap, painted
from livesegment.instances import Instances, Mask

SIZE = (125, 100)
"""Its diagonal is 160 pixels: outlines may lie one pixel apart."""


def rectangle(x1: int, y1: int, x2: int, y2: int, size: tuple[int, int] = SIZE) -> Mask:
    """A full frame with one rectangle in it."""
    mask = np.zeros((size[1], size[0]), np.bool_)
    mask[y1:y2, x1:x2] = True
    return mask


NOTHING = rectangle(0, 0, 0, 0)
SQUARE = rectangle(20, 20, 40, 40)


def test_overlap_is_intersection_over_union() -> None:
    """Half of each of two squares: 200 pixels of 600."""
    assert overlap(SQUARE, rectangle(30, 20, 50, 40)) == pytest.approx(200 / 600)


@pytest.mark.parametrize(
    ("mask", "truth", "j", "f"),
    [
        (SQUARE, SQUARE, 1.0, 1.0),
        (NOTHING, NOTHING, 1.0, 1.0),
        (SQUARE, NOTHING, 0.0, 0.0),
        (NOTHING, SQUARE, 0.0, 0.0),
        (SQUARE, rectangle(60, 60, 80, 80), 0.0, 0.0),
        (rectangle(21, 20, 41, 40), SQUARE, 380 / 420, 1.0),
    ],
)
def test_fits(mask: Mask, truth: Mask, j: float, f: float) -> None:
    """Equal, empty, apart, and one pixel beside, which F does not mind."""
    fit = Truth(truth).fit(mask)
    assert [fit.j, fit.f] == pytest.approx([j, f])


def test_f_counts_the_outline_that_lies_near() -> None:
    """Moved by ten pixels: of each 76, those on the sides that still run along each other."""
    # Rows 20 and 39 are shared by columns 30-39, and one column more at each end is near enough.
    # Of the upright sides only these corners' neighbours are: one pixel below, one above.
    fit = Truth(SQUARE).fit(rectangle(30, 20, 50, 40))
    along = 2 * 11
    corners = 2
    assert fit.f == pytest.approx((along + corners) / 76)


def test_an_outline_is_one_pixel_wide() -> None:
    """The rim of a square of 20 pixels a side has 76."""
    assert outline(SQUARE).sum() == 76


def test_where_an_object_leaves_the_picture_it_has_no_outline() -> None:
    """A square in the corner has two sides, 10 + 9 pixels."""
    assert outline(rectangle(0, 0, 10, 10)).sum() == 19


def test_painted_is_the_union() -> None:
    """Crops land where their boxes are."""
    instances = Instances.from_rows(
        [(20, 20, 40, 40), (29.5, 20, 50, 39.2)],
        [0.9, 0.8],
        [0, 0],
        [np.ones((20, 20), np.bool_), np.ones((20, 21), np.bool_)],
    )
    np.testing.assert_array_equal(painted(instances, SIZE), rectangle(20, 20, 50, 40))
    assert not painted(Instances.empty(), SIZE).any()


def test_mostly_inside_needs_more_than_half() -> None:
    """Half is not enough, and an empty mask is nowhere."""
    boxes = [(20, 20, 40, 40), (30, 20, 50, 40), (29, 20, 49, 40), (20, 20, 40, 40)]
    masks = [np.ones((20, 20), np.bool_)] * 3 + [np.zeros((20, 20), np.bool_)]
    instances = Instances.from_rows(boxes, [0.9] * 4, [0] * 4, masks)
    assert mostly_inside(instances, SQUARE).tolist() == [True, False, True, False]


@pytest.fixture(scope="module")
def reference(shared: Path) -> ModuleType:
    """The script that scores a live run's JSON lines."""
    path = shared / "tools" / "streaming_score.py"
    if not path.is_file():
        pytest.skip(f"no {path}")
    spec = importlib.util.spec_from_file_location("streaming_score", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.shared
@pytest.mark.parametrize("seed", range(6))
def test_f_agrees_with_the_script_that_scores_runs(reference: ModuleType, seed: int) -> None:
    """On heaps of rectangles, at the size of DAVIS."""
    random = np.random.default_rng(seed)
    mask, truth = (np.zeros((480, 854), np.bool_) for _ in range(2))
    for canvas in (mask, truth):
        for _ in range(3):
            x, y = random.integers(0, (600, 300))
            canvas[y : y + random.integers(20, 200), x : x + random.integers(20, 300)] = True
    assert Truth(truth).fit(mask).f == pytest.approx(reference.boundary_f(mask, truth))
