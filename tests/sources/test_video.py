"""Video files: whole, damaged, odd, in a loop, and what is none at all."""

import io
import itertools
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from livesegment.errors import SourceError
from livesegment.frame import Frame
from livesegment.sources.video import VideoSource
from tests.sources.films import fifo, film, greys, pictures

pytestmark = pytest.mark.wheel


def _frames(source: VideoSource, most: int = 1000) -> list[Frame]:
    source.open()
    try:
        return list(itertools.islice(iter(source.read, None), most))
    finally:
        source.close()


def test_a_film_gives_every_picture_in_order_at_its_time(tmp_path: Path) -> None:
    frames = _frames(VideoSource(str(film(tmp_path / "film.avi", 12))))
    assert greys(frame.image for frame in frames) == list(range(12))
    assert [frame.pts for frame in frames] == pytest.approx([i / 25 for i in range(12)])


def test_a_film_says_its_rate_and_length(tmp_path: Path) -> None:
    source = VideoSource(str(film(tmp_path / "film.avi", 7, fps=12.5)))
    info = source.open()
    source.close()
    assert info.fps == 12.5
    assert info.frame_count == 7
    assert "FFMPEG" in info.description


def test_a_loop_goes_on_counting_and_does_not_go_back_in_time(tmp_path: Path) -> None:
    frames = _frames(VideoSource(str(film(tmp_path / "film.avi", 5)), loop=True), most=23)
    assert [frame.index for frame in frames] == list(range(23))
    assert [frame.pts for frame in frames] == pytest.approx([i / 25 for i in range(23)])
    assert greys(frame.image for frame in frames) == [i % 5 for i in range(23)]


def test_a_loop_has_no_length(tmp_path: Path) -> None:
    source = VideoSource(str(film(tmp_path / "film.avi", 5)), loop=True)
    info = source.open()
    source.close()
    assert info.frame_count is None


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "avi", "ts"])
def test_a_film_cut_off_anywhere_gives_its_beginning_or_an_error(
    suffix: str, tmp_path: Path
) -> None:
    whole = film(tmp_path / f"whole.{suffix}", 8, codec="mp4v").read_bytes()
    part = tmp_path / f"part.{suffix}"
    counts = []
    for length in range(1, len(whole), len(whole) // 20):
        part.write_bytes(whole[:length])
        try:
            counts.append(len(_frames(VideoSource(str(part)))))
        except SourceError:
            continue
    assert 0 not in counts, "a film without a picture passed for one"
    assert max(counts) == 8 if suffix != "ts" else counts


def test_a_film_that_opens_and_holds_no_picture_is_an_error(tmp_path: Path) -> None:
    content = film(tmp_path / "film.avi").read_bytes()
    header = tmp_path / "header.avi"
    header.write_bytes(content[: content.index(b"movi") + 8])
    with pytest.raises(SourceError, match=r"no picture of header\.avi can be decoded"):
        _frames(VideoSource(str(header)))


def test_a_loop_ends_when_the_film_has_lost_its_pictures(tmp_path: Path) -> None:
    path = film(tmp_path / "film.avi", 3)
    content = path.read_bytes()
    source = VideoSource(str(path), loop=True)
    source.open()
    path.write_bytes(content[: content.index(b"movi") + 8])
    read = [source.read() for _ in range(4)]
    source.close()
    assert read[-1] is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "is empty", id="zero bytes"),
        pytest.param(b"not a film at all\n" * 50, "no video", id="text"),
        pytest.param(bytes(range(256)) * 40, "no video", id="noise"),
        pytest.param(b"\0" * 5000, "no video", id="zeros"),
    ],
)
def test_what_is_no_film_is_an_error_that_says_so(
    content: bytes, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=said):
        VideoSource(str(path)).open()


def test_a_folder_is_no_film(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no video"):
        VideoSource(str(tmp_path)).open()


def test_a_missing_film_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.mp4: No such file"):
        VideoSource(str(tmp_path / "gone.mp4")).open()


@pytest.mark.parametrize("size", [(63, 47), (17, 201), (5, 3)])
def test_odd_sizes_come_as_they_are(size: tuple[int, int], tmp_path: Path) -> None:
    path = tmp_path / "film.mjpeg"
    path.write_bytes(
        b"".join(cv2.imencode(".jpg", picture)[1].tobytes() for picture in pictures(4, size))
    )
    frames = _frames(VideoSource(str(path)))
    assert [frame.size for frame in frames] == [size] * 4
    assert greys(frame.image for frame in frames) == [0, 1, 2, 3]


def test_a_grey_film_comes_in_colour(tmp_path: Path) -> None:
    frames = _frames(VideoSource(str(film(tmp_path / "film.avi", 4, colour=False))))
    assert greys(frame.image for frame in frames) == [0, 1, 2, 3]
    assert all(np.ptp(frame.image, axis=2).max() <= 2 for frame in frames)


def test_a_pipe_gives_what_comes_through_it(tmp_path: Path) -> None:
    content = film(tmp_path / "film.ts", 9, codec="mp4v").read_bytes()
    with fifo(tmp_path / "pipe", content) as path:
        source = VideoSource(str(path))
        assert greys(frame.image for frame in _frames(source)) == list(range(9))


def test_a_pipe_is_never_played_twice(tmp_path: Path) -> None:
    content = film(tmp_path / "film.ts", 9, codec="mp4v").read_bytes()
    with fifo(tmp_path / "pipe", content) as path:
        assert len(_frames(VideoSource(str(path), loop=True))) == 9


def test_an_empty_pipe_is_an_error(tmp_path: Path) -> None:
    with fifo(tmp_path / "pipe", b"") as path, pytest.raises(SourceError):
        VideoSource(str(path)).open()


def test_a_terminal_as_standard_input_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    with pytest.raises(SourceError, match="terminal") as caught:
        VideoSource("-").open()
    assert "ffmpeg" in (caught.value.hint or "")


def test_opening_leaves_the_environment_as_it_was(tmp_path: Path) -> None:
    before = os.environ.get("OPENCV_FFMPEG_CAPTURE_OPTIONS")
    _frames(VideoSource(str(film(tmp_path / "film.avi", 2))))
    assert os.environ.get("OPENCV_FFMPEG_CAPTURE_OPTIONS") == before


@pytest.mark.shared
def test_a_film_with_frames_stored_out_of_order_keeps_even_steps(shared: Path) -> None:
    path = shared / "assets" / "media" / "highway.mp4"
    times = [frame.pts for frame in _frames(VideoSource(str(path)), most=50)]
    steps = [after - before for before, after in itertools.pairwise(times)]
    assert steps == pytest.approx([0.04] * 49, abs=0.002)
