"""What the shared window shows, and where its keys and clicks go; on no screen."""

from collections.abc import Sequence

import numpy as np
import pytest

from livesegment.errors import UsageError
from livesegment.frame import Image
from livesegment.pipeline.grid_window import MOST_FPS, GridWindow
from livesegment.sinks.base import Ending, View
from livesegment.sinks.tile import Tile
from livesegment.sinks.window import Window
from tests.fakes import image, view

SIZE = (640, 360)


class FakeWindow(Window):
    """Keeps what it is to show."""

    def __init__(self) -> None:
        super().__init__("fake", lambda _: None)
        self.shown: list[Image] = []
        self.titles: list[str] = []
        self.full = 0
        self.endings: list[Ending] = []
        self.go_on = True

    def show(self, image: Image) -> None:
        self.shown.append(image.copy())

    def idle(self, remade: View | None = None) -> bool:
        return self.go_on

    def entitle(self, title: str) -> None:
        self.titles.append(title)

    def full_screen(self) -> None:
        self.full += 1

    def close(self, ending: Ending) -> None:
        self.endings.append(ending)


class Grid:
    """A grid window with tiles that note their keys."""

    def __init__(self, *names: str, keys: Sequence[tuple[str, str]] = ()) -> None:
        self.pressed: dict[str, str] = dict.fromkeys(names, "")
        self.tiles = [Tile(name, lambda key, name=name: self._note(name, key)) for name in names]  # type: ignore[misc]
        self.screen = FakeWindow()
        self.now = 0.0
        self.window = GridWindow(
            "livesegment",
            lambda: self.tiles,
            self.remove,
            keys=keys,
            size=SIZE,
            clock=lambda: self.now,
            window=self.screen,
        )
        self.step()

    def _note(self, name: str, key: str) -> None:
        self.pressed[name] += key

    def remove(self, name: str) -> None:
        if name not in {tile.name for tile in self.tiles}:
            raise UsageError("there is none")
        self.tiles = [tile for tile in self.tiles if tile.name != name]

    def step(self) -> bool:
        """A step, as late as it needs to be for a picture."""
        self.now += 1.0
        return self.window.step()

    def press(self, *keys: str) -> None:
        """Press keys, and let the sources see them."""
        for key in keys:
            self.window.press(key)
        for tile in self.tiles:
            tile.idle(None)
        self.step()

    @property
    def picture(self) -> Image:
        return self.screen.shown[-1]

    @property
    def title(self) -> str:
        return self.screen.titles[-1].removeprefix("livesegment - ")


def _middle(picture: Image, column: int, row: int) -> int:
    """Grey in the middle of a cell of a 2 by 2 grid."""
    return int(picture[90 + 180 * row, 160 + 320 * column, 0])


def test_the_window_opens_before_there_is_a_picture() -> None:
    assert len(Grid("a", "b").screen.shown) == 1


def test_every_source_has_its_place() -> None:
    grid = Grid("a", "b", "c", "d")
    for number, tile in enumerate(grid.tiles):
        tile.write(view(40 * (number + 1)))
    grid.step()
    found = [_middle(grid.picture, column, row) for row in (0, 1) for column in (0, 1)]
    assert found == [40, 80, 120, 160]


def test_nothing_is_shown_while_nothing_changes() -> None:
    grid = Grid("a", "b")
    for _ in range(5):
        grid.step()
    assert len(grid.screen.shown) == 1
    grid.tiles[1].write(view(3))
    grid.step()
    assert len(grid.screen.shown) == 2


def test_it_is_not_shown_oftener_than_is_of_use() -> None:
    grid = Grid("a")
    begun = len(grid.screen.shown)
    for step in range(400):
        grid.now += 0.01
        grid.tiles[0].write(view(step))
        grid.window.step()
    assert 0.9 * 4 * MOST_FPS / 1.34 <= len(grid.screen.shown) - begun <= 4 * MOST_FPS


def test_what_is_said_of_a_source_is_shown_when_it_changes() -> None:
    grid = Grid("a")
    grid.tiles[0].close(Ending.FAILED)
    grid.step()
    before, after = grid.screen.shown
    assert (before != after).any()


def test_the_user_ends_it() -> None:
    grid = Grid("a")
    assert grid.step()
    grid.screen.go_on = False
    assert not grid.step()


def test_keys_go_to_all_sources() -> None:
    grid = Grid("a", "b", "c")
    grid.press("m", "1", " ")
    assert grid.pressed == dict.fromkeys("abc", "m1 ")


