"""Pictures beside each other: all in their places, none cut or bent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.compositing.grid import (
    BACKGROUND,
    CHOSEN,
    Cell,
    blank,
    compose_grid,
    draw_cell,
    layout,
)
from livesegment.frame import Image
from tests.fakes import image

SIZE = (1600, 900)


def _white(width: int, height: int) -> Image:
    return image(255, (width, height))


def _columns(count: int, size: tuple[int, int]) -> int:
    return len({x1 for x1, *_ in layout(count, size)})


@pytest.mark.parametrize(
    ("count", "columns"), [(1, 1), (2, 2), (3, 2), (4, 2), (5, 3), (8, 3), (9, 3), (10, 4)]
)
def test_a_wide_canvas_has_as_many_columns_as_show_the_pictures_largest(
    count: int, columns: int
) -> None:
    assert _columns(count, SIZE) == columns


@pytest.mark.parametrize(("size", "columns"), [((3200, 600), 6), ((400, 1600), 1)])
def test_a_strip_has_one_row_or_one_column(size: tuple[int, int], columns: int) -> None:
    assert _columns(6, size) == columns


def test_nothing_has_no_place() -> None:
    assert layout(0, SIZE) == ()
    assert (compose_grid([], (32, 16)) == BACKGROUND).all()


@given(st.integers(1, 40), st.integers(40, 2000), st.integers(40, 2000))
def test_places_lie_within_the_canvas_and_not_on_each_other(
    count: int, width: int, height: int
) -> None:
    places = layout(count, (width, height))
    assert len(places) == count
    taken = np.zeros((height, width), np.uint8)
    for x1, y1, x2, y2 in places:
        assert 0 <= x1 < x2 <= width
        assert 0 <= y1 < y2 <= height
        taken[y1:y2, x1:x2] += 1
    assert taken.max() == 1


@given(
    st.integers(1, 300), st.integers(1, 300), st.integers(0, 90), st.integers(0, 90), st.booleans()
)
def test_nothing_is_drawn_outside_the_place(
    width: int, height: int, wide: int, high: int, selected: bool
) -> None:
    canvas = np.full((120, 120, 3), 77, np.uint8)
    draw_cell(
        canvas, (10, 15, 10 + wide, 15 + high), Cell("a", _white(width, height), "", selected)
    )
    draw_cell(canvas, (10, 15, 10 + wide, 15 + high), Cell("a", None, "lost", selected))
    canvas[15 : 15 + high, 10 : 10 + wide] = 77
    assert (canvas == 77).all()


def test_a_picture_keeps_its_aspect_in_the_middle_of_its_place() -> None:
    canvas = np.full((200, 400, 3), 77, np.uint8)
    draw_cell(canvas, (0, 0, 400, 200), Cell("", _white(100, 100)))
    assert (canvas[10, 110:290] == 255).all()
    assert (canvas[10, 10:90] == BACKGROUND).all()
    assert (canvas[10, 310:390] == BACKGROUND).all()


def test_what_was_there_before_is_gone() -> None:
    canvas = blank((400, 200))
    draw_cell(canvas, (0, 0, 400, 200), Cell("", _white(400, 200)))
    draw_cell(canvas, (0, 0, 400, 200), Cell("", image(0, (50, 200))))
    assert not (canvas == 255).all(axis=-1)[5:150].any()


def test_pictures_stand_in_their_order() -> None:
    cells = [Cell("", image(50 * i, (160, 90))) for i in range(1, 5)]
    canvas = compose_grid(cells, (320, 180))
    middles = [canvas[y, x, 0] for y in (45, 135) for x in (80, 240)]
    assert middles == [50, 100, 150, 200]


def test_the_selected_one_is_marked_and_no_other() -> None:
    cells = [Cell("", image(0, (160, 90)), selected=i == 1) for i in range(2)]
    canvas = compose_grid(cells, (640, 180))
    marked = (canvas == CHOSEN).all(axis=-1)
    assert marked[:, 320:].any()
    assert not marked[:, :320].any()


def test_a_source_without_a_picture_says_so() -> None:
    canvas = compose_grid([Cell("door")], (640, 360))
    assert (canvas[150:210] > 120).any()


def test_the_name_stands_in_the_lower_left_corner_even_in_letters_without_a_shape() -> None:
    plain, named = (
        compose_grid([Cell(name, image(0, (640, 360)))], (640, 360)) for name in ("", "Tür")
    )
    rows, columns = np.nonzero((plain != named).any(axis=-1))
    assert rows.min() > 300
    assert columns.max() < 200


def test_a_picture_is_not_written_to() -> None:
    picture = image(9, (320, 180))
    picture.flags.writeable = False
    compose_grid([Cell("a", picture, "live", True)], (320, 180))
    assert (picture == 9).all()
