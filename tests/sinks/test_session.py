"""A session folder has everything, says what it is, and is not left if nothing came of it."""

import json
import os
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from livesegment import __version__
from livesegment.codecs.video_file import VideoFile
from livesegment.errors import SinkError
from livesegment.frame import Image
from livesegment.sessions.folder import SessionFolder, slug
from livesegment.sinks import recorder as recorder_module
from livesegment.sinks import recording as recording_module
from livesegment.sinks.base import Ending
from livesegment.sinks.jsonl import JsonLines
from livesegment.sinks.session import SessionSink
from livesegment.sinks.settings import Settings
from tests.fakes import image, view

END = Ending.END_OF_SOURCE
SETTINGS = Settings(min_free=0)


class _Facts:
    """Counts as a run does."""

    def __init__(self) -> None:
        self.captured = 0

    def __call__(self) -> Mapping[str, Any]:
        return {"model": "fake", "captured": self.captured}


def _sink(parent: Path, *, live: bool = False, goes_on: bool = False) -> tuple[SessionSink, _Facts]:
    facts = _Facts()
    sink = SessionSink(
        parent, "10.0.0.7:554/live", live=live, facts=facts, settings=SETTINGS, goes_on=goes_on
    )
    return sink, facts


def _manifest(folder: Path) -> dict[str, Any]:
    content = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert isinstance(content, dict)
    return content


def _recorded(parent: Path, frames: int = 5) -> Path:
    sink, facts = _sink(parent)
    sink.start()
    for index in range(frames):
        assert sink.write(view(index))
        facts.captured += 1
    sink.close(END)
    return sink.finished[-1]


@pytest.mark.wheel
def test_a_session_has_film_lines_and_manifest(tmp_path: Path) -> None:
    folder = _recorded(tmp_path)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["frames.jsonl", "manifest.json", "overlay-0001.mkv"]
    assert len((folder / "frames.jsonl").read_text().splitlines()) == 5


def test_a_session_is_named_by_time_and_source(tmp_path: Path) -> None:
    name = _recorded(tmp_path).name
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ_10\.0\.0\.7-554-live", name)


def test_the_manifest_says_all_of_the_session(tmp_path: Path) -> None:
    manifest = _manifest(_recorded(tmp_path))
    assert manifest["schema"] == 2
    assert manifest["state"] == "finished"
    assert manifest["source"] == "10.0.0.7:554/live"
    assert manifest["live"] is False
    assert manifest["model"] == "fake"
    assert manifest["captured"] == 5
    assert manifest["frames"] == 5
    assert manifest["recorder_dropped"] == {"overlay": 0}
    assert manifest["end_reason"] == "end of source"
    assert manifest["started"] < manifest["ended"]
    assert manifest["versions"]["livesegment"] == __version__
    assert manifest["versions"]["opencv"] == cv2.__version__
    (film,) = manifest["videos"]
    assert (film["file"], film["frames"], film["fps"]) == ("overlay-0001.mkv", 5, 25)


def test_the_manifest_is_there_from_the_start(tmp_path: Path) -> None:
    sink, _ = _sink(tmp_path)
    sink.start()
    assert sink.path is not None
    manifest = _manifest(sink.path)
    assert "ended" not in manifest
    assert manifest["versions"]["python"]
    sink.close(END)


def test_a_session_without_a_frame_leaves_nothing(tmp_path: Path) -> None:
    sink, _ = _sink(tmp_path)
    sink.start()
    sink.close(END)
    assert list(tmp_path.iterdir()) == []
    assert sink.finished == []


def test_without_a_session_nothing_is_made(tmp_path: Path) -> None:
    sink, _ = _sink(tmp_path / "sessions")
    assert sink.write(view())
    assert sink.idle()
    sink.close(END)
    sink.close(END)
    assert list(tmp_path.iterdir()) == []


def test_the_key_begins_and_ends_sessions(tmp_path: Path) -> None:
    sink, _ = _sink(tmp_path)
    for index in range(6):
        if index in {1, 3, 4}:
            sink.toggle()
        sink.write(view(index))
    assert sink.recording
    sink.close(END)
    assert not sink.recording
    frames = [
        [json.loads(line)["frame"] for line in (path / "frames.jsonl").read_text().splitlines()]
        for path in sink.finished
    ]
    assert frames == [[1, 2], [4, 5]]
    reasons = [_manifest(path)["end_reason"] for path in sink.finished]
    assert reasons == ["ended by the user", "end of source"]


def test_two_sessions_of_one_second_have_two_folders(tmp_path: Path) -> None:
    folders = [SessionFolder(tmp_path, "camera").path for _ in range(3)]
    assert len(set(folders)) == 3


