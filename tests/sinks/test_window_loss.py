"""What the window does while its process is behind, silent or gone; on no screen."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from livesegment.errors import ExitCode, SinkError
from livesegment.frame import Image
from livesegment.sinks.base import Ending
from livesegment.sinks.window import F11, OPENING, PATIENCE, Window
from livesegment.sinks.window_process import WindowProcess
from tests.fakes import image, view


class FakeProcess(WindowProcess):
    """Takes what it is told to take, and says what it is told to say."""

    reason = "killed by signal 9"
    opened = True
    gone = False
    silent = 0.0

    def __init__(self) -> None:
        self.room = 99
        self.sent: list[tuple[int | None, str, bool]] = []
        """The grey of each picture, its title, and whether the screen was to be filled."""
        self.said: list[list[Any]] = []
        self.ended = 0

    def events(self) -> Iterator[list[Any]]:
        while self.said:
            yield self.said.pop(0)

    def ready(self, image: Image | None) -> bool:
        return self.room > 0

    def send(self, image: Image | None, title: str, *, full: bool) -> None:
        self.room -= 1
        self.sent.append((None if image is None else int(image[0, 0, 0]), title, full))

    def silence(self) -> float:
        return self.silent

    def end(self) -> None:
        self.ended += 1


class Run:
    """A window on a process of a test's making."""

    def __init__(self, *, goes_on: bool = True) -> None:
        self.process = FakeProcess()
        self.keys = ""
        self.clicks: list[tuple[int, int, bool]] = []
        self.goes_on = goes_on
        self.window = Window(
            "title",
            self._press,
            lambda *click: self.clicks.append(click),
            goes_on=lambda: self.goes_on,
            start=lambda: self.process,
        )

    @property
    def greys(self) -> list[int | None]:
        return [grey for grey, *_ in self.process.sent]

    def _press(self, key: str) -> None:
        self.keys += key


@pytest.fixture
def run() -> Run:
    """Of use without its window."""
    return Run()


def test_every_picture_is_handed_over_while_there_is_room(run: Run) -> None:
    assert all(run.window.write(view(index)) for index in range(3))
    assert run.greys == [0, 1, 2]


def test_of_those_that_find_no_room_the_newest_comes_next(run: Run) -> None:
    run.process.room = 1
    for index in range(5):
        run.window.write(view(index))
    assert run.greys == [0]
    run.process.room = 1
    run.window.idle()
    assert run.greys == [0, 4]
    run.process.room = 1
    run.window.idle()
    assert run.greys == [0, 4]


def test_what_was_made_anew_is_shown(run: Run) -> None:
    run.window.idle(view(7))
    assert run.greys == [7]


def test_a_title_and_the_full_screen_come_without_a_picture_too(run: Run) -> None:
    run.window.show(image(1))
    run.window.entitle("other")
    run.window.full_screen()
    run.window.full_screen()
    assert run.process.sent == [
        (1, "title", False),
        (None, "other", False),
        (None, "other", True),
        (None, "other", False),
    ]


def test_a_title_waits_for_the_window(run: Run) -> None:
    run.process.opened = False
    run.window.entitle("other")
    assert not run.process.sent
    run.process.opened = True
    run.window.idle()
    assert run.process.sent == [(None, "other", False)]


def test_keys_and_clicks_are_handed_on(run: Run) -> None:
    run.process.said = [["key", ord("m")], ["key", 65289], ["key", 65361], ["click", 3, 4, True]]
    assert run.window.idle()
    assert (run.keys, run.clicks) == ("m\t", [(3, 4, True)])
    run.process.said = [["key", F11]]
    assert run.window.idle()
    assert run.process.sent[-1] == (None, "title", True)


