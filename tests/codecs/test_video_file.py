"""A video file says so when it cannot be written, and has its name only once it is whole."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.codecs import video_file
from livesegment.codecs.base import EncoderError
from livesegment.codecs.mjpeg import jpeg
from livesegment.codecs.mpeg4 import LARGEST_TERM, storable_rate
from livesegment.codecs.registry import CODECS
from livesegment.codecs.video_file import VideoFile
from livesegment.errors import SinkError
from livesegment.matroska.reader import MatroskaReader
from livesegment.matroska.writer import MatroskaWriter
from tests.fakes import image
from tests.sinks.films import read_back

pytestmark = pytest.mark.wheel

SIZE = (64, 48)


@pytest.fixture(params=CODECS)
def codec(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "h264":
        pytest.importorskip("av", reason="the [h264] extra is not installed")
    return name


def _open(path: Path, codec: str, *, fps: float = 25.0, size: tuple[int, int] = SIZE) -> VideoFile:
    return VideoFile(path, codec=codec, fps=fps, size=size, min_free=0)


def _times(path: Path) -> list[int]:
    return [block.ms for block in MatroskaReader(path)]


def _record(
    path: Path,
    codec: str,
    *,
    fps: float = 25,
    size: tuple[int, int] = SIZE,
    end: float | None = None,
) -> VideoFile:
    file = _open(path, codec, fps=fps, size=size)
    for i in range(5):
        file.write(image(40 * i, size), i / fps)
    file.close(end)
    return file


@pytest.mark.parametrize(
    "fps",
    [0.01, 0.333, 1.0009, 12.5, 23.976024, 29.97003, 66.6667, 71.428571, 89.953, 119.123, 240],
)
def test_films_of_any_rate_can_be_recorded(fps: float, codec: str, tmp_path: Path) -> None:
    file = _record(tmp_path / "film.mkv", codec, fps=fps)
    images, stated = read_back(file.path)
    assert len(images) == 5
    assert stated == pytest.approx(file.fps, rel=0.02)
    assert file.fps == pytest.approx(fps, abs=0.006)
    assert file.seconds == pytest.approx(5 / fps, abs=1 / fps)


@given(st.floats(0.01, 650))
def test_a_rate_is_near_what_was_asked_for_and_can_be_stored(fps: float) -> None:
    stored = storable_rate(fps)
    assert stored == pytest.approx(fps, abs=0.006)
    scale = next(s for s in (1, 10, 100, 1000, 10000) if abs(stored * s - round(stored * s)) < 1e-6)
    assert 0 < round(stored * scale) <= LARGEST_TERM
    assert storable_rate(stored) == stored


@pytest.mark.parametrize("exact", ["h264", "mjpeg"])
def test_an_exact_codec_keeps_every_time_to_the_millisecond(exact: str, tmp_path: Path) -> None:
    if exact == "h264":
        pytest.importorskip("av", reason="the [h264] extra is not installed")
    file = _open(tmp_path / "film.mkv", exact)
    moments = [0.0, 0.0334, 0.0334, 0.1, 2.5, 2.5404, 31.0, 95.0]
    for i, moment in enumerate(moments):
        file.write(image(20 * i), moment)
    file.close()
    assert _times(file.path) == [0, 33, 34, 100, 2500, 2540, 31000, 95000]


def test_a_film_of_constant_rate_repeats_and_drops(tmp_path: Path) -> None:
    file = _open(tmp_path / "film.mkv", "mpeg4", fps=10)
    for i, moment in enumerate([0.0, 0.1, 0.12, 0.5, 0.6]):
        file.write(image(40 * i), moment)
    file.close(1.0)
    images, _ = read_back(file.path)
    greys = [round(float(picture.mean()) / 40) for picture in images]
    assert greys == [0, 1, 2, 2, 2, 3, 4, 4, 4, 4]
    assert file.seconds == 1.0


def test_a_film_lasts_to_its_end_not_to_its_last_picture(codec: str, tmp_path: Path) -> None:
    file = _record(tmp_path / "film.mkv", codec, fps=10, end=3.0)
    assert file.seconds == pytest.approx(3.0, abs=0.1)


def test_an_exact_film_ends_when_it_is_told_to_though_a_picture_usually_lasts_longer(
    tmp_path: Path,
) -> None:
    """The next file begins there."""
    file = _record(tmp_path / "film.mkv", "mjpeg", fps=10, end=0.41)
    assert file.seconds == 0.41


@pytest.mark.parametrize("size", [(63, 47), (1, 1), (1, 100), (3, 2), (16, 16)])
def test_odd_sizes_are_filled_up_by_their_last_pixels(
    size: tuple[int, int], codec: str, tmp_path: Path
) -> None:
    if codec == "h264" and min(size) < 16:
        pytest.skip("H.264 has macroblocks; the recorder goes on with another codec")
    images, _ = read_back(_record(tmp_path / "film.mkv", codec, size=size).path)
    assert [i.shape for i in images] == [(size[1] + size[1] % 2, size[0] + size[0] % 2, 3)] * 5
    assert [round(float(i.mean()) / 40) for i in images] == [0, 1, 2, 3, 4]
    assert all(int(i.max()) - int(i.min()) < 16 for i in images)


def test_a_size_that_cannot_be_encoded_is_an_error_that_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="20000x20000") as caught:
        _open(tmp_path / "film.mkv", "mpeg4", size=(20000, 20000))
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_picture_of_another_size_is_an_error(codec: str, tmp_path: Path) -> None:
    file = _open(tmp_path / "film.mkv", codec)
    with pytest.raises(SinkError, match="picture is 32x24"):
        file.write(image(0, (32, 24)), 0.0)
    file.close()


def test_a_film_has_its_name_only_once_it_is_whole(codec: str, tmp_path: Path) -> None:
    file = _open(tmp_path / "film.mkv", codec)
    for i in range(30):
        file.write(image(i), i / 25)
    assert [path.name for path in tmp_path.iterdir()] == ["film.part.mkv"]
    file.close()
    assert [path.name for path in tmp_path.iterdir()] == ["film.mkv"]


def test_what_is_written_can_be_read_while_it_grows(tmp_path: Path) -> None:
    file = _open(tmp_path / "film.mkv", "mjpeg")
    for i in range(7):
        file.write(image(i), i / 25)
    assert len(read_back(tmp_path / "film.part.mkv")[0]) == 7
    file.close()


def test_a_film_without_a_picture_leaves_nothing(codec: str, tmp_path: Path) -> None:
    _open(tmp_path / "film.mkv", codec).close()
    assert list(tmp_path.iterdir()) == []


def test_a_film_may_be_closed_twice(codec: str, tmp_path: Path) -> None:
    file = _record(tmp_path / "film.mkv", codec)
    file.close()
    assert len(read_back(file.path)[0]) == 5


def test_jpegs_are_taken_as_they_are(tmp_path: Path) -> None:
    file = _open(tmp_path / "film.mkv", "mjpeg")
    file.write_jpeg(jpeg(image(80)), 0.0)
    file.write_jpeg(jpeg(image(120)), 0.25)
    file.close()
    assert _times(file.path) == [0, 250]
    other = _open(tmp_path / "other.mkv", "mpeg4")
    with pytest.raises(ValueError, match="no Motion JPEG"):
        other.write_jpeg(b"", 0.0)
    other.close()


def test_a_folder_that_is_not_there_is_an_error(codec: str, tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="No such file"):
        _open(tmp_path / "gone" / "film.mkv", codec)


def test_a_film_taken_away_while_it_grows_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _open(tmp_path / "film.mkv", "mjpeg")
    file.write(image(), 0.0)
    (tmp_path / "film.part.mkv").unlink()
    monkeypatch.setattr(video_file, "CHECK_SECONDS", -1)
    with pytest.raises(SinkError, match="taken away"):
        file.write(image(), 0.1)
    with pytest.raises(SinkError, match="it was taken away"):
        file.close()


def test_a_full_disk_is_an_error_before_the_first_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill_disk(monkeypatch)
    with pytest.raises(SinkError, match="10 MB are left") as caught:
        VideoFile(tmp_path / "film.mkv", codec="mjpeg", fps=25, size=SIZE)
    assert "--min-free" in (caught.value.hint or "")


def test_a_disk_that_fills_up_is_an_error_that_keeps_what_there_is(
    codec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = VideoFile(tmp_path / "film.mkv", codec=codec, fps=25, size=SIZE, min_free=1000)
    file.write(image(), 0.0)
    _fill_disk(monkeypatch, free=999)
    monkeypatch.setattr(video_file, "CHECK_SECONDS", -1)
    with pytest.raises(SinkError, match="0 MB are left"):
        file.write(image(), 0.04)
    file.close()
    assert len(read_back(tmp_path / "film.mkv")[0]) == 1


def test_a_disk_that_takes_the_head_only_is_left_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(MatroskaWriter, "write", refuse)
    file = _open(tmp_path / "film.mkv", "mjpeg")
    with pytest.raises(SinkError, match="the disk is full"):
        file.write(image(), 0.0)
    file.close()
    assert list(tmp_path.iterdir()) == []


def _fill_disk(monkeypatch: pytest.MonkeyPatch, free: int = 10_000_000) -> None:
    usage: Callable[[Path], object] = lambda _: shutil._ntuple_diskusage(10**9, 10**9, free)  # noqa: E731
    monkeypatch.setattr(shutil, "disk_usage", usage)
