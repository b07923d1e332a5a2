"""A disk that fills up costs one packet, and the file can be finished all the same."""

import errno
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from livesegment.matroska.mend import mend
from livesegment.matroska.reader import MatroskaReader
from livesegment.matroska.writer import MatroskaWriter, Track
from tests.matroska.films import TRACK, packets, write_film

resource: Any = pytest.importorskip("resource", reason="not on this system")

LIMIT = 20_000
"""Bytes that fit."""
SIZE = 700
"""Of a packet."""


@contextmanager
def _no_file_longer_than(limit: int) -> Iterator[None]:
    """The system takes a part of what goes beyond, then refuses, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def _fill(path: Path, track: Track = TRACK) -> MatroskaWriter:
    """Write until nothing more fits."""
    writer = MatroskaWriter(path, track)
    with _no_file_longer_than(LIMIT), pytest.raises(OSError, match="too large") as caught:
        _write_on(writer)
    assert caught.value.errno == errno.EFBIG
    return writer


def _write_on(writer: MatroskaWriter) -> None:
    for index in range(100):
        writer.write(bytes([index]) * SIZE, 40 * index, key=True)


def test_the_packet_that_did_not_fit_is_cut_off(tmp_path: Path) -> None:
    writer = _fill(tmp_path / "film.mkv")
    assert LIMIT - SIZE < writer.path.stat().st_size == writer.bytes <= LIMIT
    reader = MatroskaReader(writer.path)
    assert len(list(reader)) == writer.frames
    assert reader.lost_bytes == 0
    writer.close()


@pytest.mark.parametrize("fps", [25.0, None])
def test_the_file_says_how_long_it_is_though_the_index_does_not_fit(
    fps: float | None, tmp_path: Path
) -> None:
    writer = _fill(tmp_path / "film.mkv", Track("V_MJPEG", (64, 48), fps=fps))
    with _no_file_longer_than(writer.bytes + 5):
        writer.close()
    reader = MatroskaReader(writer.path)
    assert reader.duration_ms == 40 * writer.frames
    assert len(list(reader)) == writer.frames
    assert not reader.whole
    assert reader.lost_bytes == 0


def test_the_index_is_written_where_it_fits(tmp_path: Path) -> None:
    writer = _fill(tmp_path / "film.mkv")
    writer.close()
    assert MatroskaReader(writer.path).whole


def test_writing_can_go_on_once_there_is_room_again(tmp_path: Path) -> None:
    writer = _fill(tmp_path / "film.mkv")
    frames = writer.frames
    writer.write(b"after", 40 * frames, key=True)
    writer.write(b"much later", 100_000, key=True)
    with _no_file_longer_than(writer.bytes + 3), pytest.raises(OSError, match="too large"):
        writer.write(b"in a new cluster", 200_000, key=False)
    writer.write(b"last", 100_001, key=False)
    growing = packets(writer.path)
    writer.close()
    assert MatroskaReader(writer.path).whole
    assert packets(writer.path) == growing
    assert [data for data, _, _ in growing[-3:]] == [b"after", b"much later", b"last"]


def test_a_header_that_does_not_fit_leaves_no_file(tmp_path: Path) -> None:
    with _no_file_longer_than(100), pytest.raises(OSError, match="too large"):
        MatroskaWriter(tmp_path / "film.mkv", TRACK)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("room", [50, 500, -1])
def test_a_film_that_cannot_be_mended_for_want_of_room_leaves_nothing(
    room: int, tmp_path: Path
) -> None:
    write_film(tmp_path / "cut.mkv", 60, close=False)
    mend(tmp_path / "cut.mkv", tmp_path / "whole.mkv")
    needed = (tmp_path / "whole.mkv").stat().st_size
    (tmp_path / "whole.mkv").unlink()
    with _no_file_longer_than(needed + room if room < 0 else room), pytest.raises(OSError):  # noqa: PT011
        mend(tmp_path / "cut.mkv", tmp_path / "whole.mkv")
    assert [path.name for path in tmp_path.iterdir()] == ["cut.mkv"]
