"""Growing files can be read at any moment, finished ones are whole."""

import struct
from pathlib import Path

import pytest

from livesegment.matroska import ebml
from livesegment.matroska.contents import children, number
from livesegment.matroska.header import DURATION_ROOM, RATE_ROOM, SEEK_ROOM
from livesegment.matroska.reader import MatroskaReader
from livesegment.matroska.scan import Element, Scan
from livesegment.matroska.writer import CLUSTER_BYTES, CLUSTER_MS, MatroskaWriter, Track
from tests.matroska.films import TRACK, packets, write_film


def _elements(path: Path, *, descend: bool = False) -> list[Element]:
    reader = MatroskaReader(path)
    with path.open("rb") as file:
        limit = path.stat().st_size
        scan = Scan(file, reader._contents.start, reader._contents.end, limit)
        return list(scan.elements(descend=descend))


def _clusters(path: Path) -> list[list[int]]:
    """Times of the packets of each cluster."""
    elements = _elements(path, descend=True)
    starts = [element.offset for element in elements if element.name == ebml.CLUSTER]
    found: list[list[int]] = [[] for _ in starts]
    for block in MatroskaReader(path):
        found[sum(start < block.offset for start in starts) - 1].append(block.ms)
    return found


def test_what_was_written_is_read(tmp_path: Path) -> None:
    written = write_film(tmp_path / "film.mkv", 50, gop=7)
    assert packets(tmp_path / "film.mkv") == [(w.data, w.ms, w.key) for w in written]


def test_each_packet_is_in_the_file_when_write_returns(tmp_path: Path) -> None:
    writer = MatroskaWriter(tmp_path / "film.mkv", TRACK)
    for index in range(5):
        writer.write(b"data", index, key=True)
        assert len(packets(writer.path)) == writer.frames == index + 1
        assert writer.path.stat().st_size == writer.bytes
    writer.close()


def test_a_packet_is_one_write(tmp_path: Path) -> None:
    writer = MatroskaWriter(tmp_path / "film.mkv", TRACK)
    writer.write(b"first", 0, key=True)
    writes: list[int] = []

    class _Counted:
        def write(self, data: bytes) -> int:
            writes.append(len(data))
            return file.write(data)

    file, writer._file = writer._file, _Counted()  # type: ignore[assignment]
    writer.write(b"second", 40, key=False)
    writer._file = file
    writer.close()
    assert writes == [1 + 1 + 4 + len(b"second")]


