"""Lines that nobody reads are counted, and hold up only what is to wait for them."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from livesegment.errors import SinkError
from livesegment.sinks.base import Ending
from livesegment.sinks.queued_lines import QUEUE, QueuedLines, SourceLines
from livesegment.threads.worker import Worker
from tests.fakes import CEILING, view
from tests.servers.patience import until

LONG = {"text": "x" * 10_000}


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A named pipe."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


@contextmanager
def _read_by(pipe: Path) -> Iterator[int]:
    """Its reading end, which nobody reads yet."""
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield reader
    finally:
        os.close(reader)


def _read_all(reader: int) -> list[bytes]:
    os.set_blocking(reader, True)
    data = b""
    while piece := os.read(reader, 1 << 16):
        data += piece
    return data.splitlines()


def _live(lines: QueuedLines) -> SourceLines:
    return SourceLines(lines, live=True, ended=lambda: False)


def test_a_file_has_all_lines_in_order(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    lines = QueuedLines(str(path), alone=True)
    sink = SourceLines(lines, live=False, ended=lambda: False)
    assert all(sink.write(view(index)) for index in range(3 * QUEUE))
    sink.close(Ending.END_OF_SOURCE)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["frame"] for row in rows] == list(range(3 * QUEUE))
    assert lines.lost == 0


def test_what_is_live_waits_for_no_reader_and_counts_what_it_lost(pipe: Path) -> None:
    with _read_by(pipe) as reader:
        lines = QueuedLines(str(pipe), alone=True)
        for index in range(10 * QUEUE):
            assert _live(lines).write(view(index))
        lost = lines.lost
        assert lost > 0
        end = Worker("test-close", lambda: lines.close(Ending.USER))
        end.start()
        read = _read_all(reader)
        assert end.stop(CEILING)
        assert len(read) + lines.lost == 10 * QUEUE
        assert all(json.loads(line) for line in read)


def test_a_film_waits_for_a_slow_reader(pipe: Path) -> None:
    def play() -> None:
        sink = SourceLines(lines, live=False, ended=lambda: False)
        for index in range(5 * QUEUE):
            sink.write(view(index))
        sink.close(Ending.END_OF_SOURCE)

    with _read_by(pipe) as reader:
        lines = QueuedLines(str(pipe), alone=True)
        film = Worker("test-film", play)
        film.start()
        until(lambda: len(lines._queue) == QUEUE)
        read = _read_all(reader)
        assert film.stop(CEILING)
        assert len(read) == 5 * QUEUE
        assert lines.lost == 0


@pytest.mark.parametrize("how", ["ended", "hurried"])
def test_a_run_that_is_told_to_end_waits_for_no_reader(how: str, pipe: Path) -> None:
    told: list[bool] = []

    def play() -> None:
        sink = SourceLines(lines, live=False, ended=lambda: bool(told))
        for index in range(5 * QUEUE):
            sink.write(view(index))
        lines.hurry()
        sink.close(Ending.END_OF_SOURCE)

    with _read_by(pipe):
        lines = QueuedLines(str(pipe), alone=True)
        film = Worker("test-film", play)
        film.start()
        until(lambda: len(lines._queue) == QUEUE)
        if how == "ended":
            told.append(True)
        else:
            lines.hurry()
        assert film.stop(CEILING)
        assert film.error is None
        written = 0 if lines._file is None else lines._file.lines
        assert lines.lost == 5 * QUEUE - written


@pytest.mark.parametrize("alone", [True, False])
def test_a_reader_that_goes_away_ends_a_run_only_where_nothing_else_comes_of_it(
    alone: bool, pipe: Path
) -> None:
    with _read_by(pipe):
        lines = QueuedLines(str(pipe), alone=alone)
        assert lines.tell({"first": 1})
        until(lambda: lines._file is not None and lines._file.lines)
    sink = _live(lines)
    until(lambda: not sink.write(view()) if alone else (sink.write(view()) and lines._over))
    assert sink.idle() is not alone
    sink.close(Ending.USER)
    assert lines.lost > 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("alone", [True, False])
def test_a_full_disk_is_an_error_at_once_or_at_the_end(alone: bool) -> None:
    lines = QueuedLines("/dev/full", alone=alone)
    sink = _live(lines)
    sink._lines._queue.put("{}")
    until(lambda: lines._over)
    if alone:
        with pytest.raises(SinkError, match="No space left"):
            sink.write(view())
    else:
        assert sink.write(view())
        assert sink.idle()
    with pytest.raises(SinkError, match="No space left"):
        sink.close(Ending.END_OF_SOURCE)
    sink.close(Ending.END_OF_SOURCE)


def test_a_pipe_that_nobody_opens_holds_up_nothing(pipe: Path) -> None:
    lines = QueuedLines(str(pipe), alone=False)
    for _ in range(2 * QUEUE):
        assert lines.tell(LONG)
    lines.close(Ending.USER)
    assert lines.lost == 2 * QUEUE
    with _read_by(pipe):  # lets the thread that opens it go
        assert lines._worker.stop(CEILING)


def test_a_shared_file_outlives_each_of_its_sources(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    lines = QueuedLines(str(path), alone=True)
    for name in ("door", "yard"):
        sink = SourceLines(lines, live=True, ended=lambda: False, name=name)
        sink.write(view())
        sink.close(Ending.END_OF_SOURCE)
    lines.close(Ending.USER)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["source"] for row in rows] == ["door", "yard"]
