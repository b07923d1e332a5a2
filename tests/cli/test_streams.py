"""Standard streams that are closed, full or read by nobody cost their own words only."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from livesegment.cli.streams import LOSSLESS, QUEUE, Output, PatientError
from livesegment.errors import SinkError
from tests.servers.patience import until

NEEDS_FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


@contextmanager
def full_pipe() -> Iterator[tuple[int, int]]:
    """Both ends of a pipe that takes no more."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 1024)
    except BlockingIOError:
        os.set_blocking(writer, True)
    try:
        yield reader, writer
    finally:
        os.close(reader)
        os.close(writer)


def _text(number: int) -> io.TextIOWrapper:
    return open(number, "w", encoding="utf-8", closefd=False)


def test_what_is_written_arrives_in_order() -> None:
    reader, writer = os.pipe()
    words = PatientError(_text(writer))
    for number in range(100):
        words.write(f"{number} \N{SNOWMAN}\n")
    words.finish()
    os.close(writer)
    with open(reader, encoding="utf-8") as stream:  # noqa: PTH123
        assert stream.read().splitlines() == [f"{number} \N{SNOWMAN}" for number in range(100)]


def test_a_reader_that_does_not_read_makes_nobody_wait() -> None:
    with full_pipe() as (reader, writer):
        words = PatientError(_text(writer))
        for _ in range(3 * QUEUE):
            words.write("y" * 100)
        assert len(words._queue) <= QUEUE
        words.finish()
        worker = words._worker
        assert worker is not None
        assert worker.is_alive(), "it waits for the reader, and nobody for it"
        words._queue.close(discard=True)
        os.set_blocking(reader, False)

        def emptied() -> bool:
            try:
                os.read(reader, 1 << 16)
            except BlockingIOError:
                return not worker.is_alive()
            return False

        until(emptied)


def test_somebody_elses_flag_on_a_pipe_loses_nothing() -> None:
    """O_NONBLOCK belongs to the open file, which other programs share."""
    with full_pipe() as (reader, writer):
        os.set_blocking(writer, False)
        words = PatientError(_text(writer))
        words.write("last")
        seen = b""

        def come() -> bool:
            nonlocal seen
            seen = (seen + os.read(reader, 1 << 16))[-4:]
            return seen == b"last"

        until(come)
        words.finish()


@NEEDS_FULL
@pytest.mark.parametrize("target", ["gone", "/dev/full", "closed"])
def test_words_that_go_nowhere_are_no_error(target: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with Path("/dev/full").open("wb", buffering=0) as full:
        stream = _text(full.fileno() if target == "/dev/full" else writer)
        if target == "closed":
            stream.close()
        words = PatientError(stream)
        assert not words.isatty()
        words.write("a" * 100_000)
        words.flush()
        words.finish()
        assert words._worker is not None
        assert words._worker.error is None
    os.close(writer)


@NEEDS_FULL
def test_output_that_cannot_be_written_is_an_error() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        output = Output(_text(full.fileno()))
        output.write("a")
        with pytest.raises(SinkError, match="standard output: No space left"):
            output.flush()
        with pytest.raises(SinkError):
            output.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())
        output.flush()


@pytest.mark.parametrize(
    ("text", "encoding", "written"),
    [
        ("a\udcffé", "utf-8", b"a\xff\xc3\xa9"),
        ("a\udcffé", "ascii", b"a\xff\\xe9"),
        ("\ud800", "utf-8", b"\\ud800"),
    ],
)
def test_file_names_keep_their_bytes(text: str, encoding: str, written: bytes) -> None:
    assert text.encode(encoding, LOSSLESS) == written
