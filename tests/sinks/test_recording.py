"""A session that is being recorded tells all of it, and ends well whatever happens to it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from livesegment.errors import SinkError
from livesegment.sessions.folder import SessionFolder
from livesegment.sessions.overview import size_on_disk
from livesegment.sessions.retention import Kept
from livesegment.sessions.session import Session
from livesegment.sinks import recording as recording_module
from livesegment.sinks.base import Ending
from livesegment.sinks.events import EventSink
from livesegment.sinks.recorder import Recorder
from livesegment.sinks.recording import Recording
from livesegment.sinks.session import SessionSink
from livesegment.sinks.settings import Settings
from tests.fakes import view
from tests.servers.patience import until
from tests.sinks.test_events import FPS, a_sink, a_view

END = Ending.END_OF_SOURCE


def _recording(parent: Path, *, live: bool = True, **settings: Any) -> Recording:
    wanted: dict[str, Any] = {"min_free": 0, "codec": "mjpeg"} | settings
    return Recording(SessionFolder(parent, "fake"), Settings(**wanted), live=live, facts=dict)


def _manifest(recording: Recording) -> dict[str, Any]:
    content = json.loads((recording.folder.path / "manifest.json").read_text("utf-8"))
    assert isinstance(content, dict)
    return content


def test_while_it_grows_every_file_says_so(tmp_path: Path) -> None:
    recording = _recording(tmp_path, raw_codec="mjpeg")
    recording.write(view(0, at=100.0))
    recording._recorders["raw"].close(None)
    recording._recorders["overlay"].close(None)
    names = {path.name for path in recording.folder.path.iterdir()}
    assert "frames.part.jsonl" in names
    assert _manifest(recording)["state"] == "recording"
    recording.close(END)
    names = {path.name for path in recording.folder.path.iterdir()}
    assert names == {"manifest.json", "frames.jsonl", "overlay-0001.mkv", "raw-0001.mkv"}
    assert _manifest(recording)["state"] == "finished"


def test_lines_and_pictures_have_one_clock(tmp_path: Path) -> None:
    recording = _recording(tmp_path, raw_codec="mjpeg")
    for index, at in enumerate([100.0, 100.04, 100.1, 102.0]):
        recording.write(view(index, at=at))
    recording.close(END)
    session = Session.open(recording.folder.path)
    assert [frame.clock for frame in session.lines()] == [0.0, 0.04, 0.1, 2.0]
    assert [video.start for video in session.videos()] == [0.0, 0.0]
    (anchor,) = session.manifest["clocks"]
    assert (anchor["clock"], anchor["monotonic"]) == (0.0, 100.0)


def test_the_clock_of_a_film_is_its_own(tmp_path: Path) -> None:
    recording = _recording(tmp_path, live=False)
    for index in range(3):
        recording.write(view(index, at=50.0 * index, pts=7 + index / 10))
    recording.close(END)
    session = Session.open(recording.folder.path)
    assert [frame.clock for frame in session.lines()] == [7.0, 7.1, 7.2]
    assert session.videos()[0].start == 7.0
    assert session.manifest["gaps"] == []


def test_silence_is_told_as_a_gap(tmp_path: Path) -> None:
    recording = _recording(tmp_path)
    for index, at in enumerate([10.0, 10.04, 15.0, 15.04]):
        recording.write(view(index, at=at))
    recording.close(END)
    assert _manifest(recording)["gaps"] == [{"start": 0.04, "seconds": 4.96}]


def test_a_jump_of_the_wall_clock_begins_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = _recording(tmp_path)
    recording.write(view(0, at=10.0))
    monkeypatch.setattr(recording._timeline.wall, "_wall", lambda: 4e9)
    recording.write(view(1, at=10.04))
    recording.close(END)
    manifest = _manifest(recording)
    assert len(manifest["clocks"]) == 2
    assert manifest["clocks"][1]["wall"].startswith("2096-")


def test_a_part_that_fails_does_not_keep_the_others_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = _recording(tmp_path, raw_codec="mjpeg")
    for index in range(4):
        recording.write(view(index, at=index / 25))

    def fails(end: float | None) -> None:
        raise SinkError("the disk is full")

    close = recording._recorders["overlay"].close
    monkeypatch.setattr(recording._recorders["overlay"], "close", fails)
    with pytest.raises(SinkError, match="disk is full"):
        recording.close(END)
    close(None)
    manifest = _manifest(recording)
    assert manifest["end_reason"] == "the disk is full"
    assert (recording.folder.path / "raw-0001.mkv").exists()
    assert (recording.folder.path / "frames.jsonl").exists()


class _Watch:
    """Counts what it is shown."""

    def __init__(self) -> None:
        self.events, self.dropped, self.problems = 2, 1, ["short of memory"]
        self.clocks: list[float] = []
        self.closed: list[Ending] = []

    def write(self, view: object, clock: float) -> None:
        self.clocks.append(clock)

    def kept(self, clock: float) -> list[Kept]:
        return []

    def idle(self) -> None:
        pass

    def close(self, ending: Ending) -> None:
        self.closed.append(ending)


def test_events_are_watched_for_on_the_same_clock(tmp_path: Path) -> None:
    watch = _Watch()
    recording = Recording(
        SessionFolder(tmp_path, "fake"),
        Settings(min_free=0, overlay=False),
        live=True,
        facts=dict,
        events=lambda _: watch,
    )
    for index, at in enumerate([5.0, 5.5]):
        recording.write(view(index, at=at))
    recording.close(END)
    assert watch.clocks == [0.0, 0.5]
    assert watch.closed == [END]
    manifest = _manifest(recording)
    assert (manifest["events"], manifest["problems"]) == (2, ["short of memory"])
    assert manifest["videos"] == []


@pytest.fixture
def quick_upkeep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording_module, "Upkeep", _NoUpkeep)


class _NoUpkeep:
    def __init__(self, tasks: object) -> None:
        pass

    def soon(self) -> None:
        pass

    def check(self) -> None:
        pass

    def close(self) -> None:
        pass


def _sink(
    parent: Path, *, goes_on: bool, said: Callable[[str], None] = lambda _: None
) -> SessionSink:
    settings = Settings(min_free=0)
    return SessionSink(
        parent, "fake", live=True, facts=dict, settings=settings, goes_on=goes_on, said=said
    )


def _break(sink: SessionSink) -> None:
    assert sink._recording is not None
    error = SinkError("the disk is full")
    check: Callable[[], None] = _raiser(error)
    sink._recording.check = check  # type: ignore[method-assign]


def _raiser(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.usefixtures("quick_upkeep")
def test_where_somebody_watches_the_run_goes_on_without_the_recording(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []
    sink = _sink(tmp_path, goes_on=True, said=said.append)
    sink.start()
    sink.write(view(0, at=0.0))
    _break(sink)
    assert sink.write(view(1, at=0.04))
    assert not sink.recording
    assert sink.write(view(2, at=0.08))
    assert sink.idle()
    assert str(sink.failure) == "the disk is full"
    assert "recording ended: the disk is full" in caplog.text
    assert said == ["recording failed"]
    manifest = json.loads((sink.finished[0] / "manifest.json").read_text("utf-8"))
    assert manifest["end_reason"] == "the disk is full"
    assert manifest["state"] == "finished"
    sink.close(END)


@pytest.mark.usefixtures("quick_upkeep")
def test_where_recording_is_the_point_the_run_ends_with_it(tmp_path: Path) -> None:
    sink = _sink(tmp_path, goes_on=False)
    sink.start()
    sink.write(view(0, at=0.0))
    _break(sink)
    with pytest.raises(SinkError, match="disk is full"):
        sink.idle()
    assert (sink.finished[0] / "overlay-0001.mkv").exists()


def test_a_folder_taken_away_is_noticed_by_the_upkeep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = _recording(tmp_path)
    recording.write(view(0, at=0.0))
    recording.folder.path.rename(tmp_path / "elsewhere")
    recording._upkeep.soon()
    assert recording._upkeep._worker.stop(10)
    with pytest.raises(SinkError, match="manifest"):
        recording.check()
    with pytest.raises(SinkError):
        recording.close(END)


def _old_session(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir(parents=True)
    manifest = {"schema": 2, "state": "finished", "source": "fake"}
    then = datetime.now(UTC) - timedelta(days=2)
    times = {"started": then.isoformat(), "ended": then.isoformat()}
    (folder / "manifest.json").write_text(json.dumps(manifest | times), "utf-8")
    return folder


def test_what_is_older_than_is_to_be_kept_goes_but_not_what_is_pinned(tmp_path: Path) -> None:
    old, pinned = _old_session(tmp_path, "old"), _old_session(tmp_path, "pinned")
    (pinned / "pinned").touch()
    recording = _recording(tmp_path, keep=3600.0)
    recording.write(view(0, at=1.0))
    recording.close(END)
    assert not old.exists()
    assert pinned.exists()
    assert recording.folder.path.exists()


def test_of_the_running_session_the_oldest_files_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(monotonic=lambda: 100.0)
    monkeypatch.setattr(recording_module, "time", clock)
    recording = _recording(tmp_path, keep=10.0, segment_length=1.0)
    for index in range(28):
        recording.write(view(index, at=100.0 + index / 2))
    recording._recorders["overlay"].close(None)
    clock.monotonic = lambda: 117.0
    recording._retention._looked_at = None
    recording._retention.look()
    recording.close(END)
    videos = _manifest(recording)["videos"]
    gone = [video["file"] for video in videos if "removed" in video]
    assert len(videos) == 14
    assert gone == [video["file"] for video in videos if video["start"] + video["seconds"] < 7]
    assert all((recording.folder.path / v["file"]).exists() != ("removed" in v) for v in videos)


def _clips_only(parent: Path, **settings: Any) -> Recording:
    """A session of clips, one of which ends every second."""
    return Recording(
        SessionFolder(parent, "fake"),
        Settings(min_free=0, overlay=False, codec="mjpeg", **settings),
        live=True,
        facts=dict,
        events=lambda folder: a_sink(folder, "red", pre_roll=0.0, post_roll=0.1),
    )


def _five_clips(recording: Recording) -> list[str]:
    """Record five events, a second each; the clips that are there then."""
    for index in range(5 * FPS):
        recording.write(a_view(index, *([0] if index % FPS < 5 else [])))
    watch = recording._events
    assert isinstance(watch, EventSink)
    watch.close(END)
    return sorted(path.stem for path in (recording.folder.path / "clips").glob("*.mkv"))


def test_clips_go_while_the_session_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_module, "time", SimpleNamespace(monotonic=lambda: 105.0))
    recording = _clips_only(tmp_path, keep=3.0)
    assert _five_clips(recording) == [f"event-000{number}" for number in range(1, 6)]
    recording._retention._looked_at = None
    recording._retention.look()
    left = sorted(path.name for path in (recording.folder.path / "clips").iterdir())
    recording.close(END)
    assert left == [
        f"event-000{number}.{kind}" for number in range(3, 6) for kind in ("jpg", "mkv")
    ]


def test_no_kind_of_file_pays_for_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Overlay, raw and clips go in one order, and no more of them than is too much."""
    monkeypatch.setattr(recording_module, "time", SimpleNamespace(monotonic=lambda: 105.0))
    recording = Recording(
        SessionFolder(tmp_path, "fake"),
        Settings(min_free=0, codec="mjpeg", raw_codec="mjpeg", segment_length=1.0),
        live=True,
        facts=dict,
        events=lambda folder: a_sink(folder, "red", pre_roll=0.0, post_roll=0.1),
    )
    for index in range(5 * FPS):
        recording.write(a_view(index, *([0] if index % FPS < 5 else [])))
        if index % 20 == 0:
            for one in recording._recorders.values():
                _emptied(one)
    for one in recording._recorders.values():
        one.close(None)
    assert recording._events is not None
    recording._events.close(END)
    recording._upkeep.close()
    folder = recording.folder.path
    files = recording._kept()
    everything = size_on_disk(folder)
    oldest = sorted(files, key=lambda one: -(one.age or 0.0))
    spare = sum(one.bytes for one in oldest[:4])
    recording._retention._keep_size = everything - spare
    recording._retention._looked_at = None
    recording._retention.look()
    gone = {one.name for one in files} - {one.name for one in recording._kept()}
    after = size_on_disk(folder)
    recording.close(END)
    assert gone == {one.name for one in oldest[:4]}
    assert after == everything - spare
    assert {name.split("-")[0] for name in gone} == {"overlay", "raw", "clips/event"}


def _emptied(recorder: Recorder) -> None:
    """Wait until an encoder has taken all that it was given."""
    assert recorder._queue is not None
    until(lambda: not len(recorder._queue or ()))
