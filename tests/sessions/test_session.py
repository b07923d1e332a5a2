"""A session that is read: its videos, its lines, and how it is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from livesegment.errors import SourceError, UsageError
from livesegment.sessions.session import Session, find, sessions
from tests.sessions.made import LABELS, make_session


def test_a_finished_session(tmp_path: Path) -> None:
    session = Session.open(make_session(tmp_path, frames=6, segments=2))
    assert session.facts.labels == session.labels() == LABELS
    assert [video.path.name for video in session.videos("raw")] == ["raw-0001.mkv", "raw-0002.mkv"]
    assert [video.start for video in session.videos("raw")] == [0.5, 0.8]
    assert len(session.videos()) == 4
    assert [frame.index for frame in session.lines()] == list(range(6))


def test_an_interrupted_one_has_its_growing_files(tmp_path: Path) -> None:
    session = Session.open(make_session(tmp_path, frames=6, segments=2, finished=False))
    names = [video.path.name for video in session.videos("overlay")]
    assert names == ["overlay-0001.mkv", "overlay-0002.part.mkv"]
    assert [frame.index for frame in session.lines()] == list(range(6))


def test_videos_that_are_not_there_are_left_out(tmp_path: Path) -> None:
    session = Session.open(make_session(tmp_path, frames=2))
    (session.path / "raw-0001.mkv").unlink()
    assert session.videos("raw") == []


def test_videos_are_only_looked_for_inside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.mkv").touch()
    session = make_session(tmp_path, frames=2)
    found = Session(session, {"videos": [{"file": "../secret.mkv"}]}).videos()
    assert found == []


@pytest.mark.parametrize("odd", [None, 5, "x", [5], [{"file": 5, "start": "x"}]])
def test_odd_values_in_a_manifest_are_not_there(tmp_path: Path, odd: Any) -> None:
    session = Session(tmp_path, {"videos": odd, "labels": odd if odd != [5] else None})
    assert session.videos() == []


def test_labels_of_a_manifest_without_them_come_from_the_lines(tmp_path: Path) -> None:
    session = Session(make_session(tmp_path, frames=1), {})
    lines = session.path / "frames.jsonl"
    lines.write_text(lines.read_text("utf-8").replace('"class_id":1', '"class_id":3'), "utf-8")
    assert session.labels() == ("red", "class 1", "class 2", "green")


def test_a_folder_without_a_manifest_is_no_session(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no session"):
        Session.open(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", "", "[" * 100_000])
def test_a_damaged_manifest_is_told_with_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, "utf-8")
    with pytest.raises(SourceError) as raised:
        Session.open(tmp_path)
    assert "sessions repair" in str(raised.value.hint)


def folders(parent: Path, *names: str) -> None:
    for name in names:
        (parent / name).mkdir()
        (parent / name / "manifest.json").write_text(json.dumps({"schema": 2}), "utf-8")


def test_sessions_of_a_folder(tmp_path: Path) -> None:
    folders(tmp_path, "b", "a", ".removing-c")
    (tmp_path / "lost").mkdir()
    (tmp_path / "lost" / "frames.part.jsonl").touch()
    (tmp_path / "empty").mkdir()
    assert [path.name for path in sessions(tmp_path)] == ["a", "b"]
    assert [path.name for path in sessions(tmp_path, lost=True)] == ["a", "b", "lost"]
    assert sessions(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("name", "found"),
    [("2026-11-23_cam", "2026-11-23_cam"), ("22", "2026-11-22_cam"), ("latest", "2026-11-23_cam")],
)
def test_a_session_is_found_by_name_or_part_of_it(tmp_path: Path, name: str, found: str) -> None:
    folders(tmp_path, "2026-11-22_cam", "2026-11-23_cam")
    assert find(name, tmp_path).name == found


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    folders(tmp_path, "a")
    assert find(str(tmp_path / "a"), Path("none")) == tmp_path / "a"


@pytest.mark.parametrize(
    ("name", "words", "hint"),
    [
        ("cam", "names 2 sessions", None),
        ("2026-11-22_can", "no session", "did you mean '2026-11-22_cam'?"),
        ("x", "no session", "sessions list"),
    ],
)
def test_a_name_that_fits_none_or_several_is_told(
    tmp_path: Path, name: str, words: str, hint: str | None
) -> None:
    folders(tmp_path, "2026-11-22_cam", "2026-11-23_cam")
    with pytest.raises(UsageError, match=words) as raised:
        find(name, tmp_path)
    assert hint is None or hint in str(raised.value.hint)