@pytest.mark.parametrize("event", [["closed"], ["key", 27], ["key", ord("q")]])
def test_the_user_ends_the_run(event: list[Any], run: Run) -> None:
    run.process.said = [["key", ord("m")], event, ["key", ord("x")]]
    run.process.gone = True  # right afterwards
    assert not run.window.write(view(1))
    assert not run.window.write(view(2))
    assert run.keys == "m"
    assert run.greys == [1]


def test_a_run_goes_on_without_a_window_that_is_lost(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    run.window.write(view(1))
    run.process.gone = True
    with caplog.at_level(logging.WARNING):
        assert all(run.window.write(view(index)) and run.window.idle() for index in (2, 3, 4))
        run.window.entitle("nobody reads it")
        run.window.full_screen()
    assert caplog.messages == ["going on without the window: killed by signal 9"]
    assert run.greys == [1, 2]
    assert run.process.ended
    assert run.window.gone


def test_a_run_of_no_use_without_its_window_ends(run: Run) -> None:
    run.goes_on = False
    run.window.write(view(1))
    run.process.gone = True
    with pytest.raises(SinkError, match="the window is lost: killed by signal 9") as raised:
        run.window.idle()
    assert raised.value.exit_code == ExitCode.SINK


def test_a_run_that_loses_its_last_use_ends_then(run: Run) -> None:
    """As when the recording fails after the window."""
    run.window.write(view(1))
    run.process.gone = True
    assert run.window.idle()
    run.goes_on = False
    with pytest.raises(SinkError, match="the window is lost"):
        run.window.idle()


def test_memory_that_runs_out_later_loses_the_window_only(
    run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    run.window.write(view(1))
    monkeypatch.setattr(run.process, "send", fail)
    with caplog.at_level(logging.WARNING):
        assert run.window.write(view(2))
        assert run.window.idle()
    assert len(caplog.messages) == 1
    assert "Cannot allocate memory" in caplog.messages[0]


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_window_that_never_opened_ends_the_run(goes_on: bool) -> None:
    run = Run(goes_on=goes_on)
    run.process.opened = False
    assert run.window.write(view(1))
    run.process.silent = OPENING - 1
    assert run.window.idle()
    run.process.gone, run.process.silent = True, 0.0
    with pytest.raises(SinkError, match="no window can be opened: killed") as raised:
        run.window.idle()
    assert raised.value.hint == "use --headless"
    run.window.close(Ending.FAILED)


def test_a_process_that_cannot_be_started_is_a_window_that_cannot_be_opened() -> None:
    def start() -> WindowProcess:
        raise OSError(24, "Too many open files")

    with pytest.raises(SinkError, match="Too many open files"):
        Window("title", lambda _: None, start=start).show(image())


def test_one_that_takes_no_picture_is_told_of_once_and_may_come_back(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    run.window.write(view(1))
    run.process.room = 0
    with caplog.at_level(logging.WARNING):
        for silence in (PATIENCE - 1, PATIENCE + 1, PATIENCE + 2):
            run.process.silent = silence
            assert run.window.write(view(int(silence)))
        run.process.room, run.process.silent = 1, 0.0
        assert run.window.write(view(50))
    assert run.greys == [1, 50]
    assert len(caplog.messages) == 1
    assert "does not answer" in caplog.messages[0]


def test_one_that_takes_no_picture_ends_a_run_of_no_use_without(run: Run) -> None:
    run.goes_on = False
    run.process.silent = PATIENCE - 1
    assert run.window.write(view(1))
    run.process.silent = PATIENCE + 1
    with pytest.raises(SinkError, match="does not answer"):
        run.window.write(view(2))


def test_closing_it_ends_the_process_and_nothing_comes_after(run: Run) -> None:
    run.window.write(view(1))
    run.window.close(Ending.USER)
    run.window.close(Ending.USER)
    assert run.process.ended == 1
    run.window.show(image(2))
    assert run.greys == [1]
    assert not run.window.idle()


def test_nothing_is_started_to_be_closed() -> None:
    run = Run()
    run.window.close(Ending.FAILED)
    assert not run.process.ended