def test_starting_twice_is_starting_once(tmp_path: Path) -> None:
    sink, _ = _sink(tmp_path)
    sink.start()
    first = sink.path
    sink.start()
    assert sink.path == first
    sink.close(END)


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_file_in_place_of_the_folder_is_an_error(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    sink, _ = _sink(tmp_path / place)
    with pytest.raises(SinkError, match="cannot record into"):
        sink.start()
    assert not sink.recording
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_may_not_be_written_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", denied)
    sink, _ = _sink(tmp_path)
    with pytest.raises(SinkError, match="Permission denied") as caught:
        sink.start()
    assert caught.value.hint


def test_a_session_that_cannot_begin_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refuses(JsonLines):
        def __init__(self, target: str, **_: object) -> None:
            raise SinkError("no lines today")

    monkeypatch.setattr(recording_module, "JsonLines", Refuses)
    sink, _ = _sink(tmp_path)
    with pytest.raises(SinkError, match="no lines today"):
        sink.start()
    assert list(tmp_path.iterdir()) == []
    assert not sink.recording
    assert sink.path is None


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), MemoryError(), OSError(24, "Too many files")]
)
@pytest.mark.parametrize("place", ["os.replace", "Upkeep", "JsonLines", "hold", "Recorder"])
def test_whatever_a_session_lacks_at_its_start_it_leaves_nothing_and_can_begin_later(
    tmp_path: Path, place: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    sink, _ = _sink(tmp_path, goes_on=True)
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir())) if descriptors.is_dir() else 0
    with monkeypatch.context() as patched:
        if place == "os.replace":
            patched.setattr(os, "replace", fails)
        else:
            patched.setattr(recording_module, place, fails)
        for _ in range(3):
            with pytest.raises(SinkError):
                sink.toggle()
            assert list(tmp_path.iterdir()) == []
            assert not sink.recording
    if descriptors.is_dir():
        assert len(list(descriptors.iterdir())) == before
    sink.toggle()
    assert sink.recording
    sink.close(END)


def test_a_recording_that_gets_no_thread_ends_in_good_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink, _ = _sink(tmp_path, goes_on=True)
    sink.start()

    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)  # noqa: TID251 -- of what they are made
    assert sink.write(view(0))
    assert not sink.recording
    assert "no more threads" in str(sink.failure)
    manifest = _manifest(sink.finished[0])
    assert manifest["state"] == "finished"
    assert "no more threads" in manifest["end_reason"]


def test_a_failure_of_the_film_is_in_the_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail(monkeypatch, SinkError("the disk is full"))
    sink, _ = _sink(tmp_path)
    sink.start()
    sink.write(view(0))
    with pytest.raises(SinkError, match="the disk is full"):
        sink.close(END)
    (folder,) = sink.finished
    assert _manifest(folder)["end_reason"] == "the disk is full"
    assert len((folder / "frames.jsonl").read_text().splitlines()) == 1


def test_even_a_bug_of_the_encoder_leaves_a_whole_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail(monkeypatch, ZeroDivisionError("a bug"))
    sink, _ = _sink(tmp_path)
    sink.start()
    sink.write(view(0))
    with pytest.raises(ZeroDivisionError):
        sink.close(END)
    assert "ended" in _manifest(sink.finished[0])


def _fail(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    class Fails(VideoFile):
        def write(self, image: Image, seconds: float) -> None:
            raise error

    monkeypatch.setattr(recorder_module, "VideoFile", Fails)


def test_a_folder_taken_away_before_the_first_frame_is_no_error(tmp_path: Path) -> None:
    sink, _ = _sink(tmp_path)
    sink.start()
    assert sink.path is not None
    sink.path.rename(tmp_path / "elsewhere")
    sink.close(END)


def test_a_folder_taken_away_under_the_recording_is_an_error(tmp_path: Path) -> None:
    sink, _ = _sink(tmp_path)
    sink.start()
    sink.write(view(0))
    assert sink.path is not None
    sink.path.rename(tmp_path / "elsewhere")
    with pytest.raises(SinkError):
        sink.close(END)


def test_a_snapshot_is_the_picture_itself(tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    sink, _ = _sink(tmp_path)
    path = sink.snapshot(picture, 12)
    assert path.parent == tmp_path / "snapshots"
    assert path.name.endswith("_frame-12.png")
    assert np.array_equal(np.asarray(cv2.imread(str(path))), picture)


def test_a_snapshot_while_recording_lies_in_the_session(tmp_path: Path) -> None:
    sink, _ = _sink(tmp_path)
    sink.start()
    path = sink.snapshot(image(), 0)
    assert sink.path is not None
    assert path.parent == sink.path / "snapshots"
    sink.close(END)
    assert path.exists(), "a session with a snapshot is not empty"


def test_a_snapshot_that_cannot_be_saved_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "snapshots").touch()
    sink, _ = _sink(tmp_path)
    with pytest.raises(SinkError, match="cannot save"):
        sink.snapshot(image(), 0)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("camera 0", "camera-0"),
        ("../../etc/passwd", "etc-passwd"),
        ("käse.mp4", "k-se.mp4"),
        ("***", "source"),
        ("", "source"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_name_becomes_part_of_a_file_name(name: str, part: str) -> None:
    assert slug(name) == part
