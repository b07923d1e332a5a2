"""CSV, read by another reader."""

import csv
from dataclasses import replace
from pathlib import Path

from livesegment.sessions.export import table
from livesegment.sessions.export.base import Selection, frames
from livesegment.sessions.lines import RecordedFrame
from livesegment.sessions.session import Session
from tests.sessions.made import make_session


def _frames(folder: Path, count: int) -> list[RecordedFrame]:
    session = Session.open(make_session(folder, frames=count, raw=False))
    return list(frames(session.lines(), Selection()))


def test_there_is_a_row_an_instance(tmp_path: Path) -> None:
    made = table.export(_frames(tmp_path, 3), tmp_path / "out.csv")
    assert (made.frames, made.instances) == (3, 6)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    assert rows[2] == {
        "frame": "1",
        "clock": "0.6",
        "time": "2026-11-23T08:30:00.600Z",
        "track_id": "1",
        "class_id": "0",
        "class": "red",
        "score": "0.9",
        "x": "1.0",
        "y": "2.0",
        "width": "12.0",
        "height": "12.0",
        "area": "144",
    }


def test_lines_end_as_rfc_4180_has_them_and_awkward_names_are_quoted(tmp_path: Path) -> None:
    (frame,) = _frames(tmp_path, 1)
    awkward = 'a "big", red\nbüs'
    odd = replace(frame, instances=(replace(frame.instances[0], label=awkward, track_id=None),))
    table.export([odd], tmp_path / "out.csv")
    written = (tmp_path / "out.csv").read_bytes()
    assert written.count(b"\r\n") == 2
    assert b'"a ""big"", red\nb\xc3\xbcs"' in written
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["class"], row["track_id"]) == (awkward, "")


def test_frames_without_instances_leave_the_names_of_the_columns(tmp_path: Path) -> None:
    (frame,) = _frames(tmp_path, 1)
    made = table.export([replace(frame, instances=())], tmp_path / "out.csv")
    assert (made.frames, made.instances) == (1, 0)
    assert (tmp_path / "out.csv").read_text("utf-8").splitlines() == [",".join(table.COLUMNS)]
