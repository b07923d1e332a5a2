"""Encoders of FFmpeg by themselves: their times, key frames, colours and failures."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from livesegment.codecs import libav
from livesegment.codecs.base import Packet
from livesegment.codecs.libav import KEY_MS, LibavEncoder, Recipe
from livesegment.errors import SinkError
from livesegment.frame import Image
from livesegment.matroska.writer import MatroskaWriter, Track
from tests.codecs.decoding import decoded

pytest.importorskip("av")
pytestmark = pytest.mark.wheel

SIZE = (322, 182)
FAST = Recipe("libx264", {"preset": "ultrafast", "tune": "zerolatency", "threads": "1"})
FINE = Recipe("libx264", {**FAST.options, "crf": "8"}, name="fine")
BT601, LIMITED, BT709 = 6, 1, 1
"""As ITU-T H.273 counts matrices, FFmpeg ranges, and H.273 primaries."""


def slope(index: int, size: tuple[int, int] = SIZE) -> Image:
    """A picture of many colours, smooth, that moves."""
    across, down = np.meshgrid(np.arange(size[0]) / 90, np.arange(size[1]) / 60)
    phases = np.stack([across + index / 9, down, across - down], axis=-1)
    return (127 + 120 * np.sin(phases)).astype(np.uint8)


def encoded(encoder: LibavEncoder, times: list[int]) -> list[Packet]:
    """A slope for each time, in ms."""
    packets = [p for i, ms in enumerate(times) for p in encoder.encode(slope(i), ms)]
    return [*packets, *encoder.flush()]


@pytest.mark.parametrize("fps", [3.0, 15.0, 29.97, 60.0])
def test_every_picture_is_there_at_once_and_at_its_time(fps: float) -> None:
    encoder = LibavEncoder(FAST, SIZE, fps)
    times = [round(1000 * i / fps) + 7 * (i % 3) for i in range(20)]
    for index, ms in enumerate(times):
        (packet,) = encoder.encode(slope(index), ms)
        assert packet.ms == ms
    assert encoder.flush() == []


@pytest.mark.parametrize("step", [40, 333, 900])
def test_key_frames_are_no_further_apart_than_promised(step: int) -> None:
    encoder = LibavEncoder(FAST, SIZE, 25.0)
    times = [i * step for i in range(5000 // step)]
    keys = [packet.ms for packet in encoded(encoder, times) if packet.key]
    assert keys[0] == 0
    assert max(np.diff([*keys, times[-1]])) < KEY_MS + step


def test_the_first_picture_after_a_stall_is_a_key_frame() -> None:
    packets = encoded(LibavEncoder(FAST, SIZE, 25.0), [0, 40, 80, 5080, 5120])
    assert [packet.key for packet in packets] == [True, False, False, True, False]


def test_a_key_frame_can_be_read_without_the_ones_before() -> None:
    encoder = LibavEncoder(FAST, SIZE, 25.0)
    packets = encoded(encoder, [0, 40, 80, 5080, 5120])
    assert len(decoded(encoder.private, packets[3:])) == 2


@pytest.mark.parametrize("size", [SIZE, (854, 480), (64, 34), (16, 16)])
def test_pictures_are_what_they_were(size: tuple[int, int]) -> None:
    encoder = LibavEncoder(FINE, size, 25.0)
    packets = [p for i in range(4) for p in encoder.encode(slope(i, size), 40 * i)]
    frames = decoded(encoder.private, packets)
    assert len(frames) == 4
    for index, frame in enumerate(frames):
        assert cv2.PSNR(frame.to_ndarray(format="bgr24"), slope(index, size)) > 36


def test_the_colours_are_stated_as_they_are() -> None:
    encoder = LibavEncoder(FINE, SIZE, 25.0)
    (frame,) = decoded(encoder.private, encoded(encoder, [0]))
    stated = (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc)
    assert [int(value) for value in stated] == [BT601, LIMITED, BT709, BT709]


def test_opencv_reads_the_same_colours(tmp_path: Path) -> None:
    encoder = LibavEncoder(FINE, SIZE, 25.0)
    packets = encoded(encoder, [0, 40, 80])
    writer = MatroskaWriter(tmp_path / "film.mkv", Track(encoder.codec_id, SIZE, encoder.private))
    for packet in packets:
        writer.write(packet.data, packet.ms, key=packet.key)
    writer.close(120)
    capture = cv2.VideoCapture(str(tmp_path / "film.mkv"), cv2.CAP_FFMPEG)
    for index in range(3):
        arrived, picture = capture.read()
        assert arrived
        assert cv2.PSNR(picture, slope(index)) > 36
    capture.release()


def test_parameter_sets_may_come_with_the_first_picture() -> None:
    in_band = Recipe("libx264", {**FAST.options, "flags": "-global_header"})
    encoder = LibavEncoder(in_band, SIZE, 25.0)
    assert not encoder.private
    (packet,) = encoder.encode(slope(0), 0)
    assert len(decoded(encoder.private, [packet])) == 1


def test_what_is_held_back_comes_at_the_end() -> None:
    ahead = Recipe("libx264", {"preset": "veryfast", "rc-lookahead": "5", "threads": "1"})
    encoder = LibavEncoder(ahead, SIZE, 25.0)
    times = [40 * i for i in range(12)]
    early = [p for i, ms in enumerate(times) for p in encoder.encode(slope(i), ms)]
    late = encoder.flush()
    assert late
    assert [packet.ms for packet in early + late] == times


def test_an_encoder_of_another_format_is_an_error() -> None:
    encoder = LibavEncoder(Recipe("mpeg4"), SIZE, 25.0)
    with pytest.raises(SinkError, match="mpeg4 failed: no parameter sets"):
        encoded(encoder, [0])


def test_an_unknown_encoder_is_an_error() -> None:
    with pytest.raises(SinkError, match="h264_none does not start"):
        LibavEncoder(Recipe("h264_none"), SIZE, 25.0)


def test_a_refused_size_is_an_error_in_few_words() -> None:
    with pytest.raises(SinkError, match=r"^libx264 does not start: [\w ]+$"):
        LibavEncoder(FAST, (3, 3), 25.0)


def test_a_picture_after_the_end_is_an_error() -> None:
    encoder = LibavEncoder(FINE, SIZE, 25.0)
    encoded(encoder, [0])
    with pytest.raises(SinkError, match="fine failed"):
        encoder.encode(slope(1), 40)


def test_no_pictures_are_no_packets() -> None:
    encoder = LibavEncoder(FAST, SIZE, 25.0)
    assert encoder.flush() == []
    encoder.close()
    encoder.close()


def test_missing_pyav_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(SinkError, match="not installed") as caught:
        libav.load()
    assert caught.value.hint == "pip install av"


def test_broken_pyav_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "av.py").write_text("raise ImportError('libavcodec is gone')")
    monkeypatch.delitem(sys.modules, "av")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(SinkError, match="cannot be loaded: libavcodec is gone") as caught:
        libav.load()
    assert "--force-reinstall" in str(caught.value.hint)
