"""Questions that may crash or hang what answers them, so a child process does.

A driver, a damaged library or Qt without a display can end the process that touches it, and no
exception is raised that could be caught.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

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
    command = [sys.executable, "-m", "livesegment.doctor.child", question, *arguments]
    try:
        child = subprocess.run(  # noqa: S603 -- this program itself
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NoAnswerError(f"gave no answer in {seconds:.0f} s") from None
    if child.returncode < 0:
        raise NoAnswerError(f"crashed ({signal.Signals(-child.returncode).name})")
    try:
        said = json.loads(child.stdout.splitlines()[-1])
        if child.returncode == 0:
            return dict(said["facts"])
        message, kind, hint = said["message"], said["kind"], said["hint"]
    except (IndexError, ValueError, KeyError, TypeError):
        raise NoAnswerError(f"ended without an answer (status {child.returncode})") from None
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


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
