"""Folders, globs and single pictures of every kind that OpenCV reads."""

import itertools
import logging
import os
import random
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesegment.errors import SourceError
from livesegment.frame import Image
from livesegment.sources.images import MOST_WORDS, ImagesSource, natural_order
from tests.sources.films import greys, pictures, with_orientation


def _pictures(pattern: Path | str, most: int = 100) -> list[Image]:
    source = ImagesSource(str(pattern))
    source.open()
    return [frame.image for frame in itertools.islice(iter(source.read, None), most)]


def _write(folder: Path, names: list[str]) -> None:
    """Pictures that get lighter in the order of the names."""
    for name, picture in zip(names, pictures(len(names)), strict=True):
        assert cv2.imwrite(str(folder / name), picture)


def test_a_folder_comes_in_natural_order(tmp_path: Path) -> None:
    _write(tmp_path, ["Frame1.png", "frame2.png", "frame9.png", "frame10.png", "frame100.png"])
    assert greys(_pictures(tmp_path)) == [0, 1, 2, 3, 4]


def test_a_glob_takes_what_it_matches(tmp_path: Path) -> None:
    _write(tmp_path, ["a1.png", "a2.png", "b1.png"])
    assert greys(_pictures(tmp_path / "a*.png")) == [0, 1]


def test_a_glob_leaves_out_what_is_no_picture(tmp_path: Path) -> None:
    _write(tmp_path, ["a.png"])
    (tmp_path / "notes.txt").write_text("no picture")
    assert len(_pictures(tmp_path / "*")) == 1


def test_a_single_picture_is_a_film_of_one(tmp_path: Path) -> None:
    _write(tmp_path, ["one.png"])
    assert len(_pictures(tmp_path / "one.png")) == 1


def test_pictures_come_at_the_rate_asked_for(tmp_path: Path) -> None:
    _write(tmp_path, ["1.png", "2.png", "3.png"])
    source = ImagesSource(str(tmp_path), fps=4)
    assert source.open().fps == 4
    assert [frame.pts for frame in iter(source.read, None)] == [0, 0.25, 0.5]


def test_a_folder_says_how_many_pictures_it_has(tmp_path: Path) -> None:
    _write(tmp_path, ["1.png", "2.png", "3.png"])
    assert ImagesSource(str(tmp_path)).open().frame_count == 3
    assert ImagesSource(str(tmp_path), loop=True).open().frame_count is None


def test_a_loop_starts_again(tmp_path: Path) -> None:
    _write(tmp_path, ["1.png", "2.png"])
    source = ImagesSource(str(tmp_path), loop=True)
    source.open()
    frames = [frame for frame in (source.read() for _ in range(5)) if frame]
    assert greys(frame.image for frame in frames) == [0, 1, 0, 1, 0]
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]


def test_a_loop_over_pictures_that_went_away_ends_in_an_error(tmp_path: Path) -> None:
    _write(tmp_path, ["1.png", "2.png"])
    source = ImagesSource(str(tmp_path), loop=True)
    source.open()
    assert source.read() is not None
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(SourceError, match="any more"):
        source.read()


@pytest.mark.wheel
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (63, 47)])
@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "webp", "jpg"])
def test_pictures_of_any_size_come_as_they_are(
    size: tuple[int, int], suffix: str, tmp_path: Path
) -> None:
    cv2.imwrite(str(tmp_path / f"a.{suffix}"), pictures(1, size)[0])
    assert [picture.shape for picture in _pictures(tmp_path)] == [(size[1], size[0], 3)]


@pytest.mark.wheel
@pytest.mark.parametrize(
    ("pixels", "suffix"),
    [
        pytest.param(np.full((3, 4), 128, np.uint8), "png", id="grey"),
        pytest.param(np.full((3, 4), 128 * 257, np.uint16), "png", id="grey of 16 bits"),
        pytest.param(np.full((3, 4, 3), 128 * 257, np.uint16), "png", id="colour of 16 bits"),
        pytest.param(np.full((3, 4, 4), 128, np.uint8), "png", id="with alpha"),
        pytest.param(np.full((3, 4, 4), 128 * 257, np.uint16), "png", id="alpha of 16 bits"),
        pytest.param(np.full((3, 4, 3), 128.4 / 255, np.float32), "tiff", id="floats"),
        pytest.param(np.full((3, 4), 128.4 / 255, np.float32), "tiff", id="grey floats"),
    ],
)
def test_pictures_of_any_depth_become_bgr_of_8_bits(
    pixels: np.ndarray, suffix: str, tmp_path: Path
) -> None:
    cv2.imwrite(str(tmp_path / f"a.{suffix}"), pixels)
    (picture,) = _pictures(tmp_path)
    assert np.array_equal(picture, np.full((3, 4, 3), 128, np.uint8))


