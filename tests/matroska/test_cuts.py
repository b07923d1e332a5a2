"""However a file was cut or damaged, what is whole of it is read, and nothing else."""

import os
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import pytest

from livesegment.matroska import ebml
from livesegment.matroska.ebml import MatroskaError
from livesegment.matroska.mend import mend
from livesegment.matroska.reader import MatroskaReader
from tests.matroska.films import SIZE, encode, ends, moving, packets, write_film

pytestmark = pytest.mark.wheel

Film: TypeAlias = Callable[[Path], None]
"""Writes one."""


def _ours(*, gop: int, close: bool) -> Film:
    def write(path: Path) -> None:
        write_film(path, 24, step=200, gop=gop, close=close)

    return write


def _opencv(fourcc: str) -> Film:
    def write(path: Path) -> None:
        code = cv2.VideoWriter.fourcc(*fourcc)  # noqa: TID251 -- what others write
        writer: Any = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, 25.0, SIZE)  # noqa: TID251
        for picture in moving(40):
            writer.write(picture)
        writer.release()

    return write


def _ffmpeg(codec: str, **options: str) -> Film:
    def write(path: Path) -> None:
        pytest.importorskip("av", reason="PyAV is not installed")
        encode(path, codec, **options)

    return write


FILMS = {
    "ours": _ours(gop=5, close=True),
    "ours, growing": _ours(gop=5, close=False),
    "ours, key frames alone": _ours(gop=1, close=True),
    "OpenCV mp4v": _opencv("mp4v"),
    "OpenCV MJPG": _opencv("MJPG"),
    "FFmpeg h264": _ffmpeg("libx264", cluster_time_limit="400"),
    "FFmpeg mpeg4, index in front": _ffmpeg("mpeg4", reserve_index_space="2000"),
    "FFmpeg mjpeg, sent live": _ffmpeg("mjpeg", live="1", cluster_time_limit="200"),
}


@pytest.fixture(params=FILMS)
def film(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    FILMS[request.param](tmp_path / "film.mkv")
    return tmp_path / "film.mkv"


def _lengths(film: Path) -> Iterator[int]:
    """At which to cut, descending: all of a small file, else the beginning, edges and a sample."""
    length = film.stat().st_size
    chosen = set(range(min(length, 4000))) | {length}
    for end, block in ends(film):
        chosen |= set(range(block.offset - 4, block.offset + 14)) | set(range(end - 2, end + 3))
    chosen |= set(np.random.default_rng(7).integers(0, length, 1000).tolist())
    yield from sorted((cut for cut in chosen if cut <= length), reverse=True)


def test_a_film_cut_anywhere_gives_the_packets_that_are_whole(film: Path) -> None:
    blocks = ends(film)
    assert len(blocks) >= 24
    described = True
    for length in _lengths(film):
        os.truncate(film, length)
        whole = [block for end, block in blocks if end <= length]
        try:
            reader = MatroskaReader(film)
        except MatroskaError:
            described = False
            assert not whole
            continue
        assert described, "a shorter file told more"
        assert list(reader) == whole
    assert not described


def test_garbage_behind_a_film_is_not_read(film: Path) -> None:
    content, before = film.read_bytes(), list(MatroskaReader(film))
    rng = np.random.default_rng(9)
    garbage = [bytes(5000), b"\xff" * 5000, *(rng.bytes(3000) for _ in range(50))]
    for tail in garbage:
        film.write_bytes(content + tail)
        reader = MatroskaReader(film)
        assert list(reader) == before
        assert not reader.whole
        assert 0 < reader.lost_bytes <= len(tail)


def test_zeros_behind_a_cut_are_not_read(film: Path) -> None:
    content, blocks = film.read_bytes(), ends(film)
    for end, block in blocks[10:]:
        film.write_bytes(content[: block.offset] + bytes(5000))
        assert list(MatroskaReader(film)) == [b for e, b in blocks if e < end]


def _flip(data: bytearray, place: int, bit: int) -> None:
    data[place] ^= 1 << bit


def test_flipped_bytes_are_at_worst_an_error(film: Path) -> None:
    content = film.read_bytes()
    rng = np.random.default_rng(11)
    places = [0, 0, *(block.offset for block in MatroskaReader(film))]
    for turn in range(300):
        damaged = bytearray(content)
        for place in rng.integers(0, len(content), 1 + turn % 4).tolist():
            near = int(rng.choice(places)) + place % 300  # where more than pictures is to be hit
            _flip(damaged, min(near, len(content) - 1) if turn % 2 else place, int(rng.integers(8)))
        film.write_bytes(damaged)
        try:
            reader = MatroskaReader(film)
        except MatroskaError:
            continue
        assert reader.whole in {True, False}
        blocks = list(reader)
        assert sum(len(block.data) for block in blocks) < len(content)
        assert all(block.ms >= 0 for block in blocks)


def test_damaged_films_are_mended_or_said_to_be_beyond_it(film: Path) -> None:
    content = film.read_bytes()
    rng = np.random.default_rng(13)
    for _ in range(150):
        damaged = bytearray(content[: int(rng.integers(len(content) // 2, len(content)))])
        for place in rng.integers(0, len(damaged), rng.integers(4)).tolist():
            _flip(damaged, place, int(rng.integers(8)))
        film.write_bytes(damaged)
        try:
            mended = mend(film, film.with_name("whole.mkv"))
        except MatroskaError:
            continue
        assert MatroskaReader(film.with_name("whole.mkv")).whole
        assert packets(film.with_name("whole.mkv")) == packets(film)
        assert 0 <= mended.lost_bytes <= len(damaged)


@pytest.mark.parametrize("name", [ebml.SIMPLE_BLOCK, ebml.BLOCK_GROUP, ebml.VOID, ebml.TIMESTAMP])
def test_no_length_is_believed_beyond_the_end_of_the_file(name: bytes, tmp_path: Path) -> None:
    written = write_film(tmp_path / "film.mkv", 10, close=False)
    with (tmp_path / "film.mkv").open("ab") as file:
        file.write(name + ebml.size_field(1 << 40) + b"data")
    tracemalloc.start()
    try:
        assert len(list(MatroskaReader(tmp_path / "film.mkv"))) == len(written)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
