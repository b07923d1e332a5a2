"""The process that has the window: OpenCV's, and nothing that could be lost with it.

A display that goes takes every process along that has a window on it, and one that stops answering
holds them; see `WindowProcess` for the other side. Lines of JSON come on standard input, each with
a picture to show or with what else changed; each is answered. What the user does goes out between.
Its end is the end of the input, whatever else it is held by then.
"""

import ctypes
import json
import mmap
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TypeAlias

import cv2

from livesegment.errors import SinkError, one_line
from livesegment.frame import Image
from livesegment.sinks.shared_pictures import SLOTS, attach, picture
from livesegment.sinks.window_events import WindowEvent, encode
from livesegment.threads.mailbox import Mailbox, WhenFull
from livesegment.threads.worker import Worker

Say: TypeAlias = Callable[..., None]
"""Called with a `WindowEvent` and its values."""

LARGEST = (1600, 900)
"""(width, height); larger pictures start in a smaller window, which can be enlarged."""
TICK = 0.02
"""Seconds between two looks at the user while no picture comes."""
FONTS = ("/usr/share/fonts/truetype/dejavu", "/usr/share/fonts")
CLICKS = (cv2.EVENT_LBUTTONDOWN, cv2.EVENT_LBUTTONDBLCLK)
PR_SET_PDEATHSIG = 1


class Screen:
    """The window, by OpenCV. For the main thread of its process."""

    def __init__(self, title: str, say: Say) -> None:
        """Nothing is opened before there is a picture."""
        self._name = self._title = title
        self._say = say
        self._open = False
        self._size: tuple[int, int] | None = None
        self._full = False

    @property
    def closed(self) -> bool:
        """Whether the user closed it; asked before `imshow` would reopen it."""
        if not self._open:
            return False
        try:
            return cv2.getWindowProperty(self._name, cv2.WND_PROP_VISIBLE) <= 0
        except cv2.error:  # raised once the last window is gone
            return True

    def show(self, image: Image) -> None:
        """Show a picture, opening the window for the first.

        Raises:
            SinkError: it cannot be shown, as by an OpenCV that was built without windows.
        """
        try:
            self._show(image)
        except cv2.error as error:
            raise SinkError(error.err, hint="use --headless") from error

    def _show(self, image: Image) -> None:
        height, width = image.shape[:2]
        if not self._open:
            _prepare_qt()
            cv2.namedWindow(
                self._name, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL
            )
            self._open = True
            cv2.setMouseCallback(self._name, self._mouse)
        if self._size != (width, height):
            self._size = (width, height)
            ratio = min(1.0, LARGEST[0] / width, LARGEST[1] / height)
            cv2.resizeWindow(self._name, max(160, int(width * ratio)), max(90, int(height * ratio)))
        cv2.imshow(self._name, image)

    def arrange(self, title: str, full: bool) -> None:
        """Write this above it, and fill the screen or do not."""
        if self._open and title != self._title:
            self._title = title
            with suppress(cv2.error):  # an OpenCV whose windows have no titles
                cv2.setWindowTitle(self._name, title)
        if self._open and full != self._full:
            self._full = full
            mode = cv2.WINDOW_FULLSCREEN if full else cv2.WINDOW_NORMAL
            cv2.setWindowProperty(self._name, cv2.WND_PROP_FULLSCREEN, mode)

    def answer(self) -> None:
        """Have it drawn, and say what the user did since the last time."""
        while self._open and (code := cv2.waitKeyEx(1)) != -1:
            self._say(WindowEvent.KEY, code)

    def _mouse(self, event: int, x: int, y: int, flags: int, data: object) -> None:
        """Called by OpenCV while keys are asked for."""
        del flags, data
        if event in CLICKS:
            self._say(WindowEvent.CLICK, x, y, event == cv2.EVENT_LBUTTONDBLCLK)


def serve(handle: str, orders: Mailbox[dict[str, Any]], say: Say) -> None:
    """Show what comes until the window is closed.

    Args:
        handle: of the memory in which the pictures are.
        orders: what came on standard input.
        say: tells the other side.
    """
    screen: Screen | None = None
    memory: mmap.mmap | None = None
    size = 0
    while screen is None or not screen.closed:
        order = orders.get(TICK)
        if order is not None:
            screen = screen or Screen(order["title"], say)
            if order["picture"] is not None:
                if memory is None or order["size"] != size:
                    size = order["size"]
                    memory = attach(handle, size)
                screen.show(picture(memory, *order["picture"]))
            screen.arrange(order["title"], order["full"])
        if screen is not None:
            screen.answer()
        if order is not None:
            say(WindowEvent.SHOWN)
    say(WindowEvent.CLOSED)


def _receive(stream: IO[bytes], orders: Mailbox[dict[str, Any]]) -> None:
    """In a thread of its own, as the other one may be held for good."""
    try:
        for line in stream:
            orders.put(json.loads(line))
    finally:
        os._exit(0)


def _say(event: WindowEvent, *values: object) -> None:
    os.write(1, encode(event, *values))


def _prepare_qt() -> None:
    """Keep Qt from ending the process, and from warnings ten lines long, at its first window.

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


def main(handle: str) -> None:
    """Be that process."""
    # Whoever signals a whole group or service means the run, which ends this process in its turn.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if sys.platform == "linux":  # even while it is stopped, and cannot see its input end
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    cv2.setNumThreads(1)  # the cores are the network's
    orders: Mailbox[dict[str, Any]] = Mailbox(SLOTS, WhenFull.WAIT)
    Worker("orders", lambda: _receive(sys.stdin.buffer, orders)).start()
    try:
        serve(handle, orders, _say)
    except Exception as error:  # noqa: BLE001 -- the run says it
        os.write(2, f"{one_line(error)}\n".encode())
    os._exit(0)  # no library is taken down under the thread that reads


if __name__ == "__main__":
    main(sys.argv[1])
