"""Pictures to measure on, out of folders and films."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from livesegment.bench.pictures import picture_files, spread
from livesegment.errors import SourceError, UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten pictures, as grey as ten times their number."""
    made = tmp_path / "pictures"
    made.mkdir()
    for i in range(10):
        cv2.imwrite(str(made / f"{i}.png"), np.full((24, 32, 3), 10 * i, np.uint8))
    return made


def test_frames_lie_in_the_middles_of_equal_parts(folder: Path) -> None:
    assert [frame.index for frame in spread(str(folder), 2)] == [2, 7]


def test_there_are_no_more_frames_than_pictures(folder: Path) -> None:
    assert [frame.index for frame in spread(str(folder), 100)] == list(range(10))


def test_one_picture_is_enough(folder: Path) -> None:
    (frame,) = spread(str(folder / "3.png"), 6)
    assert frame.image[0, 0, 0] == 30


def test_a_source_without_an_end_gives_as_many_as_wanted() -> None:
    assert [frame.index for frame in spread("synthetic", 3)] == [0, 25, 50]


def test_files_are_the_frames_and_go_afterwards(folder: Path) -> None:
    with picture_files(str(folder), 2) as files:
        greys = [np.asarray(cv2.imread(str(path)))[0, 0, 0] for path in files]
    assert greys == [20, 70]
    assert not any(path.exists() for path in files)


def test_without_a_source_there_are_no_files() -> None:
    with picture_files(None, 3) as files:
        assert files == []


def test_a_camera_is_refused() -> None:
    with pytest.raises(UsageError, match="is live"):
        spread("rtsp://example.org/stream", 3)


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no pictures in"):
        spread(str(tmp_path), 3)
