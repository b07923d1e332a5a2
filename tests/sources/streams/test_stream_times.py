"""A stream's frames get their true times, and old ones are not handed on as if they were new."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import pytest

from livesegment.errors import SourceError
from livesegment.frame import Frame
from livesegment.sources.streams import stream as stream_module
from livesegment.sources.streams.stream import CATCH_UP, LOST_AFTER, MOST_LATE, StreamSource
from livesegment.threads.worker import Worker
from tests.fakes import CEILING
from tests.sources.fake_capture import Came, FakeCapture, FakeStop, FakeTime

pytestmark = pytest.mark.wheel

FPS = 25.0
CAMERA = "rtsp://host/live"

Opener: TypeAlias = Callable[..., tuple[StreamSource, FakeCapture]]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Opens a stream of given frames, in a time of its own."""
    time = FakeTime()
    monkeypatch.setattr(stream_module, "time", time)

    def open_stream(
        frames: Iterable[Came], url: str = CAMERA, max_age: float | None = None, **about: Any
    ) -> tuple[StreamSource, FakeCapture]:
        capture = FakeCapture(time, list(frames), **about)
        monkeypatch.setattr(stream_module, "open_capture", lambda *_, **__: capture)
        source = StreamSource(url, max_age=max_age)
        source._stopped = FakeStop(time)
        source.open()
        return source, capture

    return open_stream


def _steady(count: int, first: int = 1) -> list[Came]:
    """From the first second on; a camera has no frames before it is asked."""
    return [Came(i / FPS, i / FPS) for i in range(first, first + count)]


def _held_back(frames: Sequence[Came], begin: float, seconds: float) -> list[Came]:
    """A network that stalls from `begin` on, and then hands over all that it holds."""
    end = begin + seconds
    return [Came(end if begin < came.at < end else came.at, came.stamp) for came in frames]


def _all(source: StreamSource) -> list[Frame]:
    frames: list[Frame] = []
    with pytest.raises(SourceError, match="stopped"):
        frames.extend(iter(source.read, None))
    return frames


def _read(source: StreamSource) -> list[Frame]:
    """All frames up to the end, however that comes."""
    frames = []
    try:
        while (frame := source.read()) is not None:
            frames.append(frame)
    except SourceError:
        pass
    return frames


def test_frames_of_a_steady_stream_are_on_time(opened: Opener) -> None:
    source, _ = opened(_steady(50))
    frames = _read(source)
    assert len(frames) == 50
    assert max(frame.late for frame in frames) < 1e-3


def test_what_came_before_it_could_be_read_is_passed_over(opened: Opener) -> None:
    backlog = [Came(0, i / FPS) for i in range(20)]
    source, _ = opened([*backlog, *(Came(came.at, came.stamp + 20 / FPS) for came in _steady(5))])
    frames = _read(source)
    assert len(frames) == 5
    assert frames[0].captured_at == pytest.approx(1000 + 1 / FPS)


def test_after_a_stall_frames_are_placed_at_the_times_when_they_were_taken(opened: Opener) -> None:
    source, _ = opened(_held_back(_steady(200), 2, 0.9))
    frames = _read(source)
    assert len(frames) == 200
    assert max(frame.late for frame in frames) == pytest.approx(0.9, abs=0.05)
    taken = [frame.captured_at for frame in frames]
    assert taken == pytest.approx([1000 + i / FPS for i in range(1, 201)], abs=0.01)


def test_of_frames_that_waited_long_few_are_handed_on_and_the_others_counted(
    opened: Opener,
) -> None:
    source, capture = opened(_held_back(_steady(300), 2, 3))
    frames = _read(source)
    old = [frame for frame in frames if frame.late > CATCH_UP]
    assert len(old) <= 1
    assert source.skipped_late == pytest.approx(2 * FPS, abs=3)
    assert capture.retrieved == len(frames) == 300 - source.skipped_late


def test_frames_that_come_late_by_themselves_are_handed_on(opened: Opener) -> None:
    slow = [
        Came(came.at + (1.5 if i >= 50 else 0), came.stamp) for i, came in enumerate(_steady(60))
    ]
    source, _ = opened(slow)
    frames = _read(source)
    assert len(frames) == 60
    assert frames[-1].late == pytest.approx(1.5, abs=0.05)


def test_nothing_older_than_wanted_is_handed_on(opened: Opener) -> None:
    source, _ = opened(_held_back(_steady(200), 2, 1), max_age=0.2)
    frames = _read(source)
    assert max(frame.late for frame in frames) <= 0.2
    assert source.skipped_late == 200 - len(frames) == pytest.approx(0.8 * FPS, abs=2)


def test_a_stream_that_stays_late_is_an_error(opened: Opener) -> None:
    frames = _steady(2000)
    growing = [Came(came.at * 1.5 + (i % 20 == 0), came.stamp) for i, came in enumerate(frames)]
    source, _ = opened(growing)
    with pytest.raises(SourceError, match="late, and does not catch up") as caught:
        list(iter(source.read, None))
    assert caught.value.hint
    assert source._lateness._late < 2 * MOST_LATE


