"""Folders of pictures and of their truth."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from livesegment.bench.films import find_films
from livesegment.errors import SourceError

SIZE = (32, 24)


def write(path: Path, size: tuple[int, int] = SIZE, value: int = 90) -> Path:
    """A picture of one grey, with 255 in its top left pixel; `size` is (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.full((size[1], size[0]), value, np.uint8)
    picture[0, 0] = 255
    assert cv2.imwrite(str(path), picture)
    return path


def lay_out(frames: Path, truth: Path, count: int = 3) -> None:
    """A film of some frames."""
    for i in range(count):
        write(frames / f"{i}.png", value=10 * i)
        write(truth / f"{i}.png", value=0)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Of frames and of truth, still empty."""
    return tmp_path / "JPEGImages", tmp_path / "Annotations"


def test_a_folder_of_pictures_is_one_film(folders: tuple[Path, Path]) -> None:
    """In the natural order of names, on the clock of the rate given."""
    frames, truth = folders[0] / "dog", folders[1] / "dog"
    lay_out(frames, truth, 12)
    (film,) = find_films(frames, truth)
    assert film.name == "dog"
    played = list(film.play(fps=10))
    assert [path.stem for path in film.frames] == [str(i) for i in range(12)]
    assert [frame.index for frame, _ in played] == list(range(12))
    assert [frame.pts for frame, _ in played] == [frame.captured_at for frame, _ in played]
    assert played[5][0].pts == 0.5
    assert played[5][0].image[1, 1].tolist() == [50, 50, 50]
    for _, mask in played:
        assert mask.dtype == np.bool_
        assert mask.shape == (24, 32)
        assert np.argwhere(mask).tolist() == [[0, 0]]


def test_a_folder_of_folders_is_several(folders: tuple[Path, Path]) -> None:
    """What is no film is passed over, and so is truth that nobody asked for."""
    for name in ("dog", "cat"):
        lay_out(folders[0] / name, folders[1] / name)
    (folders[0] / "notes").mkdir()
    lay_out(folders[1] / "bird", folders[1] / "bird")
    assert [film.name for film in find_films(*folders)] == ["cat", "dog"]


def test_labels_of_sixteen_bits_count(folders: tuple[Path, Path]) -> None:
    """Object 1 of 65535 is an object."""
    lay_out(*folders, count=1)
    cv2.imwrite(str(folders[1] / "0.png"), np.ones((24, 32), np.uint16))
    (film,) = find_films(*folders)
    ((_, mask),) = film.play(30)
    assert mask.all()


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda frames, truth: (frames / "1.png").write_text("no picture"), "1.png"),
        (lambda frames, truth: write(frames / "2.png", (16, 24)), "is 16x24"),
        (lambda frames, truth: write(truth / "0.png", (64, 48)), "is 64x48"),
        (lambda frames, truth: (truth / "2.png").write_bytes(b""), "2.png"),
    ],
)
def test_a_picture_that_does_not_fit(
    folders: tuple[Path, Path], break_it: object, words: str
) -> None:
    """Found when its turn comes."""
    lay_out(*folders)
    assert callable(break_it)
    break_it(*folders)
    (film,) = find_films(*folders)
    with pytest.raises(SourceError, match=words):
        list(film.play(30))


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda frames, truth: frames.rename(frames.parent / "other"), "no such folder"),
        (lambda frames, truth: truth.rename(truth.parent / "other"), "no such folder"),
        (lambda frames, truth: [item.unlink() for item in frames.iterdir()], "no pictures in"),
        (lambda frames, truth: [item.unlink() for item in truth.iterdir()], "no truth for"),
        (lambda frames, truth: (truth / "1.png").unlink(), "no truth for .*1.png"),
    ],
)
def test_a_folder_that_will_not_do(
    folders: tuple[Path, Path], break_it: object, words: str
) -> None:
    """Found before anything is run, with a hint at the layout."""
    lay_out(*folders)
    assert callable(break_it)
    break_it(*folders)
    with pytest.raises(SourceError, match=words) as caught:
        find_films(*folders)
    assert caught.value.hint is not None
    assert "00000.png" in caught.value.hint


def test_a_film_among_films_without_truth(folders: tuple[Path, Path]) -> None:
    """Named."""
    lay_out(folders[0] / "dog", folders[1] / "dog")
    lay_out(folders[0] / "cat", folders[0] / "cat")
    with pytest.raises(SourceError, match="cat"):
        find_films(*folders)
