"""What a file says of itself, or why nothing can be made of it."""

import struct
from pathlib import Path

import pytest

from livesegment.matroska import ebml
from livesegment.matroska.ebml import MatroskaError, element, number
from livesegment.matroska.reader import MatroskaReader

KIND = element(ebml.EBML, element(ebml.DOC_TYPE, b"matroska"))
SIDES = number(ebml.PIXEL_WIDTH, 64) + number(ebml.PIXEL_HEIGHT, 48)
VIDEO = (
    number(ebml.TRACK_NUMBER, 2)
    + number(ebml.TRACK_TYPE, 1)
    + element(ebml.CODEC_ID, b"V_MJPEG")
    + element(ebml.VIDEO, SIDES)
)
AUDIO = number(ebml.TRACK_NUMBER, 1) + number(ebml.TRACK_TYPE, 2)


def _file(
    path: Path, *entries: bytes, kind: bytes = KIND, info: bytes = b"", after: bytes = b""
) -> Path:
    tracks = b"".join(element(ebml.TRACK_ENTRY, entry) for entry in entries)
    content = element(ebml.INFO, info) + element(ebml.TRACKS, tracks) + after
    path.write_bytes(kind + element(ebml.SEGMENT, content))
    return path


def test_the_first_video_track_is_read(tmp_path: Path) -> None:
    reader = MatroskaReader(_file(tmp_path / "film.mkv", AUDIO, VIDEO))
    assert (reader.track.codec_id, reader.track.size) == ("V_MJPEG", (64, 48))
    assert reader.track.fps is None
    assert reader.duration_ms is None
    assert list(reader) == []


def test_packets_of_other_tracks_are_passed_over(tmp_path: Path) -> None:
    blocks = [b"\x81\0\0\x06laced sound", b"\x82\0\0\x80first", b"\x82\0\x28\0second"]
    cluster = number(ebml.TIMESTAMP, 100) + b"".join(element(ebml.SIMPLE_BLOCK, b) for b in blocks)
    after = element(ebml.CLUSTER, cluster)
    reader = MatroskaReader(_file(tmp_path / "film.mkv", AUDIO, VIDEO, after=after))
    assert [(b.data, b.ms, b.key) for b in reader] == [
        (b"first", 100, True),
        (b"second", 140, False),
    ]


def test_groups_around_blocks_are_read(tmp_path: Path) -> None:
    first = element(ebml.BLOCK, b"\x82\0\0\0first")
    second = element(ebml.BLOCK, b"\x82\0\x28\0second") + number(ebml.REFERENCE_BLOCK, 40)
    groups = element(ebml.BLOCK_GROUP, first) + element(ebml.BLOCK_GROUP, second)
    after = element(ebml.CLUSTER, number(ebml.TIMESTAMP, 100) + groups)
    reader = MatroskaReader(_file(tmp_path / "film.mkv", VIDEO, after=after))
    assert [(b.data, b.ms, b.key) for b in reader] == [
        (b"first", 100, True),
        (b"second", 140, False),
    ]


@pytest.mark.parametrize(("scale", "ms"), [(1_000_000, 140), (100_000, 14), (333_333, 47)])
def test_times_are_milliseconds_whatever_the_file_counts_in(
    scale: int, ms: int, tmp_path: Path
) -> None:
    block = element(ebml.SIMPLE_BLOCK, b"\x82\0\x28\x80data")
    info = number(ebml.TIMESTAMP_SCALE, scale) + element(ebml.DURATION, struct.pack(">f", 1000))
    after = element(ebml.CLUSTER, number(ebml.TIMESTAMP, 100) + block)
    reader = MatroskaReader(_file(tmp_path / "film.mkv", VIDEO, info=info, after=after))
    assert [b.ms for b in reader] == [ms]
    assert reader.duration_ms == pytest.approx(scale / 1000)


@pytest.mark.parametrize("lasts", [0, 1, 1 << 62])
def test_a_rate_that_cannot_be_is_not_believed(lasts: int, tmp_path: Path) -> None:
    entry = VIDEO + number(ebml.DEFAULT_DURATION, lasts)
    assert MatroskaReader(_file(tmp_path / "film.mkv", entry)).track.fps is None


@pytest.mark.parametrize("duration", [0.0, -1.0, float("inf"), float("nan")])
def test_a_duration_that_cannot_be_is_not_believed(duration: float, tmp_path: Path) -> None:
    info = element(ebml.DURATION, struct.pack(">d", duration))
    assert MatroskaReader(_file(tmp_path / "film.mkv", VIDEO, info=info)).duration_ms is None


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"RIFF....AVI ", b"\x1a\x45\xdf\xa3"])
def test_what_is_no_matroska_file_is_an_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "film.mkv").write_bytes(content)
    with pytest.raises(MatroskaError, match="no Matroska file"):
        MatroskaReader(tmp_path / "film.mkv")


def test_another_kind_of_ebml_file_is_an_error(tmp_path: Path) -> None:
    kind = element(ebml.EBML, element(ebml.DOC_TYPE, b"books"))
    with pytest.raises(MatroskaError, match="no Matroska file"):
        MatroskaReader(_file(tmp_path / "film.mkv", VIDEO, kind=kind))


@pytest.mark.parametrize("entries", [(), (AUDIO,)])
def test_a_file_without_video_is_an_error(entries: tuple[bytes, ...], tmp_path: Path) -> None:
    with pytest.raises(MatroskaError, match="no description of a video"):
        MatroskaReader(_file(tmp_path / "film.mkv", *entries))


@pytest.mark.parametrize(
    "entry",
    [
        VIDEO.replace(b"V_MJPEG", b"V_MJP\xff\xff"),
        VIDEO.replace(SIDES, number(ebml.PIXEL_WIDTH, 640)),
        VIDEO.replace(SIDES, number(ebml.PIXEL_WIDTH, 1 << 40)),
    ],
)
def test_a_damaged_description_is_an_error(entry: bytes, tmp_path: Path) -> None:
    with pytest.raises(MatroskaError, match="damaged"):
        MatroskaReader(_file(tmp_path / "film.mkv", entry))


def test_packets_that_the_container_compressed_are_an_error(tmp_path: Path) -> None:
    entry = VIDEO + element(ebml.CONTENT_ENCODINGS, b"")
    with pytest.raises(MatroskaError, match="compressed or encrypted"):
        MatroskaReader(_file(tmp_path / "film.mkv", entry))


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        MatroskaReader(tmp_path / "film.mkv")
