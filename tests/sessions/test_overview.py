"""What is told of a session at a glance."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from livesegment.sessions.overview import overview, overviews, size_on_disk
from livesegment.sessions.owner import boot_id
from tests.sessions.made import STARTED, make_session


def set_manifest(path: Path, **facts: Any) -> None:
    file = path / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | facts), "utf-8")


def test_a_finished_session(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=20, fps=10.0, segments=2)
    row = overview(path)
    assert (row.state, row.frames, row.end_reason) == ("finished", 20, "end of source")
    assert row.seconds == pytest.approx(2.0)
    assert row.started == STARTED
    assert row.ended == STARTED + timedelta(seconds=2.5)
    assert row.bytes == sum(file.stat().st_size for file in path.iterdir())


def test_an_interrupted_session_lasted_until_its_last_whole_line(tmp_path: Path) -> None:
    row = overview(make_session(tmp_path, frames=20, fps=10.0, finished=False))
    assert row.state == "interrupted"
    assert row.seconds == pytest.approx(1.9)


def test_one_that_a_living_process_records(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=2, finished=False)
    set_manifest(path, pid=os.getppid(), boot=boot_id(), clocks=[])
    row = overview(path)
    assert (row.state, row.pid) == ("recording", os.getppid())


@pytest.mark.parametrize(("ended", "state"), [(True, "finished"), (False, "interrupted")])
def test_manifests_before_the_second_schema_have_no_state(
    tmp_path: Path, ended: bool, state: str
) -> None:
    path = make_session(tmp_path, frames=2)
    facts = json.loads((path / "manifest.json").read_text("utf-8"))
    facts = {key: facts[key] for key in facts if key != "state" and (ended or key != "ended")}
    (path / "manifest.json").write_text(json.dumps(facts), "utf-8")
    assert overview(path).state == state


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00", "[" * 100_000])
def test_a_damaged_manifest_is_a_row_too(tmp_path: Path, text: str) -> None:
    path = make_session(tmp_path, frames=2)
    (path / "manifest.json").write_text(text, "utf-8")
    row = overview(path)
    assert row.state == "damaged"
    assert "manifest.json" in row.problem


def test_nothing_that_a_manifest_says_fails_the_list(tmp_path: Path) -> None:
    odd: tuple[Any, ...] = (None, "x", -1, 1e99, [], {}, [1], [{}], [{"start": "x"}], True)
    keys = ("started", "ended", "videos", "frames", "pid", "boot", "state", "end_reason", "clocks")
    path = make_session(tmp_path, frames=2)
    before = (path / "manifest.json").read_text("utf-8")
    for key in keys:
        for value in odd:
            set_manifest(path, **{key: value})
            json.dumps(overview(path).as_json())
            (path / "manifest.json").write_text(before, "utf-8")


def test_sessions_are_listed_by_when_they_started(tmp_path: Path) -> None:
    late = make_session(tmp_path, frames=2, name="a")
    early = make_session(tmp_path, frames=2, name="b")
    lost = make_session(tmp_path, frames=2, name="0")
    set_manifest(early, started="2020-01-01T00:00:00.000Z")
    (lost / "manifest.json").unlink()
    make_session(tmp_path, frames=2, name=".removing-c")
    (tmp_path / "other").mkdir()
    assert [row.path for row in overviews(tmp_path)] == [early, late, lost]


def test_size_counts_files_in_folders_and_no_links(tmp_path: Path) -> None:
    folder = tmp_path / "session"
    (folder / "clips").mkdir(parents=True)
    (folder / "clips" / "a").write_bytes(bytes(100))
    (folder / "b").write_bytes(bytes(20))
    (tmp_path / "big").write_bytes(bytes(5000))
    (folder / "link").symlink_to(tmp_path / "big")
    assert size_on_disk(folder) == 120


def test_a_pin_is_seen(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=2)
    (path / "pinned").touch()
    assert overview(path).pinned
