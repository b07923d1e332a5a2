"""Waiting for what other threads, programs and networks do, without a guess at how long."""

import threading
import time
from collections.abc import Callable

from tests.fakes import CEILING

TICK = 0.01
"""Seconds between two looks."""


def until(condition: Callable[[], object], ceiling: float = CEILING) -> float:
    """Look again and again until something is so.

    Args:
        condition: whether it is.
        ceiling: seconds after which the test has failed.

    Returns:
        Seconds that it took.
    """
    started, never = time.monotonic(), threading.Event()
    while not condition():
        if time.monotonic() - started > ceiling:
            raise AssertionError(f"waited {ceiling:g} s in vain")
        never.wait(TICK)
    return time.monotonic() - started
