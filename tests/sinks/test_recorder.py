"""Every second of life, or every frame of a film, gets into the recording."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livesegment.codecs.base import EncoderError
from livesegment.errors import SinkError
from livesegment.frame import Image
from livesegment.sinks import recorder as recorder_module
from livesegment.sinks.recorder import QUEUE, Recorder
from tests.fakes import CEILING, SIZE, image, wait_for
from tests.sinks.films import read_back


def _recorder(folder: Path, *, live: bool = False, codec: str = "mpeg4", **more: Any) -> Recorder:
    return Recorder(folder, "overlay", live=live, codec=codec, min_free=0, **more)


def _write(
    recorder: Recorder,
    index: int,
    at: float | None = None,
    *,
    fps: float | None = 25,
    size: tuple[int, int] = SIZE,
) -> None:
    recorder.write(image(index, size), index / 25 if at is None else at, fps)


def _greys(images: list[Image]) -> list[int]:
    """Which frames of `fakes.frame` they are, roughly: the encoder loses a little."""
    return [round(float(picture.mean())) for picture in images]


@pytest.mark.wheel
def test_every_frame_of_a_film_is_recorded_once(tmp_path: Path) -> None:
    recorder = _recorder(tmp_path)
    for index in range(100):
        _write(recorder, index)
    recorder.close(None)
    images, fps = read_back(tmp_path / "overlay-0001.mkv")
    assert fps == 25
    assert _greys(images) == pytest.approx(list(range(100)), abs=6)
    assert recorder.dropped == 0


@pytest.mark.wheel
def test_a_finished_recording_says_what_it_is(tmp_path: Path) -> None:
    recorder = _recorder(tmp_path)
    for index in range(10):
        _write(recorder, index)
    recorder.close(None)
    path = tmp_path / "overlay-0001.mkv"
    assert recorder.files == [
        {
            "file": "overlay-0001.mkv",
            "kind": "overlay",
            "codec": "mpeg4",
            "encoder": "OpenCV MPEG-4",
            "start": 0.0,
            "frames": 10,
            "fps": 25,
            "seconds": 0.4,
            "width": 64,
            "height": 48,
            "bytes": path.stat().st_size,
        }
    ]


@pytest.mark.wheel
@pytest.mark.parametrize("codec", ["mpeg4", "mjpeg"])
def test_a_live_recording_lasts_as_long_as_it_was_live(codec: str, tmp_path: Path) -> None:
    recorder = _recorder(tmp_path, live=True, codec=codec)
    for index, at in enumerate([0.0, 0.1, 0.2, 1.7, 1.8]):
        _write(recorder, index, at=at, fps=30)
    recorder.close(3.0)
    assert recorder.files[0]["seconds"] == pytest.approx(3.0, abs=1 / 30)
    if codec == "mpeg4":
        images, fps = read_back(tmp_path / "overlay-0001.mkv")
        assert len(images) / fps == pytest.approx(3.0, abs=1 / 30)


@pytest.mark.parametrize("fps", [None, 1000.0, 0.0, 1e-9])
def test_a_rate_that_cannot_be_believed_is_replaced(fps: float | None, tmp_path: Path) -> None:
    recorder = _recorder(tmp_path)
    for index in range(5):
        _write(recorder, index, at=index / 10, fps=fps)
    recorder.close(None)
    assert recorder.files[0]["fps"] == 30
    assert recorder.files[0]["seconds"] == pytest.approx(0.4, abs=0.04)


@pytest.mark.wheel
def test_a_change_of_size_begins_another_file(tmp_path: Path) -> None:
    recorder = _recorder(tmp_path)
    for index, size in enumerate([(64, 48)] * 5 + [(33, 21)] * 3 + [(64, 48)] * 2):
        _write(recorder, index, size=size)
    recorder.close(None)
    sizes = []
    for file in recorder.files:
        images, _ = read_back(tmp_path / file["file"])
        sizes.append((len(images), images[0].shape[:2]))
    assert sizes == [(5, (48, 64)), (3, (22, 34)), (2, (48, 64))]
    assert [file["start"] for file in recorder.files] == [0.0, 0.2, 0.32]


def test_a_long_silence_begins_another_file(tmp_path: Path) -> None:
    recorder = _recorder(tmp_path, live=True)
    for index, at in enumerate([0.0, 0.04, 3700.0]):
        _write(recorder, index, at=at)
    recorder.close(3700.04)
    assert [(file["frames"], file["start"]) for file in recorder.files] == [(2, 0.0), (1, 3700.0)]


@pytest.mark.wheel
@pytest.mark.parametrize("codec", ["mpeg4", "mjpeg"])
def test_after_the_length_asked_for_another_file_begins(codec: str, tmp_path: Path) -> None:
    recorder = _recorder(tmp_path, codec=codec, segment_length=2.0)
    for index in range(125):
        _write(recorder, index)
    recorder.close(None)
    assert [file["frames"] for file in recorder.files] == [50, 50, 25]
    assert [file["start"] for file in recorder.files] == [0.0, 2.0, 4.0]
    assert [file["seconds"] for file in recorder.files] == [2.0, 2.0, 1.0]
    pictures = [
        picture for file in recorder.files for picture in read_back(tmp_path / file["file"])[0]
    ]
    assert _greys(pictures) == pytest.approx(list(range(125)), abs=6)


def test_another_file_begins_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = threading.Event()
    _encoder(monkeypatch, lambda _: written.set())
    recorder = _recorder(tmp_path)
    _write(recorder, 0)
    wait_for(written)
    recorder.split()
    _write(recorder, 1)
    _write(recorder, 2)
    recorder.close(None)
    assert [file["frames"] for file in recorder.files] == [1, 2]


def test_another_file_begins_even_where_the_picture_that_was_to_begin_it_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for behind a queue that is full: before it nothing is cut off, after it all is."""
    begun, go_on = threading.Event(), threading.Event()

    def hold_up(_: object) -> None:
        begun.set()
        wait_for(go_on)

    _encoder(monkeypatch, hold_up)
    recorder = _recorder(tmp_path, live=True)
    _write(recorder, 0)
    wait_for(begun)
    for index in range(1, 11):
        _write(recorder, index)
    recorder.split()
    for index in range(11, 15):
        _write(recorder, index)
    assert recorder.dropped == 0
    recorder.split()
    for index in range(15, 15 + 2 * QUEUE):
        _write(recorder, index)
    lost = recorder.dropped
    go_on.set()
    recorder.close(None)
    assert lost > QUEUE
    assert [file["start"] for file in recorder.files] == [0.0, round((15 + QUEUE) / 25, 4)]
    assert [file["frames"] for file in recorder.files] == [1, QUEUE]


