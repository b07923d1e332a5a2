"""What every source holds to, whatever its frames come from."""

import itertools
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import pytest

from livesegment.frame import Frame
from livesegment.sessions.session import Session
from livesegment.sources.base import Source, SourceInfo
from livesegment.sources.excerpt import Excerpt, PacedSource
from livesegment.sources.images import ImagesSource
from livesegment.sources.named import NamedSource
from livesegment.sources.realtime import RealtimeSource, RetimedSource
from livesegment.sources.recorded import RecordedSource, StandInSource
from livesegment.sources.streams.stream import StreamSource
from livesegment.sources.supervision.health import Supervision
from livesegment.sources.supervision.supervised import SupervisedSource
from livesegment.sources.synthetic import Scene, SyntheticSource
from livesegment.sources.video import VideoSource
from tests.servers.mjpeg import mjpeg_server
from tests.sessions.made import make_session
from tests.sources.films import fifo, film, pictures

ENOUGH = 6
"""Frames that every source here can give."""

Factory: TypeAlias = Callable[[Path], AbstractContextManager[Source]]


@contextmanager
def _synthetic(folder: Path) -> Generator[Source]:
    yield SyntheticSource(Scene((64, 48)))


@contextmanager
def _images(folder: Path) -> Generator[Source]:
    for number, picture in enumerate(pictures(ENOUGH)):
        cv2.imwrite(str(folder / f"{number}.png"), picture)
    yield ImagesSource(str(folder))


@contextmanager
def _looped_images(folder: Path) -> Generator[Source]:
    with _images(folder):
        yield ImagesSource(str(folder), loop=True)


@contextmanager
def _video(folder: Path) -> Generator[Source]:
    yield VideoSource(str(film(folder / "film.avi", ENOUGH)))


@contextmanager
def _looped_video(folder: Path) -> Generator[Source]:
    yield VideoSource(str(film(folder / "film.avi", 2)), loop=True)


@contextmanager
def _retimed(folder: Path) -> Generator[Source]:
    yield RetimedSource(VideoSource(str(film(folder / "film.avi", ENOUGH))), 5)


@contextmanager
def _realtime(folder: Path) -> Generator[Source]:
    yield RealtimeSource(VideoSource(str(film(folder / "film.avi", ENOUGH, fps=200))))


@contextmanager
def _recorded(folder: Path) -> Generator[Source]:
    path = make_session(folder, frames=ENOUGH, live=False, segments=2)
    yield RecordedSource(Session.open(path))


@contextmanager
def _stand_in(folder: Path) -> Generator[Source]:
    path = make_session(folder, frames=ENOUGH, live=False, raw=False)
    yield StandInSource(Session.open(path), film(folder / "film.avi", ENOUGH))


@contextmanager
def _excerpt(folder: Path) -> Generator[Source]:
    yield Excerpt(VideoSource(str(film(folder / "film.avi", 2 * ENOUGH))), frames=ENOUGH)


@contextmanager
def _paced(folder: Path) -> Generator[Source]:
    yield PacedSource(VideoSource(str(film(folder / "film.avi", ENOUGH, fps=200))))


@contextmanager
def _stream(folder: Path) -> Generator[Source]:
    with mjpeg_server(pictures(3)) as server:
        yield StreamSource(server.url())


@contextmanager
def _supervised(folder: Path) -> Generator[Source]:
    with mjpeg_server(pictures(3)) as server:
        # The test's pictures are of one colour each, which else are not sane after a connect.
        yield SupervisedSource(
            "camera", lambda: StreamSource(server.url()), supervision=Supervision(settle=0.0)
        )


@contextmanager
def _named(folder: Path) -> Generator[Source]:
    yield NamedSource(VideoSource(str(film(folder / "film.avi", ENOUGH))), "door")


@contextmanager
def _pipe(folder: Path) -> Generator[Source]:
    content = film(folder / "film.ts", ENOUGH, codec="mp4v").read_bytes()
    with fifo(folder / "pipe", content) as path:
        yield VideoSource(str(path))


