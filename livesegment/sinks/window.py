"""The window."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import cv2

from livesegment.errors import SinkError
from livesegment.frame import Image
from livesegment.sinks.base import Ending, View

ESCAPE = 27
NAMED_KEYS = {9: "\t", 65289: "\t", 10: "\n", 13: "\n", 65293: "\n", 65421: "\n"}
"""Tab and both Enters, by Qt and by GTK."""
FONTS = ("/usr/share/fonts/truetype/dejavu", "/usr/share/fonts")
CLICKS = (cv2.EVENT_LBUTTONDOWN, cv2.EVENT_LBUTTONDBLCLK)
F11 = 65480
"""`cv2.waitKeyEx` under X."""
LARGEST = (1600, 900)
"""(width, height); larger pictures start in a smaller window, which can be enlarged."""


class Window:
    """Shows the picture and hands keys on; ESC, q and the X end the run. See `Sink`.

    Everything here runs in the main thread: OpenCV's windows work in no other beside it.
    """

    stage = "show"

    def __init__(
        self,
        title: str,
        on_key: Callable[[str], None],
        on_click: Callable[[int, int, bool], None] | None = None,
    ) -> None:
        """Nothing is opened before there is a picture.

        Args:
            title: of the window.
            on_key: called with each key that does not end the run.
            on_click: called with x and y, in pixels of the picture, and whether it was a double
                click, the first of which came as a single one already.
        """
        self._title = title
        self._on_key = on_key
        self._on_click = on_click
        self._open = False
        self._closed = False
        self._size: tuple[int, int] | None = None
        self._full_screen = False

    def write(self, view: View) -> bool:
        """Show one view; see `Sink.write`."""
        if self._closed or (self._open and not self._visible()):
            return False
        self.show(view.screen)
        return self._keys()

    def show(self, image: Image) -> None:
        """Show a picture, opening the window for the first.

        Raises:
            SinkError: it cannot be shown, as by an OpenCV that was built without windows.
        """
        try:
            self._show(image)
        except cv2.error as error:
            raise SinkError(
                f"no window can be opened: {error.err}", hint="use --headless"
            ) from error

    def _show(self, image: Image) -> None:
        height, width = image.shape[:2]
        if not self._open:
            _prepare_qt()
            cv2.namedWindow(
                self._title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL
            )
            self._open = True
            if self._on_click is not None:
                cv2.setMouseCallback(self._title, self._mouse)
        if self._size != (width, height):
            self._size = (width, height)
            ratio = min(1.0, LARGEST[0] / width, LARGEST[1] / height)
            cv2.resizeWindow(
                self._title, max(160, int(width * ratio)), max(90, int(height * ratio))
            )
        cv2.imshow(self._title, image)

    def idle(self, remade: View | None = None) -> bool:
        """Answer the user while no frame comes; see `Sink.idle`."""
        if self._closed or (self._open and not self._visible()):
            return False
        if remade is not None:
            self.show(remade.screen)
        return self._keys() if self._open else True

    def entitle(self, title: str) -> None:
        """Write something else above the window, if it is open."""
        if self._open and not self._closed:
            with suppress(cv2.error):  # an OpenCV whose windows have no titles
                cv2.setWindowTitle(self._title, title)

    def full_screen(self) -> None:
        """Fill the screen, or go back."""
        self._full_screen = not self._full_screen
        mode = cv2.WINDOW_FULLSCREEN if self._full_screen else cv2.WINDOW_NORMAL
        cv2.setWindowProperty(self._title, cv2.WND_PROP_FULLSCREEN, mode)

    def close(self, ending: Ending) -> None:
        """Close the window; see `Sink.close`."""
        del ending
        if self._open and not self._closed:
            self._closed = True
            try:
                cv2.destroyWindow(self._title)
                cv2.waitKey(1)
            except cv2.error:
                return  # the user was quicker

    def _visible(self) -> bool:
        """Whether the user has not closed the window; asked before `imshow` would reopen it."""
        try:
            return cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) > 0
        except cv2.error:  # raised once the last window is gone
            return False

    def _mouse(self, event: int, x: int, y: int, flags: int, data: object) -> None:
        """Called by OpenCV while keys are asked for."""
        del flags, data
        if self._on_click is not None and event in CLICKS:
            self._on_click(x, y, event == cv2.EVENT_LBUTTONDBLCLK)

    def _keys(self) -> bool:
        """Handle the keys pressed since last time; False if one of them ends the run."""
        while (code := cv2.waitKeyEx(1)) != -1:
            if code == F11:
                self.full_screen()
                continue
            if code & 0xFF == ESCAPE or code & 0xFF == ord("q"):
                return False
            if code in NAMED_KEYS:
                self._on_key(NAMED_KEYS[code])
            elif 32 <= code < 127:
                self._on_key(chr(code))
        return True


def _prepare_qt() -> None:
    """Keep Qt from ending the program, and from warnings ten lines long, at its first window.

    The wheels have the platform xcb and no other: one that a Wayland desktop asks all programs to
    use, Qt aborts for. OpenCV 5 left out the fonts.
    """
    if not sys.platform.startswith("linux"):
        return
    if os.environ.get("QT_QPA_PLATFORM"):
        os.environ["QT_QPA_PLATFORM"] = "xcb"
    if not (Path(cv2.__file__).parent / "qt" / "fonts").is_dir():
        there = next((folder for folder in FONTS if Path(folder).is_dir()), None)
        if there:
            os.environ["QT_QPA_FONTDIR"] = there
        else:
            os.environ.setdefault("QT_LOGGING_RULES", "*.warning=false")