def test_what_waits_when_another_file_is_asked_for_belongs_to_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hold_up(_: object) -> None:
        begun.set()
        wait_for(go_on)

    _encoder(monkeypatch, hold_up)
    recorder = _recorder(tmp_path, live=True)
    _write(recorder, 0)
    wait_for(begun)
    for index in range(1, 10):
        _write(recorder, index)
    recorder.split()
    _write(recorder, 10)
    go_on.set()
    recorder.close(None)
    assert [file["frames"] for file in recorder.files] == [10, 1]


def test_the_frames_of_a_very_slow_film_stay_together(tmp_path: Path) -> None:
    recorder = _recorder(tmp_path)
    for index in range(4):
        _write(recorder, index, at=100.0 * index, fps=0.01)
    recorder.close(None)
    assert [file["frames"] for file in recorder.files] == [4]


@pytest.mark.wheel
def test_a_picture_of_one_pixel_is_recorded(tmp_path: Path) -> None:
    recorder = _recorder(tmp_path)
    for index in range(3):
        _write(recorder, index, size=(1, 1))
    recorder.close(None)
    assert len(read_back(tmp_path / "overlay-0001.mkv")[0]) == 3
    assert (recorder.files[0]["width"], recorder.files[0]["height"]) == (1, 1)


def test_a_recording_of_nothing_leaves_nothing(tmp_path: Path) -> None:
    recorder = _recorder(tmp_path, live=True)
    recorder.close(None)
    recorder.close(None)
    assert list(tmp_path.iterdir()) == []
    assert recorder.files == []


def test_nothing_has_its_final_name_before_the_end(tmp_path: Path) -> None:
    recorder = _recorder(tmp_path)
    for index in range(QUEUE + 10):  # more than the queue holds: some are with the encoder
        _write(recorder, index)
    assert not (tmp_path / "overlay-0001.mkv").exists()
    recorder.close(None)
    assert [path.name for path in tmp_path.iterdir()] == ["overlay-0001.mkv"]


class _File:
    """As `VideoFile`; `on_write` is called with each picture and may wait or raise."""

    on_write: Callable[[Image], object] = staticmethod(lambda _: None)
    encoder = "fake"
    size_in_bytes = 0

    def __init__(self, path: Path, *, codec: str, fps: float, size: tuple[int, int], min_free: int):
        self.fps, self.size = fps, size
        self.frames, self.seconds = 0, 0.0

    def write(self, image: Image, seconds: float) -> None:
        type(self).on_write(image)
        self.frames += 1
        self.seconds = seconds

    def close(self, end: float | None) -> None:
        self.seconds = end or self.seconds


def _encoder(monkeypatch: pytest.MonkeyPatch, on_write: Callable[[Image], object]) -> None:
    monkeypatch.setattr(_File, "on_write", staticmethod(on_write))
    monkeypatch.setattr(recorder_module, "VideoFile", _File)