def test_a_finished_file_is_whole(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mkv", 10)
    reader = MatroskaReader(tmp_path / "film.mkv")
    assert reader.whole
    assert reader.duration_ms == 400
    assert reader.track == TRACK


def test_a_growing_file_is_not_whole(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mkv", 10, close=False)
    reader = MatroskaReader(tmp_path / "film.mkv")
    assert not reader.whole
    assert reader.duration_ms is None


def test_closing_changes_nothing_but_the_reserved_rooms(tmp_path: Path) -> None:
    writer = MatroskaWriter(tmp_path / "film.mkv", Track("V_MJPEG", (64, 48)))
    for index in range(300):
        writer.write(b"%d" % index, 40 * index, key=True)
    growing = writer.path.read_bytes()
    writer.close()
    finished = writer.path.read_bytes()
    header = writer._header
    rooms = [(header.segment - 8, 8), (header.segment, SEEK_ROOM)]
    rooms += [(header.duration, DURATION_ROOM), (header.rate, RATE_ROOM)]
    last = [element for element in _elements(writer.path) if element.name == ebml.CLUSTER][-1]
    rooms.append((last.offset + 4, 8))
    for place, length in rooms:
        old = growing[place : place + length]
        assert old != finished[place : place + length]
        finished = finished[:place] + old + finished[place + length :]
    assert finished.startswith(growing)


def test_it_lasts_as_long_as_it_is_told(tmp_path: Path) -> None:
    writer = MatroskaWriter(tmp_path / "film.mkv", TRACK)
    writer.write(b"data", 0, key=True)
    writer.close(5000)
    assert MatroskaReader(writer.path).duration_ms == 5000


def test_without_a_rate_the_last_picture_lasts_as_long_as_is_usual(tmp_path: Path) -> None:
    writer = MatroskaWriter(tmp_path / "film.mkv", Track("V_MJPEG", (64, 48)))
    for ms in (0, 30, 60, 90, 1000):
        writer.write(b"data", ms, key=True)
    writer.close()
    assert MatroskaReader(writer.path).duration_ms == 1030


def test_without_a_rate_closing_states_the_mean(tmp_path: Path) -> None:
    writer = MatroskaWriter(tmp_path / "film.mkv", Track("V_MJPEG", (64, 48)))
    for ms in (0, 30, 90, 120):
        writer.write(b"data", ms, key=True)
    assert MatroskaReader(writer.path).track.fps is None
    writer.close(200)
    assert MatroskaReader(writer.path).track.fps == pytest.approx(20)


def test_a_time_before_the_last_is_an_error_that_changes_nothing(tmp_path: Path) -> None:
    writer = MatroskaWriter(tmp_path / "film.mkv", TRACK)
    writer.write(b"data", 40, key=True)
    before = writer.path.read_bytes()
    with pytest.raises(ValueError, match="39 ms cannot follow one of 40 ms"):
        writer.write(b"data", 39, key=True)
    assert writer.path.read_bytes() == before
    writer.close()


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "film.mkv").write_text("mine")
    with pytest.raises(FileExistsError):
        MatroskaWriter(tmp_path / "film.mkv", TRACK)
    assert (tmp_path / "film.mkv").read_text() == "mine"


def test_closing_twice_does_no_harm_and_nothing_can_follow(tmp_path: Path) -> None:
    writer = MatroskaWriter(tmp_path / "film.mkv", TRACK)
    writer.write(b"data", 0, key=True)
    writer.close()
    finished = writer.path.read_bytes()
    writer.close(9000)
    with pytest.raises(ValueError, match="closed file"):
        writer.write(b"data", 40, key=True)
    assert writer.path.read_bytes() == finished


def test_a_file_without_a_picture_can_be_closed(tmp_path: Path) -> None:
    MatroskaWriter(tmp_path / "film.mkv", TRACK).close()
    assert packets(tmp_path / "film.mkv") == []


def test_clusters_begin_at_key_frames_and_stay_short(tmp_path: Path) -> None:
    written = write_film(tmp_path / "film.mkv", 500, gop=30)
    keys = {packet.ms for packet in written if packet.key}
    clusters = _clusters(tmp_path / "film.mkv")
    assert all(cluster[0] in keys for cluster in clusters)
    assert len(clusters) == 17


def test_clusters_stay_short_where_key_frames_are_rare(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mkv", 500, gop=500)
    clusters = _clusters(tmp_path / "film.mkv")
    assert [len(cluster) for cluster in clusters] == [CLUSTER_MS // 40] * 4


def test_clusters_stay_small_where_pictures_are_large(tmp_path: Path) -> None:
    writer = MatroskaWriter(tmp_path / "film.mkv", TRACK)
    for index in range(12):
        writer.write(bytes(CLUSTER_BYTES // 2 - 1000), index, key=index == 0)
    writer.close()
    assert [len(cluster) for cluster in _clusters(writer.path)] == [3, 3, 3, 3]


@pytest.mark.parametrize("gap", [29_999, 32_767, 32_768, 40_000, 86_400_000, 1 << 40])
def test_a_gap_of_any_length_is_kept(gap: int, tmp_path: Path) -> None:
    writer = MatroskaWriter(tmp_path / "film.mkv", TRACK)
    for ms in (0, 40, gap, gap + 40):
        writer.write(b"data", ms, key=False)
    writer.close()
    assert [ms for _, ms, _ in packets(writer.path)] == [0, 40, gap, gap + 40]


def test_pictures_in_the_order_of_decoding_are_taken_where_asked(tmp_path: Path) -> None:
    times = [0, 160, 80, 40, 120, 40_000, 1, 40_040]
    writer = MatroskaWriter(tmp_path / "film.mkv", TRACK, in_order=False)
    for ms in times:
        writer.write(b"data", ms, key=ms == 0)
    writer.close()
    assert [ms for _, ms, _ in packets(writer.path)] == times
    assert MatroskaReader(writer.path).duration_ms == 40_080


def test_the_index_leads_to_key_frames(tmp_path: Path) -> None:
    written = write_film(tmp_path / "film.mkv", 300, gop=40)
    content = (tmp_path / "film.mkv").read_bytes()
    segment = MatroskaReader(tmp_path / "film.mkv")._contents.start
    cues = next(e for e in _elements(tmp_path / "film.mkv") if e.name == ebml.CUES)
    led = []
    for _, data in children(content[cues.content : cues.end]):
        point = dict(children(data))
        where = dict(children(point[ebml.CUE_TRACK_POSITIONS]))
        cluster = segment + number(where[ebml.CUE_CLUSTER_POSITION])
        block = cluster + 12 + number(where[ebml.CUE_RELATIVE_POSITION])
        assert content[cluster : cluster + 4] == ebml.CLUSTER
        assert content[block : block + 1] == ebml.SIMPLE_BLOCK
        led.append((number(point[ebml.CUE_TIME]), block))
    assert [ms for ms, _ in led] == [packet.ms for packet in written if packet.key]
    assert {place for _, place in led} <= {b.offset for b in MatroskaReader(tmp_path / "film.mkv")}


def test_a_film_without_key_frames_can_be_started_at_its_beginning(tmp_path: Path) -> None:
    writer = MatroskaWriter(tmp_path / "film.mkv", TRACK)
    for ms in range(0, 400, 40):
        writer.write(b"data", ms, key=False)
    writer.close()
    assert MatroskaReader(writer.path).whole


@pytest.mark.parametrize("closed", [False, True])
def test_the_table_at_the_beginning_leads_to_what_it_names(closed: bool, tmp_path: Path) -> None:
    write_film(tmp_path / "film.mkv", 30, close=closed)
    content = (tmp_path / "film.mkv").read_bytes()
    segment = MatroskaReader(tmp_path / "film.mkv")._contents.start
    table = _elements(tmp_path / "film.mkv")[0]
    named = []
    for _, data in children(content[table.content : table.end]):
        seek = dict(children(data))
        place = segment + number(seek[ebml.SEEK_POSITION])
        assert content[place : place + 4] == seek[ebml.SEEK_ID]
        named.append(seek[ebml.SEEK_ID])
    assert named == [ebml.INFO, ebml.TRACKS, *([ebml.CUES] if closed else [])]
    assert _elements(tmp_path / "film.mkv")[2].offset == segment + SEEK_ROOM


def test_what_the_decoder_needs_is_written_down(tmp_path: Path) -> None:
    track = Track("V_MPEG4/ISO/AVC", (1920, 1080), bytes(range(200)), 30000 / 1001)
    write_film(tmp_path / "film.mkv", track=track)
    read = MatroskaReader(tmp_path / "film.mkv").track
    assert (read.codec_id, read.size, read.private) == (track.codec_id, track.size, track.private)
    assert read.fps == pytest.approx(track.fps, rel=1e-7)


def test_a_day_fits_into_little_memory(tmp_path: Path) -> None:
    writer = MatroskaWriter(tmp_path / "film.mkv", TRACK)
    for second in range(3600):
        writer.write(b"x", 1000 * second, key=True)
        writer.write(b"x", 1000 * second + 500, key=True)
    kept = writer._cues
    writer.close()
    assert len(kept) == 3600
    assert sum(len(a) * a.itemsize for a in (kept._times, kept._clusters, kept._offsets)) == 86_400


def test_the_duration_is_in_milliseconds(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mkv", 10)
    content = (tmp_path / "film.mkv").read_bytes()
    place = content.index(ebml.DURATION + b"\x88") + 3
    assert struct.unpack(">d", content[place : place + 8]) == (400.0,)
