"""A tile keeps the newest picture, and lets keys be handled where they belong."""

import threading
from dataclasses import replace

from livesegment.sinks.base import Ending
from livesegment.sinks.tile import MOST_KEYS, Tile
from livesegment.threads.worker import Worker
from tests.fakes import CEILING, image, view


def test_the_newest_picture_is_there_and_counted() -> None:
    tile = Tile("door", lambda _: None)
    assert tile.newest[0] == 0
    for index in (1, 2):
        assert tile.write(view(index))
    count, picture = tile.newest
    assert count == 2
    assert picture is not None
    assert (picture == 2).all()


def test_it_is_the_screen_that_is_shown() -> None:
    tile, statistics = Tile("door", lambda _: None), image(200)
    tile.write(replace(view(1), screen=statistics))
    assert tile.newest[1] is statistics


def test_what_was_made_anew_is_shown() -> None:
    tile, remade = Tile("door", lambda _: None), view(1)
    assert tile.idle(None)
    assert tile.newest[1] is None
    assert tile.idle(remade)
    assert tile.newest[1] is remade.screen


def test_keys_are_handled_in_the_thread_of_the_presenter() -> None:
    handled: list[tuple[str, str]] = []
    tile = Tile("door", lambda key: handled.append((key, threading.current_thread().name)))
    for key in "mi":
        tile.press(key)
    assert handled == []

    def idle() -> None:
        tile.idle(None)

    def write() -> None:
        tile.write(view(1))

    for body in (idle, write):
        worker = Worker("presenter", body)
        worker.start()
        assert worker.stop(CEILING)
        tile.press("+")
    assert handled == [(key, "livesegment-presenter") for key in "mi+"]


def test_keys_that_nobody_handles_do_not_pile_up() -> None:
    handled: list[str] = []
    tile = Tile("door", handled.append)
    for key in range(1000):
        tile.press(str(key))
    tile.idle(None)
    assert handled == [str(key) for key in range(1000 - MOST_KEYS, 1000)]


def test_the_last_picture_stays_and_is_said_to_be_the_last() -> None:
    tile, last = Tile("door", lambda _: None), view(1)
    tile.write(last)
    assert tile.note == ""
    tile.close(Ending.FAILED)
    tile.close(Ending.FAILED)
    assert tile.newest[1] is last.screen
    assert tile.note == "failed"


def test_others_may_say_how_the_source_is() -> None:
    tile = Tile("door", lambda _: None, lambda: "lost: nobody listens")
    assert tile.note == "lost: nobody listens"
