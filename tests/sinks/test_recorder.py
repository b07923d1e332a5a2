"""Every second of life, or every frame of a film, gets into the recording."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livesegment.errors import SinkError
from livesegment.frame import Image
from livesegment.sinks import recorder as recorder_module
from livesegment.sinks.base import Ending
from livesegment.sinks.recorder import QUEUE, Recorder
from tests.fakes import CEILING, view, wait_for
from tests.sinks.films import read_back

END = Ending.END_OF_SOURCE


def _greys(images: list[Image]) -> list[int]:
    """Which frames of `fakes.frame` they are, roughly: the encoder loses a little."""
    return [round(float(picture.mean())) for picture in images]


@pytest.mark.wheel
def test_every_frame_of_a_film_is_recorded_once(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, live=False)
    for index in range(100):
        assert recorder.write(view(index))
    recorder.close(END)
    images, fps = read_back(tmp_path / "overlay-0001.mkv")
    assert fps == 25
    assert _greys(images) == pytest.approx(list(range(100)), abs=6)
    assert recorder.dropped == 0


@pytest.mark.wheel
def test_a_finished_recording_says_what_it_is(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, live=False)
    for index in range(10):
        recorder.write(view(index))
    recorder.close(END)
    assert recorder.files == [
        {
            "file": "overlay-0001.mkv",
            "start": 0.0,
            "frames": 10,
            "fps": 25,
            "seconds": 0.4,
            "width": 64,
            "height": 48,
        }
    ]


@pytest.mark.wheel
def test_a_live_recording_lasts_as_long_as_it_was_live(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, live=True, clock=lambda: 103.0)
    for index, at in enumerate([100.0, 100.1, 100.2, 101.7, 101.8]):
        recorder.write(view(index, at=at, fps=30))
    recorder.close(END)
    images, fps = read_back(tmp_path / "overlay-0001.mkv")
    assert len(images) / fps == pytest.approx(3.0, abs=1 / 30)


def test_a_live_recording_goes_by_capture_time_and_a_film_by_its_own(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, live=False, clock=lambda: 1e6)
    for index in range(4):
        recorder.write(view(index, at=50.0 * index, pts=index / 25))
    recorder.close(END)
    assert recorder.files[0]["frames"] == 4


@pytest.mark.parametrize("fps", [None, 1000.0, 0.0, 1e-9])
def test_a_rate_that_cannot_be_believed_is_replaced(fps: float | None, tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, live=False)
    for index in range(5):
        recorder.write(view(index, pts=index / 10, fps=fps))
    recorder.close(END)
    assert recorder.files[0]["fps"] == 30
    assert recorder.files[0]["seconds"] == pytest.approx(0.4, abs=0.04)


@pytest.mark.wheel
def test_a_change_of_size_begins_another_file(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, live=False)
    for index, size in enumerate([(64, 48)] * 5 + [(33, 21)] * 3 + [(64, 48)] * 2):
        recorder.write(view(index, size=size))
    recorder.close(END)
    sizes = []
    for file in recorder.files:
        images, _ = read_back(tmp_path / file["file"])
        sizes.append((len(images), images[0].shape[:2]))
    assert sizes == [(5, (48, 64)), (3, (22, 34)), (2, (48, 64))]
    assert [file["start"] for file in recorder.files] == [0.0, 0.2, 0.32]


def test_a_long_silence_begins_another_file(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, live=True, clock=lambda: 3700.04)
    for index, at in enumerate([0.0, 0.04, 3700.0]):
        recorder.write(view(index, at=at))
    recorder.close(END)
    assert [(file["frames"], file["start"]) for file in recorder.files] == [(2, 0.0), (1, 3700.0)]


def test_the_frames_of_a_very_slow_film_stay_together(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, live=False)
    for index in range(4):
        recorder.write(view(index, pts=100.0 * index, fps=0.01))
    recorder.close(END)
    assert [file["frames"] for file in recorder.files] == [4]


@pytest.mark.wheel
def test_a_picture_of_one_pixel_is_recorded(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, live=False)
    for index in range(3):
        recorder.write(view(index, size=(1, 1)))
    recorder.close(END)
    assert len(read_back(tmp_path / "overlay-0001.mkv")[0]) == 3
    assert (recorder.files[0]["width"], recorder.files[0]["height"]) == (1, 1)


def test_a_recording_of_nothing_leaves_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, live=True)
    recorder.close(END)
    recorder.close(END)
    assert list(tmp_path.iterdir()) == []
    assert recorder.files == []


def test_nothing_has_its_final_name_before_the_end(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, live=False)
    for index in range(QUEUE + 10):  # more than the queue holds: some are with the encoder
        recorder.write(view(index))
    assert not (tmp_path / "overlay-0001.mkv").exists()
    recorder.close(END)
    assert [path.name for path in tmp_path.iterdir()] == ["overlay-0001.mkv"]


class _File:
    """As `VideoFile`; `on_write` is called with each picture and may wait or raise."""

    on_write: Callable[[Image], object] = staticmethod(lambda _: None)

    def __init__(self, path: Path, *, fps: float, size: tuple[int, int]) -> None:
        self.fps = fps
        self.frames = 0
        self.closed = False

    def write(self, image: Image) -> None:
        type(self).on_write(image)
        self.frames += 1

    def close(self) -> None:
        self.closed = True


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
    recorder = Recorder(tmp_path, live=True, clock=lambda: 50 / 25)
    recorder.write(view(0, at=0))
    recorder.write(view(1, at=1 / 25))
    wait_for(encoding)
    for index in range(2, 2 + QUEUE + 12):
        recorder.write(view(index, at=index / 25))
    dropped = recorder.dropped
    release.set()
    recorder.close(END)
    assert dropped == recorder.dropped == 12
    assert recorder.files[0]["seconds"] == pytest.approx(2.0, abs=1 / 25)


def test_a_slow_encoder_holds_a_film_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures: list[int] = []
    _encoder(monkeypatch, lambda image: pictures.append(int(image[0, 0, 0])))
    recorder = Recorder(tmp_path, live=False)
    for index in range(200):
        recorder.write(view(index))
    recorder.close(END)
    assert pictures == list(range(200))


def test_the_time_that_each_picture_took_to_encode_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _encoder(monkeypatch, lambda _: None)
    told: list[tuple[str, float]] = []
    recorder = Recorder(
        tmp_path, live=False, spent=lambda stage, seconds: told.append((stage, seconds))
    )
    for index in range(4):
        recorder.write(view(index))
    recorder.close(END)
    assert [stage for stage, _ in told] == ["encode"] * 4
    assert all(seconds >= 0 for _, seconds in told)


def test_an_error_of_the_encoder_reaches_the_next_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail(monkeypatch)
    recorder = Recorder(tmp_path, live=False)
    recorder.write(view(0))
    recorder.write(view(1))
    assert recorder._worker.stop(CEILING)
    with pytest.raises(SinkError, match="disk is full"):
        recorder.write(view(2))
    recorder.close(END)


def test_an_error_of_the_encoder_is_noticed_between_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail(monkeypatch)
    recorder = Recorder(tmp_path, live=True)
    recorder.write(view(0, at=0))
    recorder.write(view(1, at=1))
    assert recorder._worker.stop(CEILING)
    with pytest.raises(SinkError, match="disk is full"):
        recorder.idle()
    recorder.close(END)


def test_an_error_at_the_very_end_is_raised_by_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail(monkeypatch)
    recorder = Recorder(tmp_path, live=False)
    recorder.write(view(0))
    with pytest.raises(SinkError, match="disk is full"):
        recorder.close(END)
    recorder.close(END)


def test_a_film_that_waits_for_a_failed_encoder_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail(monkeypatch)
    recorder = Recorder(tmp_path, live=False)

    def write() -> None:
        for index in range(10 * QUEUE):
            recorder.write(view(index))
        recorder.close(END)

    with pytest.raises(SinkError, match="disk is full"):
        write()


def _fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Image) -> Any:
        raise SinkError("the disk is full")

    _encoder(monkeypatch, full)
