"""The window."""

import logging
from collections.abc import Callable

from livesegment.errors import SinkError, one_line
from livesegment.frame import Image
from livesegment.sinks.base import Ending, View
from livesegment.sinks.window_events import WindowEvent
from livesegment.sinks.window_process import WindowProcess

log = logging.getLogger(__name__)

ESCAPE = 27
NAMED_KEYS = {9: "\t", 65289: "\t", 10: "\n", 13: "\n", 65293: "\n", 65421: "\n"}
"""Tab and both Enters, by Qt and by GTK."""
F11 = 65480
"""`cv2.waitKeyEx` under X."""
PATIENCE = 10.0
"""Seconds for which a window may take no picture; some systems hold one while it is dragged."""
OPENING = 30.0
"""Seconds for which the first may take."""


class Window:
    """Shows the picture and hands keys on; ESC, q and the X end the run. See `Sink`.

    The window is in a process of its own, and nothing here waits for it: a display that is lost,
    or stops answering, takes the picture away and nothing else. While the process is behind, the
    newest picture waits here for the next call.
    """

    stage = "show"

    def __init__(
        self,
        title: str,
        on_key: Callable[[str], None],
        on_click: Callable[[int, int, bool], None] | None = None,
        *,
        goes_on: Callable[[], bool] = lambda: False,
        start: Callable[[], WindowProcess] = WindowProcess,
    ) -> None:
        """Nothing is opened before there is a picture.

        Args:
            title: of the window.
            on_key: called with each key that does not end the run.
            on_click: called with x and y, in pixels of the picture, and whether it was a double
                click, the first of which came as a single one already.
            goes_on: asked, while there is no window any more or it does not answer, whether the
                run is of use without.
            start: starts the process.
        """
        self._title = title
        self._on_key = on_key
        self._on_click = on_click
        self._goes_on = goes_on
        self._start = start
        self._process: WindowProcess | None = None
        self._waiting: Image | None = None
        self._full_screen = False
        self._arranged = (title, False)
        """What the process knows of title and full screen."""
        self._ended = False
        """By the user, or `close`."""
        self._lost = ""
        """Why there is no window any more."""
        self._said = False

    @property
    def gone(self) -> bool:
        """Whether there will never be a window again."""
        return self._ended or bool(self._lost)

    def write(self, view: View) -> bool:
        """Show one view; see `Sink.write`."""
        self.show(view.screen)
        return self.idle()

    def show(self, image: Image) -> None:
        """Show a picture, opening the window for the first; where it is behind, soon.

        Raises:
            SinkError: it cannot be shown.
        """
        self._waiting = image
        self._hand_over()

    def idle(self, remade: View | None = None) -> bool:
        """Answer the user while no frame comes; see `Sink.idle`.

        Raises:
            SinkError: the window cannot be opened, or is lost and the run of no use without.
        """
        if remade is not None:
            self._waiting = remade.screen
        self._hand_over()
        if self._process is not None and not self._ended:
            self._watch(self._process)
        if self._lost and not self._ended:
            self._without(self._lost)
        return not self._ended

    def entitle(self, title: str) -> None:
        """Write something else above the window."""
        self._title = title
        self._hand_over()

    def full_screen(self) -> None:
        """Fill the screen, or go back."""
        self._full_screen = not self._full_screen
        self._hand_over()

    def close(self, ending: Ending) -> None:
        """Close the window; see `Sink.close`."""
        del ending
        self._ended = True
        self._let_go()

    def _hand_over(self) -> None:
        """Give the process what it does not have yet, if it can take it.

        It is started before there is a picture: it has then done so when the first one comes.
        """
        if self.gone:
            return
        try:
            process = self._process = self._process or self._start()
        except OSError as error:
            raise _unopened(one_line(error)) from error
        arranged = self._title, self._full_screen
        news = self._waiting is not None or (process.opened and arranged != self._arranged)
        if not news or not process.ready(self._waiting):
            return
        image, self._waiting, self._arranged = self._waiting, None, arranged
        try:
            process.send(image, self._title, full=self._full_screen)
        except OSError as error:
            self._lose(process, one_line(error))

    def _watch(self, process: WindowProcess) -> None:
        """See what the user did, and whether there still is a window."""
        gone = process.gone  # asked first: nothing is said after that
        for name, *values in process.events():
            if name == WindowEvent.CLOSED or (name == WindowEvent.KEY and not self._key(values[0])):
                self._ended = True
                return
            if name == WindowEvent.CLICK and self._on_click is not None:
                self._on_click(*values)
        if gone:
            process.end()
            self._lose(process, process.reason)
        elif process.silence() > (PATIENCE if process.opened else OPENING):
            self._without("the display does not answer")

    def _lose(self, process: WindowProcess, why: str) -> None:
        if not process.opened:
            raise _unopened(why)
        self._lost = why
        self._let_go()

    def _without(self, why: str) -> None:
        """Go on without, said once; or do not."""
        if not self._goes_on():
            raise SinkError(
                f"the window is lost: {why}",
                hint="with --record or --jsonl a run goes on without its window",
            )
        if not self._said:
            self._said = True
            log.warning("going on without the window: %s", why)

    def _let_go(self) -> None:
        process, self._process, self._waiting = self._process, None, None
        if process is not None:
            process.end()

    def _key(self, code: int) -> bool:
        """Do what a key is for; False if it ends the run."""
        if code == F11:
            self.full_screen()
        elif code & 0xFF in {ESCAPE, ord("q")}:
            return False
        elif code in NAMED_KEYS:
            self._on_key(NAMED_KEYS[code])
        elif 32 <= code < 127:
            self._on_key(chr(code))
        return True


def _unopened(why: str) -> SinkError:
    return SinkError(f"no window can be opened: {why}", hint="use --headless")
