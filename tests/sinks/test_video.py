"""A video file says so when it cannot be written, and has its name only once it is whole."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.errors import SinkError
from livesegment.sinks.video import LARGEST_TERM, VideoFile, storable_rate
from tests.fakes import image
from tests.sinks.films import read_back

pytestmark = pytest.mark.wheel


def _record(path: Path, *, fps: float = 25, size: tuple[int, int] = (64, 48)) -> VideoFile:
    file = VideoFile(path, fps=fps, size=size)
    for i in range(5):
        file.write(image(40 * i, size))
    file.close()
    return file


@pytest.mark.parametrize(
    "fps",
    [0.01, 0.333, 1.0009, 12.5, 23.976024, 29.97003, 66.6667, 71.428571, 89.953, 119.123, 240],
)
def test_films_of_any_rate_can_be_recorded(fps: float, tmp_path: Path) -> None:
    file = _record(tmp_path / "film.mkv", fps=fps)
    images, stated = read_back(file.path)
    assert len(images) == 5
    assert stated == pytest.approx(file.fps, rel=1e-3)
    assert file.fps == pytest.approx(fps, abs=0.006)


@given(st.floats(0.01, 650))
def test_a_rate_is_near_what_was_asked_for_and_can_be_stored(fps: float) -> None:
    stored = storable_rate(fps)
    assert stored == pytest.approx(fps, abs=0.006)
    scale = next(s for s in (1, 10, 100, 1000, 10000) if abs(stored * s - round(stored * s)) < 1e-6)
    assert 0 < round(stored * scale) <= LARGEST_TERM
    assert storable_rate(stored) == stored


@pytest.mark.parametrize("size", [(63, 47), (1, 1), (1, 100), (3, 2), (16, 16)])
def test_odd_sizes_are_filled_up_by_their_last_pixels(
    size: tuple[int, int], tmp_path: Path
) -> None:
    images, _ = read_back(_record(tmp_path / "film.mkv", size=size).path)
    assert [i.shape for i in images] == [(size[1] + size[1] % 2, size[0] + size[0] % 2, 3)] * 5
    assert [round(float(i.mean()) / 40) for i in images] == [0, 1, 2, 3, 4]
    assert all(int(i.max()) - int(i.min()) < 16 for i in images)


def test_a_size_that_cannot_be_encoded_is_an_error_that_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="cannot record 20000x20000") as caught:
        VideoFile(tmp_path / "film.mkv", fps=25, size=(20000, 20000))
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_picture_of_another_size_is_an_error(tmp_path: Path) -> None:
    file = VideoFile(tmp_path / "film.mkv", fps=25, size=(64, 48))
    with pytest.raises(SinkError, match="picture is 32x24"):
        file.write(image(0, (32, 24)))
    file.close()


def test_a_film_has_its_name_only_once_it_is_whole(tmp_path: Path) -> None:
    file = VideoFile(tmp_path / "film.mkv", fps=25, size=(64, 48))
    file.write(image())
    assert [path.name for path in tmp_path.iterdir()] == ["film.part.mkv"]
    file.close()
    assert [path.name for path in tmp_path.iterdir()] == ["film.mkv"]


def test_a_film_without_a_picture_leaves_nothing(tmp_path: Path) -> None:
    VideoFile(tmp_path / "film.mkv", fps=25, size=(64, 48)).close()
    assert list(tmp_path.iterdir()) == []


def test_a_film_may_be_closed_twice(tmp_path: Path) -> None:
    file = _record(tmp_path / "film.mkv")
    file.close()
    assert len(read_back(file.path)[0]) == 5


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="No such file"):
        VideoFile(tmp_path / "gone" / "film.mkv", fps=25, size=(64, 48))


def test_a_film_taken_away_while_it_grows_is_an_error(tmp_path: Path) -> None:
    file = VideoFile(tmp_path / "film.mkv", fps=25, size=(64, 48))
    file.write(image())
    (tmp_path / "film.part.mkv").unlink()
    with pytest.raises(SinkError, match="cannot finish"):
        file.close()


def test_a_full_disk_is_an_error_before_the_first_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill_disk(monkeypatch)
    with pytest.raises(SinkError, match="MB left"):
        VideoFile(tmp_path / "film.mkv", fps=25, size=(64, 48))


def test_a_disk_that_fills_up_is_an_error_that_keeps_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = VideoFile(tmp_path / "film.mkv", fps=25, size=(64, 48))
    file.write(image())
    _fill_disk(monkeypatch)
    monkeypatch.setattr("livesegment.sinks.video.CHECK_SECONDS", -1)
    with pytest.raises(SinkError, match="MB left"):
        file.write(image())
    file.close()
    assert len(read_back(tmp_path / "film.mkv")[0]) == 1


def _fill_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> os.statvfs_result:
        return os.statvfs_result((4096, 4096, 1000, 10, 10, 1, 1, 1, 0, 255))

    monkeypatch.setattr("os.statvfs", full)