def test_what_a_slow_encoder_misses_of_a_live_recording_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoding, release = threading.Event(), threading.Event()

    def slow(_: Image) -> None:
        encoding.set()
        wait_for(release)

    _encoder(monkeypatch, slow)
    recorder = _recorder(tmp_path, live=True)
    _write(recorder, 0)
    wait_for(encoding)
    for index in range(1, 1 + QUEUE + 12):
        _write(recorder, index)
    dropped = recorder.dropped
    release.set()
    recorder.close(2.0)
    assert dropped == recorder.dropped == 12
    assert recorder.files[0]["seconds"] == pytest.approx(2.0, abs=1 / 25)


def test_a_slow_encoder_holds_a_film_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures: list[int] = []
    _encoder(monkeypatch, lambda image: pictures.append(int(image[0, 0, 0])))
    recorder = _recorder(tmp_path)
    for index in range(200):
        _write(recorder, index)
    recorder.close(None)
    assert pictures == list(range(200))


def test_the_time_that_each_picture_took_to_encode_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _encoder(monkeypatch, lambda _: None)
    told: list[tuple[str, float]] = []
    recorder = _recorder(tmp_path, spent=lambda stage, seconds: told.append((stage, seconds)))
    for index in range(4):
        _write(recorder, index)
    recorder.close(None)
    assert [stage for stage, _ in told] == ["encode"] * 4
    assert all(seconds >= 0 for _, seconds in told)


def test_an_error_of_the_encoder_reaches_the_next_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail(monkeypatch)
    recorder = _recorder(tmp_path)
    _write(recorder, 0)
    assert recorder._worker.stop(CEILING)
    with pytest.raises(SinkError, match="disk is full"):
        _write(recorder, 2)
    recorder.close(None)


def test_an_error_of_the_encoder_is_noticed_between_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail(monkeypatch)
    recorder = _recorder(tmp_path, live=True)
    _write(recorder, 0)
    assert recorder._worker.stop(CEILING)
    with pytest.raises(SinkError, match="disk is full"):
        recorder.check()
    recorder.close(None)


def test_an_error_at_the_very_end_is_raised_by_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail(monkeypatch)
    recorder = _recorder(tmp_path)
    _write(recorder, 0)
    with pytest.raises(SinkError, match="disk is full"):
        recorder.close(None)
    recorder.close(None)


def test_a_film_that_waits_for_a_failed_encoder_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail(monkeypatch)
    recorder = _recorder(tmp_path)

    def write() -> None:
        for index in range(10 * QUEUE):
            _write(recorder, index)
        recorder.close(None)

    with pytest.raises(SinkError, match="disk is full"):
        write()


def _fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Image) -> Any:
        raise SinkError("the disk is full")

    _encoder(monkeypatch, full)


@pytest.mark.wheel
def test_where_a_codec_fails_the_last_resort_goes_on(tmp_path: Path) -> None:
    recorder = _recorder(tmp_path)
    for index in range(3):  # larger than MPEG-4 can be
        _write(recorder, index, size=(8200, 16))
    recorder.close(None)
    assert [file["codec"] for file in recorder.files] == ["mjpeg"]
    assert "went on as mjpeg" in recorder.problems[0]
    assert len(read_back(tmp_path / recorder.files[0]["file"])[0]) == 3


def test_what_an_encoder_wrote_before_it_failed_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(self: Any, image: Image, ms: int) -> Any:
        if int(image[0, 0, 0]) == 5:
            raise SinkError("the GPU is gone")
        return encode(self, image, ms)

    from livesegment.codecs.mpeg4 import Mpeg4Encoder

    encode = Mpeg4Encoder.encode
    monkeypatch.setattr(Mpeg4Encoder, "encode", breaks)
    recorder = _recorder(tmp_path)
    for index in range(10):
        _write(recorder, index)
    recorder.close(None)
    assert [(file["codec"], file["frames"]) for file in recorder.files] == [
        ("mpeg4", 5),
        ("mjpeg", 4),
    ]
    assert "the GPU is gone" in recorder.problems[0]


def test_a_failure_of_the_last_resort_ends_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Image) -> Any:
        raise EncoderError("no more pictures")

    _encoder(monkeypatch, broken)
    recorder = _recorder(tmp_path)
    _write(recorder, 0)
    with pytest.raises(EncoderError):
        recorder.close(None)
    assert recorder.files == []


def test_large_pictures_wait_in_smaller_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "QUEUE_BYTES", 5 * 64 * 48 * 3)
    release = threading.Event()
    _encoder(monkeypatch, lambda _: wait_for(release))
    recorder = _recorder(tmp_path, live=True)
    for index in range(12):
        _write(recorder, index)
    dropped = recorder.dropped
    release.set()
    recorder.close(None)
    assert dropped in {6, 7}  # one may be with the encoder