@pytest.mark.wheel
def test_a_photograph_stands_upright(tmp_path: Path) -> None:
    lying = np.zeros((40, 80, 3), np.uint8)
    lying[:, :40] = 255
    jpeg = cv2.imencode(".jpg", lying)[1].tobytes()
    (tmp_path / "photo.jpg").write_bytes(with_orientation(jpeg, 6))
    (picture,) = _pictures(tmp_path)
    assert picture.shape == (80, 40, 3)
    assert picture[:40].mean() > 250
    assert picture[40:].mean() < 5


def test_an_unreadable_picture_among_good_ones_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _write(tmp_path, ["1.png", "2.png", "3.png"])
    (tmp_path / "2.png").write_bytes(b"no picture")
    source = ImagesSource(str(tmp_path))
    source.open()
    with caplog.at_level(logging.WARNING):
        frames = list(iter(source.read, None))
    assert greys(frame.image for frame in frames) == [0, 2]
    assert [frame.index for frame in frames] == [0, 1]
    assert "2.png is no picture that can be read; left out" in caplog.text
    assert "1 of 3 pictures" in caplog.text


def test_many_unreadable_pictures_are_counted_and_not_all_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _write(tmp_path, ["1.png"])
    for number in range(2, 30):
        (tmp_path / f"{number}.png").write_bytes(b"no picture")
    assert len(_pictures(tmp_path)) == 1
    assert len(caplog.messages) == MOST_WORDS + 1
    assert "28 of 29 pictures" in caplog.messages[-1]


def test_a_loop_says_once_what_was_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _write(tmp_path, ["1.png"])
    (tmp_path / "2.png").write_bytes(b"no picture")
    source = ImagesSource(str(tmp_path), loop=True)
    source.open()
    assert [source.read() is not None for _ in range(5)] == [True] * 5
    assert len(caplog.messages) == 2


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such FIFOs")
def test_a_fifo_among_pictures_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _write(tmp_path, ["1.png", "3.png"])
    os.mkfifo(tmp_path / "2.png")
    (tmp_path / "4.png").symlink_to("/dev/zero")
    assert greys(_pictures(tmp_path)) == [0, 1]
    assert "2 of 4 pictures" in caplog.text
    with pytest.raises(SourceError, match="this is no file"):
        ImagesSource(str(tmp_path / "2.png")).open()


def test_a_single_picture_says_why_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"no picture")
    with pytest.raises(SourceError, match=r"1\.png is no picture that can be read"):
        ImagesSource(str(tmp_path / "1.png")).open()


def test_the_size_is_that_of_the_first_good_picture(tmp_path: Path) -> None:
    _write(tmp_path, ["1.png", "2.png"])
    (tmp_path / "1.png").write_bytes(b"")
    assert ImagesSource(str(tmp_path)).open().size == (64, 48)


def test_pictures_none_of_which_can_be_read_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"no picture")
    (tmp_path / "2.png").write_bytes(b"")
    with pytest.raises(SourceError, match="none of the 2 pictures"):
        ImagesSource(str(tmp_path)).open()


@pytest.mark.parametrize("pattern", ["", "*.png", "gone/*.png"])
def test_no_pictures_are_an_error(pattern: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no pictures in") as caught:
        ImagesSource(str(tmp_path / pattern)).open()
    assert ".jpg" in (caught.value.hint or "")


def test_a_folder_whose_name_has_signs_of_a_pattern_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "shots [1]"
    folder.mkdir()
    cv2.imwrite(str(folder / "1.png"), np.zeros((4, 4, 3), np.uint8))
    assert ImagesSource(str(folder / "*.png")).open().frame_count == 1


@pytest.mark.parametrize(("count", "said"), [(1, False), (3, True)])
def test_a_file_of_several_pictures_is_said_to_be_one(
    count: int, said: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pages = [np.full((8, 8, 3), 80 * i, np.uint8) for i in range(count)]
    cv2.imwritemulti(str(tmp_path / "pages.tif"), pages)
    ImagesSource(str(tmp_path / "pages.tif")).open()
    assert ("holds 3 pictures, and the first is taken" in caplog.text) is said


@given(st.lists(st.integers(0, 2000), unique=True, max_size=30), st.randoms())
def test_numbers_in_names_are_ordered_as_numbers(numbers: list[int], chance: random.Random) -> None:
    names = [f"shot {number} of 9.png" for number in numbers]
    chance.shuffle(names)
    assert sorted(names, key=natural_order) == [f"shot {n} of 9.png" for n in sorted(numbers)]


@given(st.lists(st.text(), max_size=20))
def test_any_names_can_be_ordered(names: list[str]) -> None:
    assert sorted(sorted(names, key=natural_order)) == sorted(names)


@pytest.mark.parametrize("name", ["²", "1²2.png", "٣.png", "①"])
def test_digits_of_other_scripts_are_no_stumbling_block(name: str) -> None:
    assert sorted([name, "1.png"], key=natural_order)
