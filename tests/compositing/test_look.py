"""Pictures made of a frame and what was found in it."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from livesegment.compositing import overlay
from livesegment.compositing.hud import with_text
from livesegment.compositing.look import (
    GREEN,
    HIDING,
    LABELLED,
    MARGIN,
    Look,
    Style,
    captions,
    compose,
    label_of,
)
from livesegment.compositing.palette import colour, colours, ink
from livesegment.frame import Image
from livesegment.instances import Instances

pytestmark = pytest.mark.wheel

LABELS = ("person", "car")
Box = tuple[float, float, float, float]

every_style = pytest.mark.parametrize("style", list(Style))


def noise(size: tuple[int, int], seed: int = 0) -> Image:
    image = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    image.flags.writeable = False
    return image


def found(*boxes: Box, full: bool = False, track_ids: Sequence[int] | None = None) -> Instances:
    """Instances of the classes 0, 1, 2 ... with chequered masks, or with full ones."""
    empty = Instances.empty()
    rows = np.array(boxes, np.float32).reshape(-1, 4)
    regions = np.concatenate((np.floor(rows[:, :2]), np.ceil(rows[:, 2:])), axis=1).astype(int)
    masks = [
        np.ones((y2 - y1, x2 - x1), np.bool_)
        if full
        else np.indices((y2 - y1, x2 - x1)).sum(0) % 3 > 0
        for x1, y1, x2, y2 in regions.tolist()
    ]
    if not boxes:
        return empty
    n = len(boxes)
    return Instances.from_rows(rows, np.linspace(0.9, 0.6, n), range(n), masks, track_ids)


def cover(size: tuple[int, int], instances: Instances) -> NDArray[np.bool_]:
    """Where any mask is, in the whole frame."""
    covered = np.zeros((size[1], size[0]), np.bool_)
    for (x1, y1, x2, y2), mask in zip(instances.regions.tolist(), instances.masks, strict=True):
        covered[y1:y2, x1:x2] |= mask
    return covered


# Every style


@every_style
@pytest.mark.parametrize(
    "size", [(1, 1), (2, 1), (1, 7), (7, 1), (5, 3), (33, 17), (640, 3), (3, 480), (641, 361)]
)
def test_a_picture_is_as_large_as_its_frame(style: Style, size: tuple[int, int]) -> None:
    """Odd and tiny ones too, with an object that fills it and one in each corner."""
    w, h = size
    instances = found((0, 0, w, h), (0, 0, 1, 1), (w - 1, 0, w, 1), (w - 0.5, h - 0.5, w, h))
    picture = compose(noise(size), instances, LABELS, Look(style))
    assert picture.shape == (h, w, 3)
    assert picture.dtype == np.uint8


@every_style
def test_a_picture_is_shared_so_nobody_may_draw_on_it(style: Style) -> None:
    picture = compose(noise((20, 10)), found((2, 2, 9, 9)), LABELS, Look(style))
    assert not picture.flags.writeable


@every_style
@pytest.mark.parametrize("instances", [found(), found((2, 2, 9, 9))], ids=["none", "one"])
def test_the_frame_is_not_written_to(style: Style, instances: Instances) -> None:
    image = noise((20, 10))
    before = image.copy()
    picture = compose(image, instances, LABELS, Look(style))
    assert np.array_equal(image, before)
    assert not np.shares_memory(picture, image)


@pytest.mark.parametrize("style", [Style.FILL, Style.CONTOUR, Style.BLUR_OBJECTS])
def test_with_nothing_found_the_picture_is_the_frame(style: Style) -> None:
    image = noise((33, 17))
    assert np.array_equal(compose(image, found(), LABELS, Look(style)), image)


@pytest.mark.parametrize("style", [Style.CUTOUT, Style.REPLACE_BACKGROUND, Style.BLUR_BACKGROUND])
def test_objects_stand_untouched_before_another_background(style: Style) -> None:
    image, instances = noise((33, 17)), found((0, 0, 12.5, 9), (20, 4, 33, 17))
    picture = compose(image, instances, LABELS, Look(style))
    covered = cover((33, 17), instances)
    assert np.array_equal(picture[covered], image[covered])
    assert not np.array_equal(picture[~covered], image[~covered])


@pytest.mark.parametrize("style", sorted(set(Style) - LABELLED))
def test_an_instance_without_a_pixel_changes_nothing(style: Style) -> None:
    """A mask may come out empty, at a box as thin as a hair."""
    image, look = noise((33, 17)), Look(style)
    mask = np.zeros((4, 1), np.bool_)
    nothing = Instances.from_rows([[7.2, 3, 7.8, 7]], [0.9], [0], [mask])
    picture = compose(image, nothing, LABELS, look)
    assert np.array_equal(picture, compose(image, found(), LABELS, look))


@every_style
def test_an_instance_without_an_area_is_passed_over(style: Style) -> None:
    flat = Instances.from_rows([[5, 5, 5, 9]], [0.9], [0], [np.zeros((4, 0), np.bool_)])
    assert compose(noise((33, 17)), flat, LABELS, Look(style)).shape == (17, 33, 3)


# Single styles


def test_a_cutout_is_black_around_the_objects() -> None:
    instances = found((3, 3, 12, 9))
    picture = compose(noise((33, 17)), instances, LABELS, Look(Style.CUTOUT))
    assert not picture[~cover((33, 17), instances)].any()


def test_without_a_background_it_is_green() -> None:
    instances = found((3, 3, 12, 9))
    picture = compose(noise((33, 17)), instances, LABELS, Look(Style.REPLACE_BACKGROUND))
    assert {tuple(pixel) for pixel in picture[~cover((33, 17), instances)].tolist()} == {GREEN}


def test_a_background_of_the_frames_size_is_taken_as_it_is_and_not_written_to() -> None:
    behind, instances = noise((33, 17), 5), found((3, 3, 12, 9))
    look = Look(Style.REPLACE_BACKGROUND, background=behind)
    picture = compose(noise((33, 17)), instances, LABELS, look)
    outside = ~cover((33, 17), instances)
    assert np.array_equal(picture[outside], behind[outside])
    assert np.array_equal(behind, noise((33, 17), 5))


@pytest.mark.parametrize("size", [(10, 40), (40, 10), (1, 1), (330, 170), (7, 3)])
def test_a_background_of_another_size_covers_the_frame(size: tuple[int, int]) -> None:
    behind = np.full((size[1], size[0], 3), (9, 8, 7), np.uint8)
    look = Look(Style.REPLACE_BACKGROUND, background=behind)
    picture = compose(noise((33, 17)), found(), LABELS, look)
    assert (picture == (9, 8, 7)).all()


def test_what_sticks_out_of_a_background_is_cut_from_both_sides_alike() -> None:
    """A picture three times as wide as the frame, with its middle third white."""
    behind = np.zeros((10, 60, 3), np.uint8)
    behind[:, 20:40] = 255
    look = Look(Style.REPLACE_BACKGROUND, background=behind)
    assert (compose(noise((20, 10)), found(), LABELS, look) == 255).all()


def test_a_blurred_background_has_no_detail_left() -> None:
    picture = compose(noise((320, 240)), found(), LABELS, Look(Style.BLUR_BACKGROUND))
    assert picture.std() < noise((320, 240)).std() / 3


def test_a_hidden_object_is_a_mosaic_beyond_its_outline() -> None:
    image, instances = noise((160, 120)), found((40, 40, 80, 80), full=True)
    picture = compose(image, instances, LABELS, Look(Style.BLUR_OBJECTS))
    changed = (picture != image).any(axis=2)
    margin = round(MARGIN * 40)
    hidden = slice(40 - margin, 80 + margin)
    assert changed[hidden, hidden].mean() > 0.98
    outside = changed.copy()
    outside[hidden, hidden] = False
    assert not outside.any()
    assert len({tuple(pixel) for pixel in picture[40:80, 40:80].reshape(-1, 3).tolist()}) <= 49


@every_style
def test_only_styles_that_hide_heed_what_is_not_covered(style: Style) -> None:
    image, instances = noise((160, 120)), found((40, 40, 80, 80))
    picture = compose(image, instances, LABELS, Look(style), covered=False)
    if style in HIDING:
        assert (picture == image).all(axis=2).mean() < 0.001
    else:
        assert np.array_equal(picture, compose(image, instances, LABELS, Look(style)))


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (640, 3), (3, 480)])
def test_a_tiny_picture_is_hidden_too(size: tuple[int, int]) -> None:
    image, look = noise(size), Look(Style.BLUR_OBJECTS)
    picture = compose(image, found(), LABELS, look, covered=False)
    assert picture.shape == image.shape
    assert not (picture == image).all(axis=2).any()


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 40), st.floats(0, 0.5))
def test_a_grown_mask_covers_the_same_and_more(x: int, y: int, side: int, margin: float) -> None:
    one = found((x, y, x + side, y + side), full=True)
    plain = overlay.union((90, 90), one)
    grown = overlay.union((90, 90), one, margin=margin, least=1)
    by = max(1, round(margin * side))
    expected = np.zeros((90, 90), np.uint8)
    expected[max(0, y - by) : y + side + by, max(0, x - by) : x + side + by] = 1
    assert (plain <= grown).all()
    assert np.array_equal(grown, expected)


def test_a_contour_is_a_line_and_no_filling() -> None:
    image, instances = noise((160, 120)), found((40, 40, 120, 100), full=True)
    picture = compose(image, instances, LABELS, Look(Style.CONTOUR))
    line = (picture == colour(0)).all(axis=2)
    assert line[40, 40:120].all()
    assert line[40:100, 119].all()
    assert np.array_equal(picture[50:90, 60:110], image[50:90, 60:110])


def test_a_styled_picture_for_viewers_carries_no_names() -> None:
    image, instances = noise((160, 120)), found((40, 40, 120, 100), full=True)
    picture = compose(image, instances, LABELS, Look(Style.CUTOUT))
    assert np.array_equal(picture[40:100, 40:120], image[40:100, 40:120])


@pytest.mark.parametrize("alpha", [-0.1, 1.1])
def test_a_tint_beyond_0_to_1_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match=r"alpha must be in 0\.\.1"):
        Look(alpha=alpha)


# Filling


@st.composite
def scenes(draw: st.DrawFn) -> tuple[tuple[int, int], Instances]:
    """A frame's size, and up to three instances anywhere in it with any mask."""
    size = draw(st.tuples(st.integers(1, 24), st.integers(1, 24)))
    boxes, masks = [], []
    for _ in range(draw(st.integers(0, 3))):
        x1, y1 = draw(st.integers(0, size[0] - 1)), draw(st.integers(0, size[1] - 1))
        x2, y2 = draw(st.integers(x1 + 1, size[0])), draw(st.integers(y1 + 1, size[1]))
        boxes.append((x1, y1, x2, y2))
        masks.append(draw(hnp.arrays(np.bool_, (y2 - y1, x2 - x1))))
    n = len(boxes)
    return size, Instances.from_rows(boxes, np.linspace(0.9, 0.6, n), range(n), masks)


