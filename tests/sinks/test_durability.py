"""A power cut takes no more than the last seconds of any file of a session."""

import os
import threading
from collections import Counter
from pathlib import Path

import pytest

from livesegment.errors import SinkError
from livesegment.sessions.folder import SessionFolder
from livesegment.sinks.base import Ending
from livesegment.sinks.durability import Durability
from livesegment.sinks.recording import Recording
from livesegment.sinks.settings import Settings
from tests.fakes import view, wait_for
from tests.sinks.test_events import a_sink, a_view


class _Disk:
    """Notes what it is made to keep: how often, how much of it, and for which thread."""

    def __init__(self) -> None:
        self.times: Counter[str] = Counter()
        self.sizes: dict[str, int] = {}
        self.threads: set[str] = set()
        self.error: OSError | None = None

    def fsync(self, descriptor: int) -> None:
        if self.error is not None:
            raise self.error
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        self.times[name] += 1
        self.sizes[name] = os.fstat(descriptor).st_size
        self.threads.add(threading.current_thread().name)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> _Disk:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("the system does not tell what a descriptor is of")
    disk = _Disk()
    monkeypatch.setattr(os, "fsync", disk.fsync)
    return disk


def _recording(parent: Path) -> Recording:
    return Recording(
        SessionFolder(parent, "fake"),
        Settings(min_free=0, codec="mjpeg", raw_codec="mjpeg"),
        live=False,
        facts=dict,
        events=lambda folder: a_sink(folder, "red", live=False, pre_roll=0.0, post_roll=0.2),
    )


def test_a_round_keeps_all_that_was_written_and_nothing_twice(tmp_path: Path, disk: _Disk) -> None:
    durability = Durability(tmp_path)
    lines, clip = tmp_path / "frames.part.jsonl", tmp_path / "clips" / "event-0001.part.mkv"
    clip.parent.mkdir()
    lines.write_text("{}\n")
    clip.write_bytes(b"1")
    durability.sync()
    assert disk.times == {
        "frames.part.jsonl": 1,
        "event-0001.part.mkv": 1,
        "clips": 1,
        tmp_path.name: 1,
        tmp_path.parent.name: 1,
    }
    durability.sync()
    assert disk.times["frames.part.jsonl"] == 1
    lines.write_text("{}\n{}\n")
    durability.sync()
    assert (disk.times["frames.part.jsonl"], disk.times["event-0001.part.mkv"]) == (2, 1)
    clip.rename(clip.with_name("event-0001.mkv"))
    durability.sync()
    assert (disk.times["event-0001.mkv"], disk.times["clips"]) == (1, 2)


def test_every_file_of_a_session_is_kept_and_never_in_the_thread_that_shows(
    tmp_path: Path, disk: _Disk
) -> None:
    recording = _recording(tmp_path)
    for index in range(10):
        recording.write(a_view(index, 0))
    for index in range(10, 40):
        recording.write(a_view(index))
    recording.close(Ending.USER)
    folder = recording.folder.path
    files = {path.name: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    assert {"frames.jsonl", "events.jsonl", "event-0001.mkv", "raw-0001.mkv"} <= files.keys()
    assert {name: disk.sizes.get(name) for name in files} == files
    assert folder.name in disk.times
    assert disk.threads <= {"livesegment-upkeep", "livesegment-session-end"}


def test_a_disk_that_hangs_holds_up_nobody_that_shows_or_encodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, go_on = threading.Event(), threading.Event()

    def hang(_: int) -> None:
        hangs.set()
        wait_for(go_on)

    monkeypatch.setattr(os, "fsync", hang)
    recording = _recording(tmp_path)
    wait_for(hangs)
    for index in range(100):
        recording.write(a_view(index))
    for one in recording._recorders.values():
        one.close(None)
    assert not go_on.is_set()
    go_on.set()
    recording.close(Ending.USER)
    videos = [files[0]["frames"] for files in (r.files for r in recording._recorders.values())]
    assert videos == [100, 100]


def test_a_session_is_kept_while_it_goes_on(tmp_path: Path, disk: _Disk) -> None:
    recording = _recording(tmp_path)
    recording._upkeep.close()
    recording.write(view(0, at=0.0))
    recording._durability.sync()
    assert disk.sizes["frames.part.jsonl"] == _size(recording, "frames.part.jsonl") > 0
    before = disk.times["frames.part.jsonl"]
    recording.write(view(1, at=0.04))
    recording._durability.sync()
    assert disk.times["frames.part.jsonl"] == before + 1
    assert disk.times["manifest.json.part"] >= 1
    recording.close(Ending.USER)


def _size(recording: Recording, name: str) -> int:
    return (recording.folder.path / name).stat().st_size


def test_a_disk_that_refuses_ends_the_recording_with_its_reason(
    tmp_path: Path, disk: _Disk
) -> None:
    disk.error = OSError(5, "Input/output error")
    (tmp_path / "frames.jsonl").touch()
    with pytest.raises(SinkError, match="Input/output error"):
        Durability(tmp_path).sync()


def test_a_folder_that_is_gone_is_for_others_to_say(tmp_path: Path) -> None:
    Durability(tmp_path / "gone").sync()


def test_links_are_not_followed(tmp_path: Path, disk: _Disk) -> None:
    session = tmp_path / "session"
    session.mkdir()
    (tmp_path / "mine").touch()
    (session / "frames.jsonl").symlink_to(tmp_path / "mine")
    Durability(session).sync()
    assert "mine" not in disk.times