def test_keys_go_to_the_source_that_is_enlarged() -> None:
    grid = Grid("a", "b", "c")
    grid.press("\t", "\n", "m", "?")
    assert grid.pressed == {"a": "", "b": "m?", "c": ""}
    grid.press("\n", "i")
    assert grid.pressed == {"a": "i", "b": "m?i", "c": "i"}


def test_tab_goes_round() -> None:
    grid = Grid("a", "b", "c")
    titles = []
    for _ in range(4):
        titles.append(grid.title)
        grid.press("\t")
    assert titles == [f"3 sources, {name} selected" for name in "abca"]


def test_enter_enlarges_and_goes_back() -> None:
    grid = Grid("a", "b")
    for number, tile in enumerate(grid.tiles):
        tile.write(view(100 * (number + 1), size=(64, 36)))
    grid.press("\n")
    assert grid.title == "a"
    assert (grid.picture[20:300, 20:600] == 100).all()
    grid.press("\n")
    assert grid.title == "2 sources, a selected"
    assert (grid.picture == 200).any()


def test_tab_goes_on_to_the_next_while_one_is_enlarged() -> None:
    grid = Grid("a", "b")
    grid.press("\n", "\t")
    assert grid.title == "b"


@pytest.mark.parametrize(("x", "y", "name"), [(10, 10, "a"), (600, 10, "b"), (300, 350, "c")])
def test_a_click_selects_and_a_double_click_enlarges(x: int, y: int, name: str) -> None:
    grid = Grid("a", "b", "c", "d")
    grid.window.click(x, y, double=False)
    grid.step()
    assert grid.title == f"4 sources, {name} selected"
    grid.window.click(x, y, double=True)
    grid.step()
    assert grid.title == name
    grid.window.click(5, 5, double=False)
    grid.window.click(5, 5, double=True)
    grid.step()
    assert grid.title == f"4 sources, {name} selected"


def test_a_click_beside_all_selects_nothing_else() -> None:
    grid = Grid("a", "b", "c")
    grid.window.click(600, 350, double=False)
    grid.step()
    assert grid.title == "3 sources, a selected"


def test_x_removes_the_selected_source() -> None:
    grid = Grid("a", "b", "c")
    grid.press("\t", "x")
    assert [tile.name for tile in grid.tiles] == ["a", "c"]
    assert grid.title == "2 sources, a selected"


def test_removing_the_enlarged_source_goes_back_to_the_others() -> None:
    grid = Grid("a", "b", "c")
    grid.press("\n", "x")
    assert grid.title == "2 sources, b selected"


def test_a_source_that_is_gone_already_need_not_be_removed() -> None:
    grid = Grid("a", "b")
    there, grid.tiles = grid.tiles, grid.tiles[1:]
    grid.window._selected = there[0]
    grid.window._tiles = lambda: there
    grid.press("x")
    assert [tile.name for tile in grid.tiles] == ["b"]


def test_without_sources_keys_do_nothing() -> None:
    grid = Grid("a")
    grid.press("x", "x", "\t", "\n", "m", "?")
    grid.window.click(3, 3, double=True)
    assert grid.step()


def test_one_that_comes_later_gets_its_place() -> None:
    grid = Grid("a")
    grid.tiles.append(Tile("b", lambda _: None))
    grid.tiles[1].write(view(5, size=SIZE))
    grid.step()
    assert grid.title == "2 sources, a selected"


def test_f_fills_the_screen() -> None:
    grid = Grid("a", "b")
    grid.press("f")
    assert grid.screen.full == 1
    assert grid.pressed == {"a": "", "b": ""}


def test_the_help_is_of_the_grid_and_goes_again() -> None:
    grid = Grid("a", "b", keys=[("m", "next style")])
    before = grid.picture
    grid.press("?")
    assert grid.pressed == {"a": "", "b": ""}
    assert (grid.picture != before).any()
    grid.press("?")
    assert np.array_equal(grid.picture, before)


def test_closing_closes_the_window() -> None:
    grid = Grid("a")
    grid.window.close(Ending.USER)
    assert grid.screen.endings == [Ending.USER]


def test_a_canvas_of_small_pictures_is_filled() -> None:
    grid = Grid("a")
    grid.tiles[0].write(view(9, size=(2, 2)))
    grid.step()
    assert (grid.picture[100, 200:400] == image(9)[0, 0]).all()
