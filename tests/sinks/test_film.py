"""One video file of what is shown."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from livesegment.frame import Image
from livesegment.sinks.base import Ending
from livesegment.sinks.film import FilmFile, fitted
from tests.fakes import view

pytestmark = pytest.mark.wheel


def grey(width: int, height: int) -> Image:
    return np.full((height, width, 3), 200, np.uint8)


def seen(path: Path) -> list[tuple[int, int, tuple[int, int]]]:
    """Time in ms, grey and size of every picture."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    found = []
    while True:
        arrived, image = capture.read()
        if not arrived:
            break
        time = round(capture.get(cv2.CAP_PROP_POS_MSEC))
        found.append((time, round(float(image.mean())), (image.shape[1], image.shape[0])))
    capture.release()
    return found


def test_every_picture_is_written_at_its_time(tmp_path: Path) -> None:
    sink = FilmFile(tmp_path / "out.mkv", codec="mjpeg", min_free=0)
    for index, pts in ((10, 7.0), (40, 7.033), (90, 9.5)):
        assert sink.write(view(index, pts=pts))
    assert not (tmp_path / "out.mkv").exists()
    sink.close(Ending.END_OF_SOURCE)
    sink.close(Ending.END_OF_SOURCE)
    assert seen(tmp_path / "out.mkv") == [
        (0, 10, (64, 48)),
        (33, 40, (64, 48)),
        (2500, 90, (64, 48)),
    ]


def test_the_file_keeps_the_size_of_its_first_picture(tmp_path: Path) -> None:
    sink = FilmFile(tmp_path / "out.mkv", codec="mjpeg", min_free=0)
    sink.write(view(100, pts=0.0))
    sink.write(view(100, pts=0.1, size=(32, 48)))
    sink.close(Ending.END_OF_SOURCE)
    (_, whole, size), (_, half, other) = seen(tmp_path / "out.mkv")
    assert size == other == (64, 48)
    assert half == pytest.approx(whole / 2, abs=2)


def test_without_a_picture_there_is_no_file(tmp_path: Path) -> None:
    FilmFile(tmp_path / "out.mkv", codec="mjpeg", min_free=0).close(Ending.USER)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("size", "covered"),
    [
        pytest.param((64, 48), (0, 0, 64, 48), id="as it is"),
        pytest.param((128, 96), (0, 0, 64, 48), id="larger"),
        pytest.param((64, 24), (0, 12, 64, 36), id="wide"),
        pytest.param((12, 48), (26, 0, 38, 48), id="tall"),
        pytest.param((16, 12), (0, 0, 64, 48), id="smaller"),
    ],
)
def test_a_picture_is_fitted_into_the_middle(
    size: tuple[int, int], covered: tuple[int, int, int, int]
) -> None:
    image = fitted(grey(*size), (64, 48))
    x1, y1, x2, y2 = covered
    expected = np.zeros((48, 64, 3), np.uint8)
    expected[y1:y2, x1:x2] = 200
    np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize("ending", Ending)
def test_a_file_that_is_there_is_replaced_by_a_whole_one_only(
    ending: Ending, tmp_path: Path
) -> None:
    (tmp_path / "out.mkv").write_bytes(b"before")
    sink = FilmFile(tmp_path / "out.mkv", codec="mjpeg", min_free=0)
    sink.write(view(10, pts=0.0))
    assert (tmp_path / "out.mkv").read_bytes() == b"before"
    sink.close(ending)
    whole = ending in {Ending.END_OF_SOURCE, Ending.LIMIT}
    assert sink.written == tmp_path / ("out.mkv" if whole else "out-new-1.mkv")
    if whole:
        assert [path.name for path in tmp_path.iterdir()] == ["out.mkv"]
        assert len(seen(tmp_path / "out.mkv")) == 1
    else:
        assert (tmp_path / "out.mkv").read_bytes() == b"before"
        assert len(seen(tmp_path / "out-new-1.mkv")) == 1