@given(scenes(), st.floats(0, 1))
def test_filling_tints_what_masks_cover_and_nothing_else(
    scene: tuple[tuple[int, int], Instances], alpha: float
) -> None:
    size, instances = scene
    image = noise(size)
    picture = image.copy()
    overlay.fill(picture, instances, colours(instances), alpha)
    wanted = image.astype(np.float64)
    for i in reversed(range(len(instances))):
        x1, y1, x2, y2 = instances.regions[i].tolist()
        part, mask = wanted[y1:y2, x1:x2], instances.masks[i]
        part[mask] = part[mask] * (1 - alpha) + np.array(colour(i)) * alpha
    covered = cover(size, instances)
    assert np.array_equal(picture[~covered], image[~covered])
    np.testing.assert_allclose(picture[covered], wanted[covered], atol=2)  # rounded thrice


@given(scenes())
def test_alpha_0_leaves_the_picture(scene: tuple[tuple[int, int], Instances]) -> None:
    size, instances = scene
    picture = noise(size).copy()
    overlay.fill(picture, instances, colours(instances), 0)
    assert np.array_equal(picture, noise(size))


@given(scenes())
def test_alpha_1_is_the_plain_colour_of_the_best(
    scene: tuple[tuple[int, int], Instances],
) -> None:
    size, instances = scene
    picture = noise(size).copy()
    overlay.fill(picture, instances, colours(instances), 1)
    wanted = noise(size).copy()
    for i in reversed(range(len(instances))):
        x1, y1, x2, y2 = instances.regions[i].tolist()
        wanted[y1:y2, x1:x2][instances.masks[i]] = colour(i)
    assert np.array_equal(picture, wanted)


