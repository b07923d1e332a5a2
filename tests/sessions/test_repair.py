"""What a kill leaves of a session, made whole."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from livesegment.errors import SinkError, SourceError, UsageError
from livesegment.matroska.reader import MatroskaReader
from livesegment.sessions import repair as module
from livesegment.sessions import salvage
from livesegment.sessions.owner import boot_id, hold
from livesegment.sessions.repair import ASIDE, broken, is_whole, repair
from livesegment.sessions.session import Session
from tests.sessions.made import make_session, picture, plant, write_video

Contents = dict[str, bytes]


def contents(path: Path) -> Contents:
    """Every file below a folder, with its bytes."""
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


def set_manifest(path: Path, **facts: Any) -> None:
    file = path / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | facts), "utf-8")


def packets(path: Path) -> list[tuple[int, bytes]]:
    return [(block.ms, block.data) for block in MatroskaReader(path)]


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    return make_session(tmp_path, frames=12, finished=False, segments=2)


def test_growing_videos_become_whole_with_every_picture(killed: Path) -> None:
    before = packets(killed / "overlay-0002.part.mkv")
    repair(killed)
    reader = MatroskaReader(killed / "overlay-0002.mkv")
    assert reader.whole
    assert [(block.ms, block.data) for block in reader] == before


def test_originals_are_kept_aside_byte_for_byte(killed: Path) -> None:
    before = contents(killed)
    repair(killed)
    after = contents(killed)
    for name in ("frames.part.jsonl", "overlay-0002.part.mkv", "raw-0002.part.mkv"):
        assert after[f"{ASIDE}/{name}"] == before[name]
    assert after[f"{ASIDE}/manifest.json"] == before["manifest.json"]


def test_a_cut_packet_and_a_cut_line_are_all_that_is_lost(killed: Path) -> None:
    part = killed / "raw-0002.part.mkv"
    part.write_bytes(part.read_bytes()[:-7])
    rows = {row.file: row for row in repair(killed).saved}
    assert rows["raw-0002.mkv"].frames == 5
    assert rows["raw-0002.mkv"].cut > 0
    assert rows["frames.jsonl"].frames == 12
    assert [frame.index for frame in Session.open(killed).lines()] == list(range(12))


def test_the_manifest_says_what_is_there(killed: Path) -> None:
    whole = make_session(killed.parent, frames=12, segments=2, name="whole")
    repair(killed)
    facts, ideal = (dict(Session.open(path).manifest) for path in (killed, whole))
    assert facts["state"] == "repaired"
    assert facts["end_reason"] == "interrupted (repaired)"
    assert facts["ended"] == "2026-11-23T08:30:01.600Z"
    assert facts["frames"] == 12
    assert "pid" not in facts
    for video, expected in zip(facts["videos"], ideal["videos"], strict=True):
        assert video == expected


def test_a_second_repair_changes_not_a_byte(killed: Path) -> None:
    repair(killed)
    before = contents(killed), killed.stat().st_mtime_ns
    assert repair(killed).saved == ()
    assert (contents(killed), killed.stat().st_mtime_ns) == before


def test_a_finished_session_is_not_touched(tmp_path: Path) -> None:
    path = make_session(tmp_path)
    before = contents(path)
    assert repair(path).saved == ()
    assert contents(path) == before


def test_lines_that_are_no_json_are_set_aside_and_counted(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=6, raw=False)
    file = path / "frames.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    damaged = b"".join([*lines[:2], b"\0\0\0\n", b"[1]\n", *lines[2:]])
    file.write_bytes(damaged)
    (row,) = [row for row in repair(path).saved if row.file == "frames.jsonl"]
    assert (row.frames, row.cut) == (6, 8)
    assert row.note.startswith("2 ")
    assert file.read_bytes() == b"".join(lines)
    assert (path / ASIDE / "frames.part.jsonl").read_bytes() == damaged
    assert Session.open(path).manifest["end_reason"] == "end of source"


def test_a_last_line_that_only_lacks_its_end_is_kept(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=6, raw=False)
    whole = (path / "frames.jsonl").read_bytes()
    (path / "frames.jsonl").write_bytes(whole[:-1])
    repair(path)
    assert (path / "frames.jsonl").read_bytes() == whole


def test_a_video_that_is_whole_but_for_its_name_is_only_renamed(killed: Path) -> None:
    part = killed / "overlay-0002.part.mkv"
    part.unlink()
    write_video(part, [picture([], (64, 48))] * 3, [0, 100, 200], fps=10.0)
    before = part.read_bytes()
    repair(killed)
    assert (killed / "overlay-0002.mkv").read_bytes() == before
    assert not (killed / ASIDE / part.name).exists()


@pytest.mark.parametrize("left", [b"", b"\0" * 4096, b"\x1a\x45\xdf\xa3"])
def test_a_file_without_a_picture_is_moved_aside_and_said(killed: Path, left: bytes) -> None:
    (killed / "raw-0002.part.mkv").write_bytes(left)
    rows = {row.file: row for row in repair(killed).saved}
    assert rows["raw-0002.mkv"].note == "nothing to save"
    assert (killed / ASIDE / "raw-0002.part.mkv").read_bytes() == left
    session = Session.open(killed)
    assert [video.path.name for video in session.videos("raw")] == ["raw-0001.mkv"]
    assert session.manifest["problems"] == ["raw-0002.mkv: nothing of it could be saved"]


def test_a_finished_video_without_its_index_is_mended_too(tmp_path: Path) -> None:
    """As a full disk leaves it."""
    path = make_session(tmp_path, frames=6, raw=False)
    video = path / "overlay-0001.mkv"
    cut = video.read_bytes()[:-20]
    video.write_bytes(cut)
    repair(path)
    assert MatroskaReader(video).whole
    assert (path / ASIDE / "overlay-0001.part.mkv").read_bytes() == cut
    assert repair(path).saved == ()


def test_clips_and_events_are_made_whole(killed: Path) -> None:
    (killed / "clips").mkdir()
    (killed / "overlay-0002.part.mkv").rename(killed / "clips" / "event-0001.part.mkv")
    event = b'{"type":"new","id":"a","condition":"person>=1"}\n'
    (killed / "events.jsonl").write_bytes(event + b'{"type":"en')
    repair(killed)
    assert MatroskaReader(killed / "clips" / "event-0001.mkv").whole
    assert (killed / "events.jsonl").read_bytes() == event
    assert Session.open(killed).manifest["events"] == 1


@pytest.mark.parametrize("damage", [None, b"", b'{"schema": 2,', b"[]", b"\xff\xfe"])
def test_a_lost_manifest_is_made_anew(killed: Path, damage: bytes | None) -> None:
    known = json.loads((killed / "manifest.json").read_text("utf-8"))
    if damage is None:
        (killed / "manifest.json").unlink()
    else:
        (killed / "manifest.json").write_bytes(damage)
    repair(killed)
    facts = Session.open(killed).manifest
    assert (facts["schema"], facts["source"], facts["live"]) == (2, "camera-0", True)
    assert facts["started"] == known["started"]
    assert facts["labels"] == ["red", "green"]
    starts = [(video["file"], video["start"]) for video in facts["videos"]]
    assert starts == [(video["file"], video["start"]) for video in known["videos"]]
    if damage is not None:
        assert (killed / ASIDE / "manifest.json").read_bytes() == damage


def test_a_film_is_told_from_a_camera_by_its_clock(tmp_path: Path) -> None:
    path = make_session(tmp_path, finished=False, live=False)
    (path / "manifest.json").unlink()
    repair(path)
    assert Session.open(path).manifest["live"] is False


def test_a_session_that_is_being_recorded_is_refused(killed: Path) -> None:
    set_manifest(killed, pid=os.getppid(), boot=boot_id(), clocks=[])
    before = contents(killed)
    with pytest.raises(UsageError, match=f"by process {os.getppid()}"):
        repair(killed)
    assert contents(killed) == before


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be locked")
def test_a_session_that_is_being_repaired_is_refused(killed: Path) -> None:
    with hold(killed), pytest.raises(UsageError, match="at this moment"):
        repair(killed)


def test_what_has_nothing_to_save_is_refused_untouched(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=1, finished=False, raw=False)
    (path / "overlay-0001.part.mkv").write_bytes(b"")
    (path / "frames.part.jsonl").write_bytes(b'{"fra')
    before = contents(path)
    with pytest.raises(SourceError, match="no video and no line"):
        repair(path)
    assert contents(path) == before


def test_a_full_disk_is_said_and_nothing_is_lost(
    killed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(killed)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(salvage, "mend", full)
        with pytest.raises(SinkError, match="disk is full"):
            repair(killed)
    assert contents(killed) == before
    repair(killed)
    assert is_whole(killed)


def test_a_folder_that_takes_no_files_is_said(
    killed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(module, "put_bytes", refuse)
    with pytest.raises(SinkError, match="Permission denied"):
        repair(killed)


def test_a_session_from_before_the_second_schema_is_made_whole(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=6, finished=False, raw=False)
    (path / "frames.part.jsonl").rename(path / "frames.jsonl")
    old = {"schema": 1, "source": "camera 0", "started": "2026-11-23T08:30:00.000Z", "live": True}
    (path / "manifest.json").write_text(json.dumps(old), "utf-8")
    assert not is_whole(path)
    repair(path)
    session = Session.open(path)
    assert session.manifest["videos"][0]["frames"] == len(list(session.lines())) == 6
    assert is_whole(path)


def test_broken_sessions_are_found(tmp_path: Path) -> None:
    make_session(tmp_path, frames=2, name="a")
    interrupted = make_session(tmp_path, frames=2, finished=False, name="b")
    lost = make_session(tmp_path, frames=2, name="c")
    (lost / "manifest.json").unlink()
    (tmp_path / "d").mkdir()
    assert broken(tmp_path) == [interrupted, lost]


PLANTED = (
    *("frames.jsonl.mending", "events.jsonl.mending", "manifest.json.mending", "manifest.json"),
    *("overlay-0002.mkv.mending", "overlay-0002.mkv", "raw-0001.mkv", "events.jsonl"),
    *("frames.jsonl", "events.part.jsonl", "raw-0003.part.mkv", "interrupted", "clips", "pinned"),
    *("interrupted/manifest.json", "interrupted/frames.part.jsonl", "clips/event-0001.part.mkv"),
    *("clips/event-0001.mkv", "interrupted/manifest.json.mending"),
)
"""Every name that a repair reads, writes or moves."""


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("kind", ["link", "link to a folder", "dangling", "pipe"])
def test_what_is_planted_in_a_session_leads_nowhere(kind: str, name: str, killed: Path) -> None:
    """It is made whole or refused, and what is outside of it stays as it was."""
    theirs = killed.parent / "theirs"
    theirs.mkdir()
    for file in ("file", "event-0001.part.mkv", "manifest.json"):
        (theirs / file).write_bytes(b'{"their": "own"}\n')
    before = contents(theirs)
    (killed / "events.jsonl").write_text('{"type":"new","id":"a"}\n{"ty')
    (killed / name).parent.mkdir(exist_ok=True)
    target = {"link": theirs / "file", "link to a folder": theirs}.get(kind, theirs / "none")
    plant(kind.partition(" ")[0], killed / name, target)
    try:
        repair(killed)
    except SinkError:
        assert name in {"interrupted", "clips"}
    else:
        assert is_whole(killed)
        assert len(list(Session.open(killed).lines())) == 12
    assert contents(theirs) == before
