"""The frames of a session, one by one, as they are wanted."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livesegment.sessions.export.base import Selection, frames, mask_of
from livesegment.sessions.session import Session
from tests.sessions.made import make_session


def _changed(path: Path, change: Callable[[int, dict[str, Any]], object]) -> Session:
    """A session whose lines were changed by hand."""
    file = path / "frames.jsonl"
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    for row, line in enumerate(lines):
        change(row, line)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return Session.open(path)


def test_all_frames_come_in_order_with_all_that_is_known_of_them(tmp_path: Path) -> None:
    session = Session.open(make_session(tmp_path, frames=5, raw=False))
    found = list(frames(session.lines(), Selection()))
    assert [frame.number for frame in found] == [frame.index for frame in found] == [0, 1, 2, 3, 4]
    assert [frame.clock for frame in found] == [0.5, 0.6, 0.7, 0.8, 0.9]
    assert {frame.size for frame in found} == {(64, 48)}
    square, disc = found[3].instances
    assert (square.track_id, square.class_id, square.label, square.score) == (1, 0, "red", 0.9)
    assert square.box == (3.0, 2.0, 12.0, 12.0)
    mask, origin = mask_of(square, (64, 48))
    assert mask.all()
    assert (mask.shape, origin, square.area) == ((12, 12), (3, 2), 144)
    assert disc.label == "green"


def test_a_session_that_a_kill_broke_off_gives_its_whole_lines(tmp_path: Path) -> None:
    session = Session.open(make_session(tmp_path, frames=5, raw=False, finished=False))
    assert len(list(frames(session.lines(), Selection()))) == 5


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(start=0.7), [2, 3, 4]),
        (Selection(end=0.7), [0, 1]),
        (Selection(start=0.6, end=0.8), [1, 2]),
        (Selection(start=9.0), []),
    ],
)
def test_a_time_of_the_session_can_be_taken(
    selection: Selection, expected: list[int], tmp_path: Path
) -> None:
    session = Session.open(make_session(tmp_path, frames=5, raw=False))
    assert [frame.index for frame in frames(session.lines(), selection)] == expected


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(score=0.6), ["red", "green"]),
        (Selection(score=0.61), ["red"]),
        (Selection(class_ids=frozenset({1})), ["green"]),
        (Selection(class_ids=frozenset({1}), score=0.61), []),
    ],
)
def test_instances_can_be_left_out_and_their_frames_stay(
    selection: Selection, expected: list[str], tmp_path: Path
) -> None:
    session = Session.open(make_session(tmp_path, frames=2, raw=False))
    found = list(frames(session.lines(), selection))
    assert [[one.label for one in frame.instances] for frame in found] == [expected] * 2


def test_numbers_rise_where_the_source_starts_to_count_anew(tmp_path: Path) -> None:
    indices = [7, 9, 0, 1, 1, 5]
    path = make_session(tmp_path, frames=6, raw=False)
    session = _changed(path, lambda row, line: line.update(frame=indices[row]))
    found = list(frames(session.lines(), Selection()))
    assert [frame.number for frame in found] == [7, 9, 10, 11, 12, 16]
    assert [frame.index for frame in found] == indices


def test_numbers_do_not_depend_on_the_time_that_is_taken(tmp_path: Path) -> None:
    indices = [7, 9, 0, 1]
    path = make_session(tmp_path, frames=4, raw=False)
    session = _changed(path, lambda row, line: line.update(frame=indices[row]))
    assert [frame.number for frame in frames(session.lines(), Selection(start=0.8))] == [11]


def test_lines_of_schema_1_have_the_sources_time_for_a_clock(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=2, raw=False, live=False)
    session = _changed(path, lambda _row, line: line.pop("clock"))
    assert [frame.clock for frame in frames(session.lines(), Selection())] == [0.0, 0.1]


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.pop("instances"),
        lambda line: line.update(width="wide"),
        lambda line: line["instances"][1].pop("segmentation"),
        lambda line: line["instances"][0].update(bbox=[1, 2]),
        lambda line: line["instances"][0]["segmentation"].update(size=[64, 48]),
        lambda line: line.update(instances=7),
    ],
)
def test_a_line_that_no_recording_writes_is_left_out_and_counted(
    change: Callable[[dict[str, Any]], object], tmp_path: Path
) -> None:
    path = make_session(tmp_path, frames=5, raw=False)
    session = _changed(path, lambda row, line: change(line) if row == 2 else None)
    lines = session.lines()
    assert [frame.index for frame in frames(lines, Selection())] == [0, 1, 3, 4]
    assert lines.left_out == 1
    assert "line 3: " in lines.remark


@pytest.mark.parametrize("counts", ["", "0", "~", "0 "])
def test_a_mask_that_is_none_is_empty(counts: str, tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=1, raw=False)
    session = _changed(
        path, lambda _row, line: line["instances"][0]["segmentation"].update(counts=counts)
    )
    (frame,) = frames(session.lines(), Selection())
    assert mask_of(frame.instances[0], frame.size)[0].size == 0
