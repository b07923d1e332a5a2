"""MP4s out of sessions, looked at by FFmpeg."""

import json
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livesegment.codecs import libav
from livesegment.codecs.video_file import VideoFile
from livesegment.errors import SinkError, SourceError, UsageError
from livesegment.sessions.export import mp4
from livesegment.sessions.export.base import Selection
from livesegment.sessions.session import Session
from tests.sessions.made import make_session
from tests.sinks.films import read_back

av: Any = pytest.importorskip("av", reason="PyAV is not installed")

SECONDS = (0.0, 0.1, 0.2, 0.25, 0.9, 1.0)
"""Of the pictures of a film that stalls."""
END = 1.3


def _recorded(
    folder: Path, codec: str, *, files: int = 1, sizes: Sequence[tuple[int, int]] = ((64, 48),)
) -> Session:
    """A session of files with pictures at `SECONDS`, each as grey as its number."""
    path = make_session(folder, frames=1, raw=False)
    (path / "overlay-0001.mkv").unlink()
    videos = []
    for number in range(files):
        size = sizes[number % len(sizes)]
        file = path / f"overlay-{number + 1:04}.mkv"
        video = VideoFile(file, codec=codec, size=size, fps=10.0, min_free=0)
        for i, seconds in enumerate(SECONDS):
            grey = 20 + 20 * i
            video.write(np.full((size[1], size[0], 3), grey, np.uint8), seconds)
        video.close(END)
        videos.append(
            {
                "file": file.name,
                "kind": "overlay",
                "codec": codec,
                "fps": 10.0,
                "start": 100.0 * number,
                "seconds": video.seconds,
                "frames": video.frames,
                "width": size[0],
                "height": size[1],
            }
        )
    manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    return Session(path, manifest | {"videos": videos})


def _looked_at(path: Path) -> tuple[str, list[float], float]:
    """Codec, times of the pictures and length of a film, in seconds."""
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        times = [float(frame.pts * frame.time_base) for frame in film.decode(stream)]
        length = float((stream.duration or 0) * (stream.time_base or Fraction(1)))
        return stream.codec_context.name, times, length


def _boxes(path: Path) -> list[str]:
    """The outermost boxes of an MP4, in order."""
    data, at, names = path.read_bytes(), 0, []
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        names.append(name.decode())
        at += length
    return names


def _packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as film:
        return [bytes(packet) for packet in film.demux(video=0) if packet.size]


def test_h264_is_packed_as_it_is_with_its_times(tmp_path: Path) -> None:
    session = _recorded(tmp_path / "s", "h264")
    made = mp4.export(session, tmp_path / "film.mp4")
    assert (made.frames, made.files, made.remarks) == (6, [tmp_path / "film.mp4"], [])
    codec, times, length = _looked_at(tmp_path / "film.mp4")
    assert codec == "h264"
    assert times == pytest.approx(SECONDS, abs=0.001)
    assert length == pytest.approx(END, abs=0.001)
    assert _packets(tmp_path / "film.mp4") == _packets(session.path / "overlay-0001.mkv")


def test_files_follow_each_other_without_a_break(tmp_path: Path) -> None:
    session = _recorded(tmp_path / "s", "h264", files=3)
    assert mp4.export(session, tmp_path / "film.mp4").frames == 18
    _, times, length = _looked_at(tmp_path / "film.mp4")
    expected = [END * number + seconds for number in range(3) for seconds in SECONDS]
    assert times == pytest.approx(expected, abs=0.002)
    assert length == pytest.approx(3 * END, abs=0.002)


@pytest.mark.parametrize("codec", ["mjpeg", "mpeg4"])
def test_other_codecs_become_h264_as_long_as_they_were(codec: str, tmp_path: Path) -> None:
    session = _recorded(tmp_path / "s", codec)
    seconds = session.manifest["videos"][0]["seconds"]
    made = mp4.export(session, tmp_path / "film.mp4")
    kind, times, length = _looked_at(tmp_path / "film.mp4")
    assert kind == "h264"
    assert made.frames == len(times) == session.manifest["videos"][0]["frames"]
    assert length == pytest.approx(seconds, abs=0.001)
    if codec == "mjpeg":
        assert times == pytest.approx(SECONDS, abs=0.001)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["film.mp4"]


def test_pictures_are_those_that_were_recorded(tmp_path: Path) -> None:
    for codec in ("h264", "mjpeg"):
        mp4.export(_recorded(tmp_path / codec, codec), tmp_path / f"{codec}.mp4")
        pictures, _ = read_back(tmp_path / f"{codec}.mp4")
        greys = [float(picture.mean()) for picture in pictures]
        assert greys == pytest.approx([20 + 20 * i for i in range(6)], abs=4)


def test_a_player_need_not_have_all_of_it_to_begin(tmp_path: Path) -> None:
    mp4.export(_recorded(tmp_path / "s", "h264"), tmp_path / "film.mp4")
    names = _boxes(tmp_path / "film.mp4")
    assert names.index("moov") < names.index("mdat")


def test_a_time_of_the_session_can_be_taken(tmp_path: Path) -> None:
    session = _recorded(tmp_path / "s", "h264", files=2)
    made = mp4.export(session, tmp_path / "film.mp4", selection=Selection(start=0.25, end=100.2))
    _, times, length = _looked_at(tmp_path / "film.mp4")
    assert made.frames == 5
    assert times == pytest.approx([0.0, 0.65, 0.75, 1.05, 1.15], abs=0.002)
    assert length == pytest.approx(END - 0.25 + 0.2, abs=0.002)


def test_a_time_at_which_nothing_was_recorded_is_an_error(tmp_path: Path) -> None:
    session = _recorded(tmp_path / "s", "mjpeg")
    with pytest.raises(SourceError, match="nothing was recorded"):
        mp4.export(session, tmp_path / "film.mp4", selection=Selection(start=50.0))


