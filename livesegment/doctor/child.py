"""Questions that may crash or hang what answers them, so a child process does.

A driver, a damaged library or Qt without a display can end the process that touches it, and no
exception is raised that could be caught.
"""

import json
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

from livesegment import child
from livesegment.errors import LiveSegmentError, one_line

Facts: TypeAlias = dict[str, Any]
"""An answer: what JSON can hold."""
Ask: TypeAlias = Callable[..., Facts]
"""`ask`, or what stands in for it."""

SECONDS = 60.0
"""An answer that takes longer does not come."""


class NoAnswerError(Exception):
    """The child crashed, hung, or raised an error; the message says which, in half a sentence."""

    def __init__(self, message: str, *, kind: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        """The class of the error it raised; empty after a crash or a hang."""
        self.hint = hint


def ask(question: str, *arguments: str, seconds: float = SECONDS) -> Facts:
    """Have a function of this package called in a process of its own.

    Args:
        question: MODULE:FUNCTION, as "display:open_window".
        arguments: of the function.
        seconds: it is ended after so many.

    Raises:
        NoAnswerError: there is none, or another than could be read.
    """
    try:
        answer = child.ask(__name__, question, *arguments, seconds=seconds)
    except TimeoutError as error:
        raise NoAnswerError(str(error)) from None
    except OSError as error:
        raise NoAnswerError(f"could not be asked: {error.strerror or error}") from error
    if answer.status < 0:
        raise NoAnswerError(f"crashed ({signal.Signals(-answer.status).name})")
    try:
        said = json.loads(answer.text)
        if answer.status == 0:
            return dict(said["facts"])
        message, kind, hint = said["message"], said["kind"], said["hint"]
    except (ValueError, KeyError, TypeError):
        raise NoAnswerError(f"ended without an answer (status {answer.status})") from None
    raise NoAnswerError(message, kind=kind, hint=hint)


def main(question: str, *arguments: str) -> int:
    """Answer in this process, as one line of JSON on standard output."""
    module, _, function = question.partition(":")
    answer: Facts
    try:
        found = getattr(import_module(f"livesegment.doctor.{module}"), function)(*arguments)
        answer = {"facts": found}
    except Exception as error:  # noqa: BLE001 -- whatever it is, the parent tells it
        hint = (error.hint or "") if isinstance(error, LiveSegmentError) else ""
        answer = {"message": one_line(error), "kind": type(error).__name__, "hint": hint}
    sys.stdout.write(f"\n{json.dumps(answer)}\n")
    sys.stdout.flush()
    return 0 if "facts" in answer else 1
