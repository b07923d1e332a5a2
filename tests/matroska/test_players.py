"""What is written is read by those who will read it: OpenCV, FFmpeg, mkvtoolnix, mpv."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from livesegment.matroska.mend import mend
from livesegment.matroska.reader import MatroskaReader
from livesegment.matroska.writer import MatroskaWriter, Track
from tests.matroska.films import SIZE, moving
from tests.sinks.films import read_back

pytestmark = pytest.mark.wheel

TIMES = [40 * index + (7 * index) % 11 for index in range(100)]
"""Milliseconds; no two steps are the same."""


def _record(path: Path, *, close: bool = True) -> Path:
    """Motion JPEG whose pictures come at uneven times; unless closed, as a kill leaves it."""
    writer = MatroskaWriter(path, Track("V_MJPEG", SIZE))
    for picture, ms in zip(moving(len(TIMES)), TIMES, strict=True):
        writer.write(cv2.imencode(".jpg", picture)[1].tobytes(), ms, key=True)
    growing = path.read_bytes()
    writer.close()
    if not close:
        path.write_bytes(growing)
    return path


def _said_by(tool: str, *arguments: str) -> str:
    """What a player that is installed says."""
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    ran = subprocess.run(
        [tool, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def _positions(path: Path) -> list[int]:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    times = []
    while capture.grab():
        times.append(round(capture.get(cv2.CAP_PROP_POS_MSEC)))
    capture.release()
    return times


@pytest.mark.parametrize("close", [True, False])
def test_opencv_reads_every_picture_at_its_time(close: bool, tmp_path: Path) -> None:
    path = _record(tmp_path / "film.mkv", close=close)
    assert _positions(path) == TIMES
    images, _ = read_back(path)
    packets = [np.frombuffer(block.data, np.uint8) for block in MatroskaReader(path)]
    alone: list[Any] = [cv2.imdecode(packet, cv2.IMREAD_COLOR) for packet in packets]
    assert len(images) == len(alone)
    for index, image in enumerate(images):  # decoders differ a little, pictures differ more
        assert np.argmin([cv2.norm(image, other, cv2.NORM_L1) for other in alone]) == index


def test_opencv_counts_the_pictures_and_finds_its_way(tmp_path: Path) -> None:
    capture = cv2.VideoCapture(str(_record(tmp_path / "film.mkv")), cv2.CAP_FFMPEG)
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == len(TIMES)
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(25, rel=0.01)
    for index in (50, 99, 10, 0, 73):
        assert capture.set(cv2.CAP_PROP_POS_MSEC, 40 * index)
        assert capture.grab()
        assert capture.get(cv2.CAP_PROP_POS_MSEC) == pytest.approx(TIMES[index], abs=45)
    capture.release()


def test_pyav_reads_every_picture_at_its_time(tmp_path: Path) -> None:
    av: Any = pytest.importorskip("av", reason="PyAV is not installed")
    with av.open(str(_record(tmp_path / "film.mkv"))) as film:
        assert film.duration / 1000 == MatroskaReader(tmp_path / "film.mkv").duration_ms
        assert [frame.pts for frame in film.decode(video=0)] == TIMES
        film.seek(2_000_000)
        assert next(film.decode(video=0)).pts <= 2000


@pytest.mark.parametrize("close", [True, False])
def test_ffprobe_reads_every_packet(close: bool, tmp_path: Path) -> None:
    path = _record(tmp_path / "film.mkv", close=close)
    asked = "packet=pts_time,flags:format=duration"
    found = json.loads(
        _said_by("ffprobe", "-v", "error", "-of", "json", "-show_entries", asked, str(path))
    )
    assert [round(1000 * float(packet["pts_time"])) for packet in found["packets"]] == TIMES
    assert all("K" in packet["flags"] for packet in found["packets"])
    assert ("duration" in found["format"]) is close
    if close:
        duration = MatroskaReader(path).duration_ms
        assert round(1000 * float(found["format"]["duration"])) == duration


def test_mkvinfo_finds_nothing_amiss(tmp_path: Path) -> None:
    said = _said_by(
        "mkvinfo", "--all", "--ui-language", "en_US", str(_record(tmp_path / "film.mkv"))
    )
    assert said.count("Simple block") == len(TIMES)
    assert said.count("Cue point") == 5
    assert not any(word in said.lower() for word in ("warning", "error", "unknown", "damage"))


@pytest.mark.parametrize("close", [True, False])
def test_mkvmerge_takes_it_without_a_warning(close: bool, tmp_path: Path) -> None:
    path = _record(tmp_path / "film.mkv", close=close)
    said = _said_by("mkvmerge", "--abort-on-warnings", "-o", str(tmp_path / "other.mkv"), str(path))
    assert "warning" not in said.lower()
    assert [block.ms for block in MatroskaReader(tmp_path / "other.mkv")] == TIMES


@pytest.mark.parametrize("close", [True, False])
def test_mpv_plays_it_to_the_end(close: bool, tmp_path: Path) -> None:
    path = _record(tmp_path / "film.mkv", close=close)
    said = _said_by("mpv", "--no-config", "--vo=null", "--ao=null", "--untimed", str(path))
    assert "End of file" in said
    assert "error" not in said.lower()


def test_a_mended_film_shows_what_the_cut_one_did(tmp_path: Path) -> None:
    cut = _record(tmp_path / "cut.mkv", close=False)
    cut.write_bytes(cut.read_bytes()[:-1])
    mend(cut, tmp_path / "whole.mkv")
    assert _positions(tmp_path / "whole.mkv") == TIMES[:-1]
    capture = cv2.VideoCapture(str(tmp_path / "whole.mkv"), cv2.CAP_FFMPEG)
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == len(TIMES) - 1
    capture.release()
