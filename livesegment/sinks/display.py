"""Whether a window can be opened, found out without opening one.

Without a display OpenCV's Qt aborts the whole process at the first window; no exception is raised
that could be caught. So X is asked first, through the library that OpenCV itself links.
"""

import ctypes
import sys

from livesegment.threads.worker import Worker

LIBRARIES = ("libxcb.so.1", "libSM.so.6", "libXext.so.6")
"""Needed for a window on Linux; with one missing, OpenCV imports but its first window aborts."""
PATIENCE = 5.0
"""Seconds that a display has to answer: one that hangs would hold its caller for good."""
PACKAGES = "apt-get install libgl1 libglib2.0-0 libsm6 libxext6 libxcb1 libx11-6"


def why_no_window() -> str | None:
    """What keeps a window from opening, in a phrase; None where nothing does."""
    if not sys.platform.startswith("linux"):
        return None
    for library in LIBRARIES:
        try:
            ctypes.CDLL(library)
        except OSError:
            return f"{library} is missing (Debian: {PACKAGES})"
    failed: list[bool] = []
    asking = Worker("display", lambda: failed.append(_refuses()))
    asking.start()
    if not asking.stop(PATIENCE):
        return "the display ($DISPLAY) does not answer"
    return "there is no display ($DISPLAY)" if failed[0] else None


def _refuses() -> bool:
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    failed: bool = xcb.xcb_connection_has_error(connection) != 0
    xcb.xcb_disconnect(connection)
    return failed
