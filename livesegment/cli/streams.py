"""Standard input, output and error of a program whose work depends on none of them."""

import codecs
import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from livesegment.errors import EngineError, SinkError
from livesegment.threads.mailbox import Closed, Mailbox, WhenFull
from livesegment.threads.worker import Worker

QUEUE = 512
"""Pieces of text that may wait for whoever reads standard error."""
GRACE = 1.0
"""Seconds that the last words have to get out."""
LOSSLESS = "livesegment-lossless"
"""Error handler: file names keep their bytes; what the encoding lacks is shown as an escape."""


@contextmanager
def standing() -> Iterator[None]:
    """Let nothing that happens to the standard streams end the program, or hold it up."""
    _fill_closed()
    out, err = sys.stdout, sys.stderr
    if hasattr(out, "reconfigure"):
        out.reconfigure(errors=LOSSLESS)
    words = PatientError(err)
    sys.stdout, sys.stderr = cast("TextIO", Output(out)), cast("TextIO", words)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err
        words.finish()


def _fill_closed() -> None:
    """Open /dev/null where a standard stream is closed: the next file would take its number."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
            os.set_inheritable(null, True)
        if getattr(sys, name) is None:
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


class Output:
    """Standard output, where a full disk is an error for the user; all else as it is."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text; see `io.TextIOBase.write`.

        Raises:
            SinkError: it cannot be written.
            BrokenPipeError: nobody reads it any more.
        """
        with _failing_as_sink():
            return self._stream.write(text)

    def flush(self) -> None:
        """Write what waits; raises as `write` does."""
        with _failing_as_sink():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _failing_as_sink() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise SinkError(f"cannot write to standard output: {error.strerror}") from error


class PatientError(io.TextIOBase):
    """Standard error through a queue and a thread of its own: who writes never waits or fails.

    Where whoever reads is gone, or the disk is full, words are lost and nothing else is. Where
    they stopped reading, the oldest words that wait give way to new ones.
    """

    def __init__(self, stream: TextIO) -> None:
        """Take over from a stream, which nobody else should write to meanwhile."""
        super().__init__()
        self._stream = stream
        self._queue: Mailbox[bytes] = Mailbox(QUEUE, WhenFull.DROP_OLDEST)
        self._worker: Worker | None = Worker("words", self._run)
        try:
            self._worker.start()
        except EngineError:  # no thread can be had: better to wait than to say nothing
            self._worker = None

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """What the stream underneath writes."""
        return self._stream.encoding or "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        """Of the encoding: no letter is an error."""
        return "backslashreplace"

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        with suppress(OSError, ValueError):
            return self._stream.isatty()
        return False

    def fileno(self) -> int:
        """Of the stream underneath."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """It is, always."""
        return True

    def write(self, text: str) -> int:
        """Leave a text for the thread."""
        data = text.encode(self.encoding, self.errors)
        if self._worker is None:
            self._put_out(data)
        else:
            with suppress(Closed):
                self._queue.put(data)
        return len(text)

    def finish(self) -> None:
        """Give the last words a moment to get out, and the thread with them."""
        self._queue.close()
        if self._worker is not None:
            self._worker.stop(GRACE)

    def _run(self) -> None:
        with suppress(Closed):
            while True:
                self._put_out(self._queue.get() or b"")

    def _put_out(self, data: bytes) -> None:
        """Write past the buffers of Python, which keep what could not be written and fail again."""
        buffer = getattr(self._stream, "buffer", None)
        with suppress(OSError, ValueError):
            if buffer is None:  # somebody else's stream, as of a test
                self._stream.write(data.decode(self.encoding))
                return
            raw = getattr(buffer, "raw", buffer)
            while data:
                count = raw.write(data)
                if count is None:  # some other program has it not wait
                    select.select([], [raw], [])
                data = data[count or 0 :]


def _lossless(error: UnicodeError) -> tuple[str | bytes, int]:
    """What becomes of a letter that the encoding lacks: a byte of a file name, or an escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letter = error.object[error.start]
    escape = 0xDC80 <= ord(letter) <= 0xDCFF
    shown = bytes([ord(letter) - 0xDC00]) if escape else letter.encode("ascii", "backslashreplace")
    return shown, error.start + 1


codecs.register_error(LOSSLESS, _lossless)
