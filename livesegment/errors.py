"""What can go wrong, and the exit status each failure ends the command with.

* LiveSegmentError      1   base of all
  * UsageError          2   the command line or a config file asks for something impossible
    * SpecError         2   a model's description is wrong
  * SourceError         3   frames cannot be read
  * ModelError          4   a model is missing, damaged or not what its family expects
  * EngineError         5   the runtime or device is missing, or refused to run
  * SinkError           6   results cannot be shown, recorded or written

A run ended by the user is no error. After SIGINT or SIGTERM the status is 130 or 143, as shells
expect, with every file finished all the same.
"""

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """Exit statuses of the command; documented, so never renumbered."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    SOURCE = 3
    MODEL = 4
    ENGINE = 5
    SINK = 6
    INTERRUPTED = 130
    TERMINATED = 143


class LiveSegmentError(Exception):
    """Base of every error that livesegment raises on purpose.

    The message is written for the person at the keyboard; `hint` says what to type next.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.INTERNAL

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(LiveSegmentError):
    """The command line or a config file asks for something impossible."""

    exit_code = ExitCode.USAGE


class SpecError(UsageError):
    """A model's description is wrong."""


class SourceError(LiveSegmentError):
    """Frames cannot be read."""

    exit_code = ExitCode.SOURCE


class ModelError(LiveSegmentError):
    """A model is missing, damaged or not what its family expects."""

    exit_code = ExitCode.MODEL


class EngineError(LiveSegmentError):
    """The runtime or device is missing, or refused to run."""

    exit_code = ExitCode.ENGINE


class SinkError(LiveSegmentError):
    """Results cannot be shown, recorded or written."""

    exit_code = ExitCode.SINK


def one_line(error: Exception) -> str:
    """A foreign error's message on one line, of a length that can be read."""
    return " ".join(str(error).split())[:300]