@given(scenes())
def test_the_union_is_where_any_mask_is(scene: tuple[tuple[int, int], Instances]) -> None:
    size, instances = scene
    assert np.array_equal(overlay.union(size, instances), cover(size, instances))


@given(scenes(), st.integers(1, 3))
def test_an_outline_is_the_outermost_pixels_of_a_mask(
    scene: tuple[tuple[int, int], Instances], thickness: int
) -> None:
    """Those with something outside of the mask so many pixels away, even diagonally."""
    size, instances = scene
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    overlay.outline(picture, instances, [(255, 255, 255)] * len(instances), thickness)
    wanted = np.zeros((size[1], size[0]), np.bool_)
    for (x1, y1, x2, y2), mask in zip(instances.regions.tolist(), instances.masks, strict=True):
        around = np.pad(mask, thickness)
        for y, x in zip(*np.nonzero(mask), strict=True):
            near = around[y : y + 2 * thickness + 1, x : x + 2 * thickness + 1]
            wanted[y1:y2, x1:x2][y, x] |= not near.all()
    assert np.array_equal(picture.any(axis=2), wanted)


def test_masks_that_are_views_of_larger_ones_are_drawn_alike() -> None:
    """Crops, and masks turned on their side, do not lie in memory row after row."""
    whole = np.random.default_rng(1).random((30, 40)) > 0.5
    for mask in (whole[5:20, 7:30], whole[5:28, 7:22].T, whole[19:4:-1, 7:30]):
        box = [[2, 3, 25, 18]]
        drawn: list[Image] = []
        for layout in (mask, np.ascontiguousarray(mask)):
            instances = Instances.from_rows(box, [0.9], [0], [layout])
            drawn.append(compose(noise((40, 30)), instances, LABELS, Look()))
        assert np.array_equal(drawn[0], drawn[1])


