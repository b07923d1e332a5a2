"""No password in what the program logs, or says when it breaks down."""

import logging
import sys
import threading
import traceback
from types import TracebackType

from livesegment.cli.console import shown
from livesegment.sources.addresses.url import redact


class Redaction(logging.Filter):
    """Takes passwords out of messages, their arguments and the errors that go with them.

    On a handler, so that no logger comes past it; what it changes, it changes in the record.
    """

    _plain = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Let it through, without passwords."""
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 -- the wrong arguments for a message; they are shown
            message = f"{record.msg} {record.args!r}"
        record.msg, record.args = redact(message), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = self._plain.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


def watch_breakdowns() -> None:
    """Take passwords out of the traceback of an error that nobody catches, in any thread.

    Hooks that somebody else has set for threads and finalisers are left to them.
    """
    sys.excepthook = broken_down
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _thread_broken_down
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _unraisable


def broken_down(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Say what an error is and where it comes from, without passwords."""
    sys.stderr.write(shown(redact("".join(traceback.format_exception(kind, error, trace)))))


def _thread_broken_down(about: threading.ExceptHookArgs) -> None:
    if about.exc_value is not None and about.exc_type is not SystemExit:
        broken_down(about.exc_type, about.exc_value, about.exc_traceback)


def _unraisable(about: "sys.UnraisableHookArgs") -> None:
    if about.exc_value is not None:
        broken_down(about.exc_type, about.exc_value, about.exc_traceback)
