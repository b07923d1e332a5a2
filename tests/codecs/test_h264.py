"""Which encoder is taken, how it is set, and how it gets on with OpenCV."""

import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from livesegment.codecs import h264, hardware
from livesegment.codecs.base import Packet
from livesegment.codecs.h264 import H264Encoder, software, why_not
from livesegment.codecs.hardware import Verdict
from livesegment.codecs.libav import LibavEncoder, Recipe
from livesegment.codecs.mjpeg import jpeg
from livesegment.errors import SinkError
from livesegment.frame import Image
from livesegment.matroska.writer import MatroskaWriter, Track
from livesegment.threads.worker import Worker
from tests.codecs.decoding import decoded
from tests.fakes import CEILING, image

pytest.importorskip("av")
pytestmark = pytest.mark.wheel

SIZE = (320, 240)


@pytest.fixture(autouse=True)
def _no_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "_verdicts", {})
    monkeypatch.setattr(hardware, "CANDIDATES", ())


class Failing:
    """Stands in for an encoder in hardware: it opens, and fails at the second picture."""

    name = "h264_nvenc"
    private = b""

    def __init__(self, recipe: Recipe, size: tuple[int, int], fps: float) -> None:
        self.pictures = 0

    def encode(self, picture: Image, ms: int) -> list[Packet]:
        self.pictures += 1
        if self.pictures == 2:
            raise SinkError("h264_nvenc failed: device lost")
        return [Packet(b"", ms, key=True)]


def with_hardware(monkeypatch: pytest.MonkeyPatch, stand_in: Any) -> None:
    """Have h264_nvenc here, and this do its work."""
    known = SimpleNamespace(codecs_available={"h264_nvenc"})
    monkeypatch.setattr(hardware, "load", lambda: known)
    nvenc = hardware.Candidate(Recipe("h264_nvenc"), lambda: True)
    monkeypatch.setattr(hardware, "CANDIDATES", (nvenc,))
    monkeypatch.setattr(hardware, "_verdicts", {"h264_nvenc": Verdict()})

    def make(recipe: Recipe, size: tuple[int, int], fps: float) -> Any:
        kind = stand_in if recipe.encoder == "h264_nvenc" else LibavEncoder
        return kind(recipe, size, fps)

    monkeypatch.setattr(h264, "LibavEncoder", make)


@pytest.mark.parametrize(
    ("size", "fps", "cores", "preset", "threads"),
    [
        ((640, 360), 30.0, 1, "veryfast", "1"),
        ((1280, 720), 30.0, 2, "veryfast", "1"),
        ((1280, 720), 60.0, 2, "superfast", "1"),
        ((1920, 1080), 30.0, 2, "ultrafast", "1"),
        ((1920, 1080), 30.0, 4, "superfast", "1"),
        ((1920, 1080), 60.0, 16, "ultrafast", "2"),
        ((3840, 2160), 30.0, 1, "ultrafast", "1"),
        ((3840, 2160), 30.0, 16, "ultrafast", "2"),
    ],
)
def test_the_preset_leaves_the_network_its_processor(
    size: tuple[int, int], fps: float, cores: int, preset: str, threads: str
) -> None:
    recipe = software(size, fps, cores)
    assert recipe.name == f"libx264 {preset}"
    assert recipe.options["preset"] == preset
    assert recipe.options["threads"] == threads


def test_h264_can_be_had() -> None:
    assert why_not() is None


def test_missing_pyav_is_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    assert why_not() == "H.264 needs PyAV, which is not installed"


def test_a_pyav_without_libx264_is_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(h264, "SOFTWARE", "libx264_none")
    assert "built without libx264_none" in str(why_not())


def test_hardware_that_works_makes_up_for_libx264(monkeypatch: pytest.MonkeyPatch) -> None:
    with_hardware(monkeypatch, Failing)
    monkeypatch.setattr(h264, "SOFTWARE", "libx264_none")
    assert why_not() is None


def test_without_hardware_libx264_encodes() -> None:
    encoder = H264Encoder(SIZE, 25.0)
    (packet,) = encoder.encode(image(90, SIZE), 0)
    assert encoder.name == "libx264 veryfast"
    assert packet.key
    assert encoder.private[0] == 1
    assert encoder.flush() == []
    encoder.close()
    encoder.close()


def test_hardware_that_works_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with_hardware(monkeypatch, Failing)
    assert H264Encoder(SIZE, 25.0).name == "h264_nvenc"


def test_hardware_that_does_not_open_after_all_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise SinkError("no session left")

    with_hardware(monkeypatch, refuse)
    assert H264Encoder(SIZE, 25.0).name == "libx264 veryfast"
    assert hardware.working() == []


def test_after_hardware_has_failed_libx264_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with_hardware(monkeypatch, Failing)
    encoder = H264Encoder(SIZE, 25.0)
    encoder.encode(image(0), 0)
    with pytest.raises(SinkError, match="device lost"):
        encoder.encode(image(1), 40)
    assert H264Encoder(SIZE, 25.0).name == "libx264 veryfast"


def film(path: Path) -> Path:
    """A film of 60 pictures, ever brighter."""
    encoder = H264Encoder(SIZE, 25.0)
    packets = [p for i in range(60) for p in encoder.encode(image(4 * i, SIZE), 40 * i)]
    writer = MatroskaWriter(path, Track(encoder.codec_id, SIZE, encoder.private))
    for packet in packets:
        writer.write(packet.data, packet.ms, key=packet.key)
    writer.close(2400)
    return path


def test_two_threads_encode_while_opencv_decodes(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mkv")
    found: dict[str, list[float]] = {}

    def work(name: str) -> None:
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        encoder = H264Encoder(SIZE, 25.0)
        packets: list[Packet] = []
        for index in range(60):
            picture = np.asarray(capture.read()[1], np.uint8)
            packets += encoder.encode(picture, 40 * index)
        capture.release()
        frames = decoded(encoder.private, packets)
        found[name] = [float(frame.to_ndarray(format="bgr24").mean()) for frame in frames]

    workers = [Worker(name, partial(work, name)) for name in ("one", "two")]
    for worker in workers:
        worker.start()
    for worker in workers:
        assert worker.stop(CEILING)
        assert worker.error is None
    assert np.allclose(found["one"], [4 * index for index in range(60)], atol=4)
    assert found["one"] == found["two"]


def test_a_program_that_ends_with_an_open_encoder_ends_well() -> None:
    program = (
        "import numpy as np, cv2\n"
        "from livesegment.codecs.h264 import H264Encoder\n"
        "encoder = H264Encoder((320, 240), 30.0)\n"
        "encoder.encode(np.zeros((240, 320, 3), np.uint8), 0)\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (child.returncode, child.stdout, child.stderr) == (0, "", "")


@pytest.mark.shared
def test_a_film_is_a_tenth_of_what_motion_jpeg_makes_of_it(shared: Path) -> None:
    capture = cv2.VideoCapture(str(shared / "assets/media/highway.mp4"), cv2.CAP_FFMPEG)
    pictures = [np.asarray(capture.read()[1], np.uint8) for _ in range(50)]
    capture.release()
    encoder = H264Encoder((854, 480), 25.0)
    packets = [p for i, picture in enumerate(pictures) for p in encoder.encode(picture, 40 * i)]
    size = sum(len(packet.data) for packet in packets)
    assert size < sum(len(jpeg(picture)) for picture in pictures) / 10
    frames = decoded(encoder.private, packets)
    for frame, picture in list(zip(frames, pictures, strict=True))[::10]:
        assert cv2.PSNR(frame.to_ndarray(format="bgr24"), picture) > 36