FINITE: dict[str, Factory] = {
    "images": _images,
    "video": _video,
    "retimed": _retimed,
    "realtime": _realtime,
    "pipe": _pipe,
    "recorded": _recorded,
    "stand-in": _stand_in,
    "excerpt": _excerpt,
    "paced": _paced,
    "named": _named,
}
ALL: dict[str, Factory] = FINITE | {
    "synthetic": _synthetic,
    "looped images": _looped_images,
    "looped video": _looped_video,
    "stream": _stream,
    "supervised": _supervised,
}
every_source = pytest.mark.parametrize("factory", ALL.values(), ids=ALL.keys())
every_finite_source = pytest.mark.parametrize("factory", FINITE.values(), ids=FINITE.keys())


@contextmanager
def opened(factory: Factory, folder: Path) -> Generator[tuple[Source, SourceInfo]]:
    with factory(folder) as source:
        try:
            yield source, source.open()
        finally:
            source.close()


def _read(source: Source, count: int = ENOUGH) -> list[Frame]:
    frames = list(itertools.islice(iter(source.read, None), count))
    assert len(frames) == count
    return frames


@every_source
def test_a_source_says_how_large_its_frames_are(factory: Factory, tmp_path: Path) -> None:
    with opened(factory, tmp_path) as (source, info):
        assert info.size == (64, 48)
        assert {frame.size for frame in _read(source)} == {(64, 48)}


@every_source
def test_a_source_says_how_it_was_opened(factory: Factory, tmp_path: Path) -> None:
    with opened(factory, tmp_path) as (source, info):
        assert info.description
        assert source.name


@pytest.mark.wheel
@every_source
def test_frames_are_counted_from_0(factory: Factory, tmp_path: Path) -> None:
    with opened(factory, tmp_path) as (source, _):
        assert [frame.index for frame in _read(source)] == list(range(ENOUGH))


@pytest.mark.wheel
@every_source
def test_stream_time_starts_at_0_and_grows(factory: Factory, tmp_path: Path) -> None:
    with opened(factory, tmp_path) as (source, _):
        times = [frame.pts for frame in _read(source)]
    assert times[0] == 0
    assert all(before < after for before, after in itertools.pairwise(times))


@every_source
def test_capture_time_never_runs_back(factory: Factory, tmp_path: Path) -> None:
    with opened(factory, tmp_path) as (source, _):
        times = [frame.captured_at for frame in _read(source)]
    assert times == sorted(times)
    assert times[0] < times[-1]


@every_source
def test_frames_are_colour_pictures_that_nobody_writes_to(factory: Factory, tmp_path: Path) -> None:
    with opened(factory, tmp_path) as (source, _):
        for frame in _read(source):
            assert frame.image.shape == (48, 64, 3)
            assert frame.image.dtype == np.uint8
            assert not frame.image.flags.writeable


@every_source
def test_a_frame_is_not_painted_over_by_the_next(factory: Factory, tmp_path: Path) -> None:
    with opened(factory, tmp_path) as (source, _):
        first = _read(source, 1)[0]
        before = first.image.copy()
        _read(source, ENOUGH - 1)
    assert np.array_equal(first.image, before)


@every_source
def test_nothing_more_is_read_after_an_interrupt(factory: Factory, tmp_path: Path) -> None:
    with opened(factory, tmp_path) as (source, _):
        _read(source, 1)
        source.interrupt()
        assert source.read() is None


@every_source
def test_a_source_may_be_closed_twice(factory: Factory, tmp_path: Path) -> None:
    with opened(factory, tmp_path) as (source, _):
        source.close()
        source.close()


@every_source
def test_a_source_may_be_closed_without_being_opened(factory: Factory, tmp_path: Path) -> None:
    with factory(tmp_path) as source:
        source.interrupt()
        source.close()


@pytest.mark.wheel
@every_finite_source
def test_after_the_last_frame_comes_none(factory: Factory, tmp_path: Path) -> None:
    with opened(factory, tmp_path) as (source, _):
        _read(source)
        assert source.read() is None
        assert source.read() is None
