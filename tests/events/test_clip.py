"""One clip, from the ring to a file that plays."""

from pathlib import Path

import pytest

from livesegment.codecs.base import EncoderError
from livesegment.codecs.mjpeg import jpeg
from livesegment.codecs.video_file import VideoFile
from livesegment.errors import SinkError
from livesegment.events import clip as clip_module
from livesegment.events.clip import Clip
from livesegment.events.ring import Ring, Shot
from livesegment.frame import Image
from livesegment.matroska.reader import MatroskaReader
from tests.fakes import SIZE, image
from tests.sinks.films import read_back


def fill(ring: Ring, count: int, *, start: int = 0, size: tuple[int, int] = SIZE) -> None:
    """Pictures of 25 a second, as grey as their number."""
    for number in range(start, start + count):
        ring.add(Shot(jpeg(image(number, size)), number / 25, size, 25.0))


def a_clip(folder: Path, ring: Ring, since: float = 0.0, codec: str = "mjpeg") -> Clip:
    path = folder / "clips" / "event-0001.mkv"
    return Clip(path, ring.read(since), codec=codec, min_free=0)


def write_all(clip: Clip) -> None:
    while clip.step():
        pass


def greys(path: Path) -> list[int]:
    return [round(float(picture.mean())) for picture in read_back(path)[0]]


@pytest.mark.wheel
@pytest.mark.parametrize("codec", ["mjpeg", "mpeg4"])
def test_a_clip_shows_the_pictures_from_its_beginning_to_its_end(
    tmp_path: Path, codec: str
) -> None:
    ring = Ring(100)
    fill(ring, 100)
    clip = a_clip(tmp_path, ring, 0.4, codec)
    clip.end_at = 59 / 25
    write_all(clip)
    assert clip.finished
    path = tmp_path / "clips" / "event-0001.mkv"
    assert greys(path) == pytest.approx(list(range(10, 60)), abs=6)
    assert [one["file"] for one in clip.files] == ["clips/event-0001.mkv"]
    facts = clip.files[0]
    assert (facts["start"], facts["frames"], facts["width"], facts["height"]) == (0.4, 50, 64, 48)
    assert facts["seconds"] == pytest.approx(2.0, abs=0.001)


def test_the_pictures_of_a_motion_jpeg_clip_are_those_of_the_ring(tmp_path: Path) -> None:
    ring = Ring(100)
    fill(ring, 5)
    clip = a_clip(tmp_path, ring)
    clip.end_at = 10.0
    write_all(clip)
    blocks = list(MatroskaReader(tmp_path / "clips" / "event-0001.mkv"))
    assert [block.data for block in blocks] == [jpeg(image(number)) for number in range(5)]
    assert [block.ms for block in blocks] == [0, 40, 80, 120, 160]


def test_while_it_grows_a_clip_has_another_name(tmp_path: Path) -> None:
    ring = Ring(100)
    fill(ring, 5)
    clip = a_clip(tmp_path, ring)
    write_all(clip)
    assert not clip.finished
    assert [path.name for path in (tmp_path / "clips").iterdir()] == ["event-0001.part.mkv"]
    assert greys(tmp_path / "clips" / "event-0001.part.mkv") == pytest.approx(range(5), abs=2)
    fill(ring, 3, start=5)
    clip.end_at = 1.0
    write_all(clip)
    assert clip.files[0]["frames"] == 8


def test_the_last_picture_stands_until_the_clip_ends(tmp_path: Path) -> None:
    ring = Ring(100)
    fill(ring, 26)
    clip = a_clip(tmp_path, ring)
    clip.end_at = 3.0
    write_all(clip)
    assert clip.files[0]["seconds"] == 3.0


@pytest.mark.wheel
def test_a_change_of_size_begins_another_file(tmp_path: Path) -> None:
    ring = Ring(100)
    fill(ring, 5)
    fill(ring, 3, start=5, size=(33, 21))
    fill(ring, 2, start=8)
    clip = a_clip(tmp_path, ring)
    clip.end_at = 9 / 25
    write_all(clip)
    assert [(one["file"], one["start"], one["frames"], one["width"]) for one in clip.files] == [
        ("clips/event-0001.mkv", 0.0, 5, 64),
        ("clips/event-0001-2.mkv", 0.2, 3, 33),
        ("clips/event-0001-3.mkv", 0.32, 2, 64),
    ]
    images, _ = read_back(tmp_path / "clips" / "event-0001-2.mkv")
    assert [picture.shape for picture in images] == [(22, 34, 3)] * 3


def test_an_encoder_that_fails_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(VideoFile):
        def write(self, image: Image, seconds: float) -> None:
            if seconds > 0.1:
                raise EncoderError("the encoder is gone")
            super().write(image, seconds)

    monkeypatch.setattr(clip_module, "VideoFile", Failing)
    ring = Ring(100)
    fill(ring, 10)
    clip = a_clip(tmp_path, ring, codec="mpeg4")
    clip.end_at = 9 / 25
    write_all(clip)
    assert [(one["codec"], one["frames"]) for one in clip.files] == [("mpeg4", 3), ("mjpeg", 7)]
    assert clip.problems == ["the encoder is gone; went on as mjpeg"]


def test_a_clip_that_cannot_go_on_keeps_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(VideoFile):
        def write_jpeg(self, data: bytes, seconds: float) -> None:
            if seconds > 0.1:
                raise SinkError("the disk is full")
            super().write_jpeg(data, seconds)

    monkeypatch.setattr(clip_module, "VideoFile", Full)
    ring = Ring(100)
    fill(ring, 10)
    clip = a_clip(tmp_path, ring)
    with pytest.raises(SinkError, match="disk is full"):
        write_all(clip)
    assert clip.finished
    assert not clip.step()
    assert greys(tmp_path / "clips" / "event-0001.mkv") == pytest.approx(range(3), abs=2)


def test_a_clip_that_saw_no_picture_leaves_no_file(tmp_path: Path) -> None:
    clip = a_clip(tmp_path, Ring(1))
    clip.end_at = 1.0
    write_all(clip)
    assert clip.finished
    assert clip.files == []
    assert list(tmp_path.iterdir()) == []
