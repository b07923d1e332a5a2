"""A program with a window, for test_window.py: says on stdout what happens to it."""

import logging
import sys
import time

from livesegment.sinks.base import Ending
from livesegment.sinks.display import why_no_window
from livesegment.sinks.window import Window
from tests.fakes import view

SECONDS = 20.0
"""After which it gives up."""
SETTLED = 0.7
"""Seconds after which the window manager is done with the window; where it is to be idle, no more
frames come then."""

NAMES = {"\t": "T", "\n": "N"}
"""What would break a line is said as a letter."""


def say(text: str) -> None:
    """Tell the test."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Show frames until the window asks to end."""
    logging.basicConfig(level=logging.INFO)  # what the window's process says, on stderr
    say(why_no_window() or "display")
    window = Window("livesegment - test", lambda key: say(f"key {NAMES.get(key, key)}"))
    begun, index, going, settled = time.monotonic(), 0, True, False
    while going and time.monotonic() < begun + SECONDS:
        if not settled and time.monotonic() > begun + SETTLED:
            settled = True
            say("shown")
        if settled and sys.argv[1] == "idle":
            going = window.idle()
        else:
            going = window.write(view(index % 200))
            index += 1
    say("given up" if going else "ended")
    window.close(Ending.USER)
    window.close(Ending.USER)
    say("closed")


if __name__ == "__main__":
    main()
