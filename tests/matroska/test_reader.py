"""Files are read while they grow, after they were cut, and by whomever they were written."""

from pathlib import Path

from livesegment.matroska import ebml
from livesegment.matroska.reader import MatroskaReader
from livesegment.matroska.writer import MatroskaWriter
from tests.matroska.films import TRACK, write_film


def test_a_growing_file_is_read_as_long_as_it_is_each_time(tmp_path: Path) -> None:
    writer = MatroskaWriter(tmp_path / "film.mkv", TRACK)
    reader = MatroskaReader(tmp_path / "film.mkv")
    assert list(reader) == []
    writer.write(b"first", 0, key=True)
    assert [block.data for block in reader] == [b"first"]
    writer.write(b"second", 40, key=False)
    assert [block.data for block in reader] == [b"first", b"second"]
    writer.close()


def test_what_is_left_over_is_counted(tmp_path: Path) -> None:
    written = write_film(tmp_path / "film.mkv", 10, close=False)
    content = (tmp_path / "film.mkv").read_bytes()
    (tmp_path / "film.mkv").write_bytes(content[: written[-1].end - 3])
    reader = MatroskaReader(tmp_path / "film.mkv")
    assert len(list(reader)) == 9
    assert reader.lost_bytes == written[-1].end - 3 - written[-2].end


def test_nothing_is_left_over_of_a_whole_file(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mkv", 10)
    reader = MatroskaReader(tmp_path / "film.mkv")
    assert len(list(reader)) == 10
    assert reader.lost_bytes == 0


def test_a_block_says_where_it_is(tmp_path: Path) -> None:
    written = write_film(tmp_path / "film.mkv", 10)
    content = (tmp_path / "film.mkv").read_bytes()
    for block, packet in zip(MatroskaReader(tmp_path / "film.mkv"), written, strict=True):
        assert content[block.offset : block.offset + 1] == ebml.SIMPLE_BLOCK
        assert content[block.offset : packet.end].endswith(packet.data)


def test_a_whole_file_that_is_cut_is_not_whole(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mkv", 10)
    content = (tmp_path / "film.mkv").read_bytes()
    (tmp_path / "film.mkv").write_bytes(content[:-1])
    assert not MatroskaReader(tmp_path / "film.mkv").whole


def test_a_film_is_whole_only_with_an_index(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mkv", 10)
    content = (tmp_path / "film.mkv").read_bytes()
    head, _, tail = content.rpartition(ebml.CUES)
    (tmp_path / "film.mkv").write_bytes(head + ebml.TAGS + tail)
    assert not MatroskaReader(tmp_path / "film.mkv").whole


def test_a_packet_before_any_time_is_garbage(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mkv", 10)
    content = (tmp_path / "film.mkv").read_bytes()
    stamp = ebml.number(ebml.TIMESTAMP, 0)
    (tmp_path / "film.mkv").write_bytes(content.replace(stamp, ebml.void(3)))
    assert list(MatroskaReader(tmp_path / "film.mkv")) == []


def test_laced_pictures_are_not_read(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mkv", 1)
    content = (tmp_path / "film.mkv").read_bytes()
    place = content.index(b"\x81\0\0\x80") + 3
    (tmp_path / "film.mkv").write_bytes(content[:place] + b"\x86" + content[place + 1 :])
    assert list(MatroskaReader(tmp_path / "film.mkv")) == []


def test_reading_half_a_film_leaves_no_file_open(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mkv", 10)
    for block in MatroskaReader(tmp_path / "film.mkv"):
        assert block.ms == 0
        break
    (tmp_path / "film.mkv").unlink()
