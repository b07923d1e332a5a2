"""MP4s by OpenCV alone."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from livesegment.errors import SinkError
from livesegment.frame import Image
from livesegment.sessions.export import opencv_mp4
from livesegment.sessions.manifest import VideoFacts
from livesegment.sessions.session import Video
from tests.sinks.films import read_back


def _pictures(*times: float) -> Iterator[tuple[float, Image]]:
    for i, time in enumerate(times):
        yield time, np.full((48, 64, 3), 40 + 40 * i, np.uint8)


def _like(fps: float | None) -> Video:
    return Video(Path("film.mkv"), VideoFacts(fps=fps))


def test_a_picture_stays_until_the_next_comes_and_the_last_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    assert opencv_mp4.write(_pictures(0.0, 0.3, 0.4), _like(10.0), 0.8, path) == 8
    images, fps = read_back(path)
    assert fps == 10.0
    greys = [float(image.mean()) for image in images]
    assert greys == pytest.approx([40, 40, 40, 80, 120, 120, 120, 120], abs=4)


@pytest.mark.parametrize(
    ("stated", "expected"), [(None, 25.0), (29.97, 29.97), (66.6667, 66.67), (5000.0, 240.0)]
)
def test_the_rate_is_one_that_mpeg4_can_state(
    stated: float | None, expected: float, tmp_path: Path
) -> None:
    opencv_mp4.write(_pictures(0.0, 0.1), _like(stated), 0.2, tmp_path / "film.mp4")
    assert read_back(tmp_path / "film.mp4")[1] == pytest.approx(expected, abs=0.001)


def test_what_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="OpenCV cannot write 64x48"):
        opencv_mp4.write(_pictures(0.0), _like(10.0), 0.1, tmp_path / "nowhere" / "film.mp4")


def test_a_film_that_is_not_whole_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opencv_mp4, "_pictures_of", lambda _path: 1)
    with pytest.raises(SinkError, match="could not be written whole"):
        opencv_mp4.write(_pictures(0.0, 0.1), _like(10.0), 0.2, tmp_path / "film.mp4")
