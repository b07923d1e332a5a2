"""A program with a grid of sources, for test_grid_on_screen.py: says on stdout what happens."""

import sys
import threading
import time
from dataclasses import replace

from livesegment.pipeline.grid_window import GridWindow
from livesegment.sinks.base import Ending
from livesegment.sinks.tile import Tile
from livesegment.sinks.window import Window
from livesegment.sources.synthetic import Scene
from tests.fakes import view

SECONDS = 30.0
"""After which it gives up."""
DARK = "cam 3"
"""Never has a picture."""
SETTLED = 0.7
"""Seconds after which the window manager is done with the window."""


def say(text: str) -> None:
    """Tell the test."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class SayingWindow(Window):
    """Says what is written above it."""

    def entitle(self, title: str) -> None:
        """Write it, and say so."""
        super().entitle(title)
        say(title)


def main() -> None:
    """Show sources until the window asks to end."""
    scene = Scene()
    count = int(sys.argv[1])
    tiles = [
        Tile(f"cam {i}", lambda key, i=i: say(f"cam {i} key {key}"))  # type: ignore[misc]
        for i in range(1, count + 1)
    ]

    def remove(name: str) -> None:
        say(f"remove {name}")
        tiles[:] = [tile for tile in tiles if tile.name != name]

    grid = GridWindow("livesegment - grid", lambda: tiles, remove, keys=[("m", "next style")])
    grid._window = SayingWindow("livesegment - grid", grid.press, grid.click)
    nobody, begun, settled, number, going = threading.Event(), time.monotonic(), False, 0, True
    while going and time.monotonic() < begun + SECONDS:
        number += 1
        for i, tile in enumerate(tiles):
            if tile.name == DARK:
                tile.idle(None)
            elif number % 4 == i % 4:
                image = scene.picture(number / 60 + i)
                tile.write(replace(view(number), screen=image))
        going = grid.step()
        if not settled and time.monotonic() > begun + SETTLED:
            settled = True
            say("shown")
        nobody.wait(1 / 60)
    say("ended")
    grid.close(Ending.USER)


if __name__ == "__main__":
    main()