# Names and colours


def test_captions_name_class_and_score() -> None:
    boxes: list[Box] = [(0, 0, 2, 2), (2, 2, 4, 4), (4, 4, 6, 6)]
    assert captions(found(*boxes), LABELS) == ["person 0.90", "car 0.75", "class 2 0.60"]


def test_captions_name_tracks_that_there_are() -> None:
    boxes: list[Box] = [(0, 0, 2, 2), (2, 2, 4, 4)]
    assert captions(found(*boxes, track_ids=[7, 0]), LABELS) == ["person #7 0.90", "car 0.60"]


def test_a_class_without_a_name_has_a_number() -> None:
    assert label_of(1, LABELS) == "car"
    assert label_of(2, LABELS) == "class 2"


def test_the_best_instances_name_lies_on_top() -> None:
    boxes: list[Box] = [(10, 40, 60, 80), (12, 40, 60, 80)]
    both, one = found(*boxes, full=True), found(boxes[0], full=True)
    pictures = [np.zeros((100, 200, 3), np.uint8) for _ in range(2)]
    for picture, instances in zip(pictures, (both, one), strict=True):
        names = captions(instances, LABELS)
        overlay.tag(picture, instances, colours(instances), names, 0.4)
    plate = (pictures[1] == colour(0)).all(axis=2)
    assert plate.any()
    assert np.array_equal(pictures[0][plate], pictures[1][plate])


@pytest.mark.parametrize(
    "box",
    [(10, 40, 60, 80), (10, 0, 60, 50), (180, 40, 200, 60), (0, 95, 50, 100), (190, 0, 200, 5)],
)
def test_a_name_is_written_whole_inside_the_picture(box: Box) -> None:
    """Above the box, or inside of it at the top, and left of the border."""
    plates = []
    for at in (box, (10, 40, 60, 80)):
        picture = np.zeros((100, 200, 3), np.uint8)
        overlay.tag(picture, found(at), [(255, 255, 255)], ["person 0.90"], 0.4)
        plates.append(int(np.count_nonzero(picture.any(axis=2))))
    assert plates[0] == plates[1]


@pytest.mark.parametrize("size", [(1, 1), (9, 3), (3, 30)])
def test_a_name_larger_than_the_picture_does_no_harm(size: tuple[int, int]) -> None:
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    overlay.tag(picture, found((0, 0, *size)), [(255, 255, 255)], ["person 0.90"], 0.4)
    assert picture.any()


def test_colours_follow_tracks_else_classes() -> None:
    boxes: list[Box] = [(0, 0, 2, 2), (2, 2, 4, 4)]
    assert colours(found(*boxes)) == [colour(0), colour(1)]
    assert colours(found(*boxes, track_ids=[9, 0])) == [colour(9), colour(1)]


def test_neighbouring_colours_are_far_apart() -> None:
    shown = np.array([colour(i) for i in range(90)], int)
    assert np.abs(np.diff(shown, axis=0)).sum(axis=1).min() > 90
    assert shown.min() >= 0
    assert shown.max() <= 255


def test_ink_can_be_read() -> None:
    assert ink((255, 255, 255)) == (0, 0, 0)
    assert ink((0, 255, 255)) == (0, 0, 0)
    assert ink((255, 0, 0)) == (255, 255, 255)


# Text in the corner


def test_text_is_written_onto_a_copy() -> None:
    image = noise((300, 200))
    drawn = with_text(image, ["25.0 fps", "person 3"])
    assert drawn.shape == image.shape
    assert not np.shares_memory(drawn, image)
    assert drawn[:30, :60].min() < 90  # dimmed
    assert drawn[:30, :60].max() > 180  # written
    assert np.array_equal(drawn[100:], image[100:])


def test_without_lines_nothing_is_written() -> None:
    image = noise((300, 200))
    drawn = with_text(image, [])
    assert np.array_equal(drawn, image)
    assert not np.shares_memory(drawn, image)


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (300, 5)])
def test_text_larger_than_the_picture_does_no_harm(size: tuple[int, int]) -> None:
    assert with_text(noise(size), ["a line that is long", "q"] * 4).shape == (size[1], size[0], 3)
