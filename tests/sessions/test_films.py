"""What a video file holds, found by reading it."""

from pathlib import Path

import pytest

from livesegment.matroska.reader import MatroskaReader
from livesegment.sessions.films import watch
from tests.sessions.made import picture, write_video


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "overlay-0001.mkv"
    write_video(path, [picture([], (64, 48))] * 4, [0, 100, 250, 300], fps=10.0)
    return path


def test_a_whole_video_tells_all_of_itself(video: Path) -> None:
    film = watch(video)
    assert film is not None
    assert (film.frames, film.seconds, film.codec, film.size) == (4, 0.4, "mjpeg", (64, 48))
    assert (film.whole, list(film.times)) == (True, [0, 100, 250, 300])
    assert film.fps == pytest.approx(10.0)


def test_a_cut_video_tells_what_is_left(video: Path) -> None:
    last = list(MatroskaReader(video))[-1]
    video.write_bytes(video.read_bytes()[: last.offset + 20])
    film = watch(video)
    assert film is not None
    assert (film.frames, film.whole) == (3, False)


@pytest.mark.parametrize("data", [b"", b"no film", bytes(5000)])
def test_what_is_no_video_is_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.mkv").write_bytes(data)
    assert watch(tmp_path / "a.mkv") is None