def test_a_stream_without_stamps_goes_by_arrival_and_is_never_late(opened: Opener) -> None:
    unstamped = [Came(came.at) for came in _held_back(_steady(100), 1, 2)]
    source, _ = opened(unstamped, url="http://host/mjpeg")
    frames = _read(source)
    assert max(frame.late for frame in frames) < 1e-3
    assert source.skipped_late == 0


@pytest.mark.parametrize("max_age", [None, 0.1])
def test_damaged_frames_are_left_out_and_the_others_go_on(
    max_age: float | None, opened: Opener
) -> None:
    broken = [Came(came.at, came.stamp, whole=i % 30 < 10) for i, came in enumerate(_steady(90))]
    source, _ = opened(broken, max_age=max_age)
    assert len(_read(source)) == 30


def test_a_stream_that_fails_and_fails_is_an_error_soon(opened: Opener) -> None:
    source, capture = opened(_steady(3))
    assert len(_all(source)) == 3
    assert capture.grabs == 3 + LOST_AFTER
    with pytest.raises(SourceError, match="stopped"):
        source.read()
    assert capture.grabs == 3 + LOST_AFTER


def test_after_a_read_that_ran_out_of_time_no_other_is_tried(opened: Opener) -> None:
    source, capture = opened([*_steady(3), Came(6.5, whole=False), *_steady(3, first=200)])
    assert len(_all(source)) == 3
    assert capture.grabs == 4


def test_a_connection_that_gives_nothing_cannot_be_opened(opened: Opener) -> None:
    with pytest.raises(SourceError, match="gives no picture"):
        opened([])


@pytest.mark.parametrize("fps", [10.0, 25.0, 50.0])
def test_a_rate_that_the_server_did_not_say_is_measured(
    fps: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = FakeTime()
    frames = [Came(i / fps, i / fps) for i in range(1, 40)]
    capture = FakeCapture(time, frames, fps=2 * fps, rated=False)
    monkeypatch.setattr(stream_module, "time", time)
    monkeypatch.setattr(stream_module, "open_capture", lambda *_, **__: capture)
    assert StreamSource(CAMERA).open().fps == pytest.approx(fps)


@pytest.mark.parametrize(
    ("url", "finite"), [("http://host/film.mp4", True), ("http://host/live.m3u8?x=1", False)]
)
def test_what_arrives_in_bursts_is_played_at_its_own_rate(
    url: str, finite: bool, opened: Opener
) -> None:
    burst = [Came(0, i / FPS) for i in range(50)]
    source, _ = opened(burst, url=url, **({"count": 50.0} if finite else {}))
    frames = _read(source)
    spent = [after.captured_at - before.captured_at for before, after in itertools.pairwise(frames)]
    assert spent == pytest.approx([1 / FPS] * 49)
    assert max(frame.late for frame in frames) < 1e-6


def test_a_playlist_whose_segments_come_too_late_is_shown_whole_and_said_to_be_late(
    opened: Opener,
) -> None:
    segments = [Came(max(2.0 * (i // 50), 3.0 * (i >= 50)), i / FPS) for i in range(250)]
    source, _ = opened(segments, url="http://host/live.m3u8")
    frames = _read(source)
    assert len(frames) == 250
    assert [frame.late for frame in frames] == pytest.approx([0] * 50 + [1] * 200)
    taken = [frame.captured_at - frame.pts for frame in frames]
    assert taken == pytest.approx([taken[0]] * 250)


def test_a_film_over_a_slow_network_is_shown_whole(opened: Opener) -> None:
    segments = [Came(4.0 * (i // 50), i / FPS) for i in range(250)]
    source, _ = opened(segments, url="http://host/film.mp4", count=250.0)
    frames = _read(source)
    assert len(frames) == 250
    assert max(frame.late for frame in frames) == 0


def test_the_end_of_a_film_over_http_is_no_error(opened: Opener) -> None:
    source, _ = opened(_steady(2), url="http://host/film.mp4", count=2.0)
    assert len(_read(source)) == 2
    assert source.read() is None


def test_a_size_that_is_not_known_at_once_is_looked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time = FakeTime()
    unknown, known = FakeCapture(time, [], size=(0, 0)), FakeCapture(time, _steady(2))
    captures = iter([unknown, known])
    monkeypatch.setattr(stream_module, "time", time)
    monkeypatch.setattr(stream_module, "open_capture", lambda *_, **__: next(captures))
    assert StreamSource(CAMERA).open().size == (64, 48)
    assert unknown.released


def test_a_wait_for_the_next_frame_of_a_film_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = FakeCapture(FakeTime(), [Came(0, 0), Came(0, 14)], count=2)
    monkeypatch.setattr(stream_module, "open_capture", lambda *_, **__: capture)
    source = StreamSource("http://host/film.mp4")
    source.open()
    reader = Worker("test-reader", lambda: list(iter(source.read, None)).clear())
    reader.start()
    source.interrupt()
    assert reader.stop(CEILING)
    assert reader.error is None