def test_there_is_a_film_for_each_size(tmp_path: Path) -> None:
    session = _recorded(tmp_path / "s", "h264", files=3, sizes=((64, 48), (80, 60)))
    made = mp4.export(session, tmp_path / "film.mp4")
    assert [path.name for path in made.files] == ["film.mp4", "film-2.mp4"]
    assert made.remarks == ["film.mp4: pictures of 64x48", "film-2.mp4: pictures of 80x60"]
    assert len(_looked_at(tmp_path / "film.mp4")[1]) == 12
    assert len(_looked_at(tmp_path / "film-2.mp4")[1]) == 6


def test_h264_of_differing_settings_is_compressed_anew(tmp_path: Path) -> None:
    session = _recorded(tmp_path / "s", "h264", files=2)
    other = session.path / "overlay-0002.mkv"
    other.unlink()
    video = VideoFile(other, codec="h264", size=(64, 48), fps=200.0, min_free=0)
    for i in range(6):
        video.write(np.full((48, 64, 3), 20 * i, np.uint8), i / 200)
    video.close()
    settings = set()
    for file in session.path.glob("overlay-*.mkv"):
        with av.open(str(file)) as film:
            settings.add(bytes(film.streams.video[0].codec_context.extradata or b""))
    assert len(settings) == 2
    mp4.export(session, tmp_path / "film.mp4")
    pictures, _ = read_back(tmp_path / "film.mp4")
    assert len(pictures) == 12
    assert float(pictures[-1].mean()) == pytest.approx(100, abs=5)


@pytest.mark.parametrize("segments", [1, 2])
def test_a_session_that_a_kill_broke_off_is_written_too(segments: int, tmp_path: Path) -> None:
    path = make_session(tmp_path / "s", frames=20, raw=False, finished=False, segments=segments)
    mp4.export(Session.open(path), tmp_path / "film.mp4")
    _, times, length = _looked_at(tmp_path / "film.mp4")
    assert len(times) == 20
    assert length == pytest.approx(2.0, abs=0.002)


def test_the_raw_video_can_be_taken(tmp_path: Path) -> None:
    session = Session.open(make_session(tmp_path / "s", frames=3))
    for kind in ("raw", "overlay"):
        mp4.export(session, tmp_path / f"{kind}.mp4", kind=kind)
    raw, overlay = (read_back(tmp_path / f"{kind}.mp4")[0][0] for kind in ("raw", "overlay"))
    assert overlay.max() > 240, "outlined in white"
    assert raw.max() < 235


def test_videos_that_are_not_there_are_errors(tmp_path: Path) -> None:
    path = make_session(tmp_path / "s", frames=3, raw=False)
    with pytest.raises(UsageError, match="has no raw video") as caught:
        mp4.export(Session.open(path), tmp_path / "film.mp4", kind="raw")
    assert caught.value.hint == "--video overlay is there"
    (path / "overlay-0001.mkv").unlink()
    with pytest.raises(SourceError, match="has no video"):
        mp4.export(Session.open(path), tmp_path / "film.mp4")


@pytest.mark.parametrize("codec", ["h264", "mjpeg"])
def test_a_video_that_cannot_be_read_is_an_error(codec: str, tmp_path: Path) -> None:
    session = _recorded(tmp_path / "s", codec)
    (session.path / "overlay-0001.mkv").write_bytes(b"garbage")
    with pytest.raises(SourceError, match="cannot be read") as caught:
        mp4.export(session, tmp_path / "film.mp4")
    assert "sessions repair" in str(caught.value.hint)


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    session = _recorded(tmp_path / "s", "h264")
    with pytest.raises((SinkError, OSError)):
        mp4.export(session, tmp_path / "nowhere" / "film.mp4")


def test_it_is_told_how_far_it_is(tmp_path: Path) -> None:
    for codec in ("h264", "mjpeg"):
        told: list[float] = []
        session = _recorded(tmp_path / codec, codec, files=2)
        mp4.export(session, tmp_path / f"{codec}.mp4", told=told.append)
        assert told == sorted(told)
        assert told[-1] == pytest.approx(END + SECONDS[-1], abs=0.002)


class TestWithoutPyAV:
    """OpenCV alone."""

    @pytest.fixture(autouse=True)
    def _without(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing(name: str) -> Any:
            raise ModuleNotFoundError(name)

        monkeypatch.setattr(libav, "import_module", missing)

    def test_it_is_mpeg4_at_a_constant_rate_and_as_long(self, tmp_path: Path) -> None:
        session = _recorded(tmp_path / "s", "mjpeg", files=2)
        made = mp4.export(session, tmp_path / "film.mp4")
        codec, times, length = _looked_at(tmp_path / "film.mp4")
        assert codec == "mpeg4"
        assert length == pytest.approx(2 * END, abs=0.1)
        assert made.frames == len(times) == 26
        pictures, fps = read_back(tmp_path / "film.mp4")
        assert fps == 10.0
        assert float(pictures[6].mean()) == pytest.approx(80, abs=4), "while the film stalled"
        assert float(pictures[25].mean()) == pytest.approx(120, abs=4)

    def test_it_is_said_what_h264_needs(self, tmp_path: Path) -> None:
        made = mp4.export(_recorded(tmp_path / "s", "mjpeg"), tmp_path / "film.mp4")
        assert "pip install av" in made.remarks[0]
        assert "constant rate" in made.remarks[0]

    def test_a_film_that_is_not_whole_is_an_error(self, tmp_path: Path) -> None:
        session = _recorded(tmp_path / "s", "mjpeg")
        with pytest.raises(SinkError):
            mp4.export(session, tmp_path / "nowhere" / "film.mp4")
