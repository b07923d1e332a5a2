"""Questions that end badly; `livesegment.doctor.child` is made to answer them by tests."""

import os
import signal
import sys
import threading

from livesegment.doctor.child import Facts
from livesegment.errors import EngineError


def echo(*words: str) -> Facts:
    sys.stdout.write("a library prints without a line's end")
    return {"words": list(words)}


def crash() -> Facts:
    os.kill(os.getpid(), signal.SIGSEGV)
    return {}


def hang() -> Facts:
    threading.Event().wait()
    return {}


def vanish() -> Facts:
    os._exit(0)


def refuse() -> Facts:
    raise EngineError("no such\ndevice", hint="use another")


def fail() -> Facts:
    raise ValueError("wrong")
