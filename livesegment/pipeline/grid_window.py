"""The window in which several sources stand beside each other."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from livesegment.compositing.grid import Cell, Rect, blank, draw_cell, layout
from livesegment.compositing.hud import with_text
from livesegment.errors import UsageError
from livesegment.frame import Image
from livesegment.sinks.base import Ending
from livesegment.sinks.screen import LARGEST
from livesegment.sinks.tile import Tile
from livesegment.sinks.window import Window

KEYS = (
    ("TAB, click", "select the next source, that one"),
    ("ENTER, double click", "enlarge it, and back"),
    ("x", "remove it"),
    ("other keys", "for the source enlarged, else for all"),
)
NEXT, ENLARGE, REMOVE, FULL_SCREEN, HELP = "\t", "\n", "x", "f", "?"
MOST_FPS = 30.0
"""The canvas is shown so often at most: eight sources together change it far oftener."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Which tile stands where."""

    tiles: tuple[Tile, ...]
    places: tuple[Rect, ...]
    selected: Tile | None
    """Its place is marked; None where one stands alone."""
    help: bool

    def at(self, x: int, y: int) -> Tile | None:
        """The tile at a pixel of the canvas."""
        for tile, (x1, y1, x2, y2) in zip(self.tiles, self.places, strict=True):
            if x1 <= x < x2 and y1 <= y < y2:
                return tile
        return None


class GridWindow:
    """Shows the tiles of all sources and hands keys on to them.

    Everything here runs in one thread. `step` is the body of `Group.run`.
    """

    def __init__(
        self,
        title: str,
        tiles: Callable[[], Sequence[Tile]],
        remove: Callable[[str], None],
        *,
        keys: Sequence[tuple[str, str]] = (),
        size: tuple[int, int] = LARGEST,
        goes_on: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
        window: Window | None = None,
    ) -> None:
        """Nothing is opened before the first step.

        Args:
            title: of the window.
            tiles: those that there are now; asked at every step.
            remove: called with the name of a source that is not wanted any more.
            keys: what keys do beside those of the grid, for the help.
            size: (width, height) of the canvas.
            goes_on: see `Window`.
            clock: monotonic seconds.
            window: what to show it in.
        """
        self._title = title
        self._tiles = tiles
        self._remove = remove
        self._more_keys = keys
        self._size = size
        self._clock = clock
        self._window = window or Window(title, self.press, self.click, goes_on=goes_on)
        self._selected: Tile | None = None
        self._enlarged = False
        self._help = False
        self._due = 0.0
        self._canvas = blank(size)
        self._arranged: Arrangement | None = None
        self._drawn: dict[int, object] = {}
        """What was drawn last in each place."""
        self._entitled = title

    def step(self) -> bool:
        """Show what is new, if it is time to, and answer the user; False if they end the run.

        Raises:
            SinkError: there is no window.
        """
        now = self._clock()
        if now >= self._due and not self._window.gone and self._draw():
            self._due = now + 1 / MOST_FPS
        return self._window.idle()

    def press(self, key: str) -> None:
        """Do what a key asks for, or hand it on."""
        tiles = tuple(self._tiles())
        selected = self._selection(tiles)
        if key == NEXT and tiles:
            place = tiles.index(selected) if selected is not None else -1
            self._selected = tiles[(place + 1) % len(tiles)]
        elif key == ENLARGE:
            self._enlarged = not self._enlarged
        elif key == REMOVE and selected is not None:
            self._enlarged = False
            with suppress(UsageError):  # somebody else was quicker
                self._remove(selected.name)
        elif key == FULL_SCREEN:
            self._window.full_screen()
        elif key == HELP and not self._enlarged:
            self._help = not self._help
        else:
            for tile in tiles:
                if tile is selected or not self._enlarged:
                    tile.press(key)

    def click(self, x: int, y: int, double: bool) -> None:
        """Select what is there; enlarge it, or go back, by a double click."""
        tile = self._arranged.at(x, y) if self._arranged else None
        if double:
            self._enlarged = not self._enlarged
        elif tile is not None:
            self._selected = tile

    def close(self, ending: Ending) -> None:
        """Close the window. Safe twice."""
        self._window.close(ending)

    def _selection(self, tiles: tuple[Tile, ...]) -> Tile | None:
        """The selected one; the first where that is gone."""
        if self._selected not in tiles:
            self._selected = tiles[0] if tiles else None
            self._enlarged = False
        return self._selected

    def _arrangement(self) -> Arrangement:
        tiles = tuple(self._tiles())
        selected = self._selection(tiles)
        if self._enlarged and selected is not None:
            tiles = (selected,)
        marked = None if len(tiles) == 1 else selected
        help_shown = self._help and not self._enlarged
        return Arrangement(tiles, layout(len(tiles), self._size), marked, help_shown)

    def _draw(self) -> bool:
        """Draw what changed, and show it if anything did."""
        arranged = self._arrangement()
        anew = arranged != self._arranged
        if anew:
            self._arranged, self._canvas, self._drawn = arranged, blank(self._size), {}
        changed = anew
        for number, (tile, place) in enumerate(zip(arranged.tiles, arranged.places, strict=True)):
            count, picture = tile.newest
            state = count, tile.note
            if self._drawn.get(number) != state:
                self._drawn[number] = state
                marked = tile is arranged.selected
                draw_cell(self._canvas, place, Cell(tile.name, picture, state[1], marked))
                changed = True
        if changed:
            self._window.show(self._with_help(arranged))
            self._entitle(arranged)
        return changed

    def _with_help(self, arranged: Arrangement) -> Image:
        if not arranged.help:
            return self._canvas
        rows = [f"{keys}\t{what}" for keys, what in (*KEYS, *self._more_keys)]
        return with_text(self._canvas, rows)

    def _entitle(self, arranged: Arrangement) -> None:
        """Say above the window which source keys are for."""
        if self._enlarged and self._selected is not None:
            what = self._selected.name
        else:
            what = f"{len(arranged.tiles)} sources"
            what += f", {self._selected.name} selected" if self._selected is not None else ""
        title = f"{self._title} - {what}"
        if title != self._entitled:
            self._entitled = title
            self._window.entitle(title)
