"""What becomes of what the user typed after --source."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livesegment.errors import LiveSegmentError, SourceError, UsageError
from livesegment.sources import locate
from livesegment.sources.base import Source
from livesegment.sources.cameras.camera import CameraSource
from livesegment.sources.images import ImagesSource
from livesegment.sources.locate import source
from livesegment.sources.realtime import RealtimeSource, RetimedSource
from livesegment.sources.streams.stream import StreamSource
from livesegment.sources.supervision.supervised import SupervisedSource
from livesegment.sources.synthetic import SyntheticSource
from livesegment.sources.video import VideoSource


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with some things in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    for name in ("film.mp4", "photo.JPG", "take[1].mp4", "-1.mp4", "photos/1.png", "no suffix"):
        (tmp_path / name).touch()
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("text", "kind", "live"),
    [
        ("film.mp4", VideoSource, False),
        ("no suffix", VideoSource, False),
        ("take[1].mp4", VideoSource, False),
        ("-1.mp4", VideoSource, False),
        ("pipe", VideoSource, False),
        ("-", VideoSource, False),
        ("photo.JPG", ImagesSource, False),
        ("photos", ImagesSource, False),
        ("photos/", ImagesSource, False),
        (".", ImagesSource, False),
        ("photos/*.png", ImagesSource, False),
        ("gone/shot[0-9].png", ImagesSource, False),
        ("synthetic", SyntheticSource, False),
        ("rtsp://camera/live", StreamSource, True),
        ("RTSP://camera/live", StreamSource, True),
        ("http://camera/live.m3u8", StreamSource, True),
        ("udp://@:1234", StreamSource, True),
        ("0", CameraSource, True),
        ("/dev/null", CameraSource, True),
    ],
)
def test_a_source_is_known_by_what_it_is_called(
    text: str, kind: type[Source], live: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    connects: list[Callable[[], Source]] = []

    def supervised(name: str, connect: Callable[[], Source], **about: Any) -> SupervisedSource:
        connects.append(connect)
        return SupervisedSource(name, connect, **about)

    monkeypatch.setattr(locate, "SupervisedSource", supervised)
    found = source(text)
    opened = connects[0]() if connects else found
    assert type(opened) is kind
    assert found.is_live is live
    assert found.name


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("file:///my%20film.mp4", "--source '/my film.mp4'"),
        ("file:film.mp4", "--source film.mp4"),
        ("shot%05d.png", "'shot*.png'"),
        ("a/%d.jpg", "'a/*.jpg'"),
        ("films.txt", "a --source of its own"),
        ("films.CSV", "a --source of its own"),
    ],
)
def test_what_others_take_is_said_in_our_words(
    text: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("films.txt", "films.CSV"):
        (tmp_path / name).write_text("film.mp4\n")
    with pytest.raises(LiveSegmentError) as caught:
        source(text)
    assert hint in str(caught.value.hint)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("", UsageError, "names nothing"),
        ("gone.mp4", SourceError, "no such file"),
        ("film.mp4/frame.png", SourceError, "no such file"),
        ("ftp://host/film.mp4", UsageError, "no kind of URL"),
        ("file:///film.mp4", UsageError, "a file is named by its path"),
        ("file:film.mp4", UsageError, "a file is named by its path"),
        ("-1", UsageError, "a camera is a number"),
        ("nul\0.mp4", SourceError, "no such file"),
        ("x" * 5000, SourceError, "File name too long"),
        ("/dev/gone", SourceError, "no such file"),
    ],
)
def test_what_names_nothing_is_an_error(text: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        source(text)


def test_a_folder_that_may_not_be_searched_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", denied)
    with pytest.raises(SourceError, match=r"cannot read /root/film\.mp4: Permission denied"):
        source("/root/film.mp4")


def test_an_unknown_url_is_refused_without_its_password() -> None:
    with pytest.raises(UsageError) as caught:
        source("ftp://admin:s3cr et@host/film.mp4")
    assert "s3cr" not in str(caught.value)
    assert "host" in str(caught.value)


@pytest.mark.usefixtures("here")
def test_a_film_in_real_time_is_live() -> None:
    found = source("film.mp4", realtime=True)
    assert isinstance(found, RealtimeSource)
    assert found.is_live
    assert found.name == "film.mp4"


@pytest.mark.usefixtures("here")
def test_a_film_with_a_rate_of_its_own_is_retimed() -> None:
    found = source("film.mp4", fps=5)
    assert isinstance(found, RetimedSource)
    assert not found.is_live
    assert found.name == "film.mp4"


@pytest.mark.usefixtures("here")
def test_a_retimed_film_is_played_at_its_new_rate() -> None:
    found = source("film.mp4", fps=5, realtime=True)
    assert isinstance(found, RealtimeSource)
    assert isinstance(found._source, RetimedSource)


@pytest.mark.parametrize(
    ("realtime", "loop", "fps", "option"),
    [(True, False, None, "--realtime"), (False, True, None, "--loop"), (False, False, 5, "--fps")],
)
@pytest.mark.parametrize("text", ["rtsp://camera/live", "0"])
def test_what_is_live_has_its_own_pace(
    text: str, realtime: bool, loop: bool, fps: float | None, option: str
) -> None:
    with pytest.raises(UsageError, match=option):
        source(text, realtime=realtime, loop=loop, fps=fps)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("text", ["film.mp4", "synthetic", "rtsp://camera/live", "0"])
def test_whatever_it_is_it_may_be_given_a_name(text: str) -> None:
    assert source(text, name="door").name == "door"
