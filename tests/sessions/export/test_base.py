"""The frames of a session, one by one, as they are wanted."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livesegment.errors import SourceError
from livesegment.sessions.export.base import Selection, frames, labels
from livesegment.sessions.session import Session
from tests.sessions.made import LABELS, make_session


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
    found = list(frames(session, Selection()))
    assert [frame.number for frame in found] == [frame.index for frame in found] == [0, 1, 2, 3, 4]
    assert [frame.clock for frame in found] == [0.5, 0.6, 0.7, 0.8, 0.9]
    assert {frame.size for frame in found} == {(64, 48)}
    square, disc = found[3].instances
    assert (square.track_id, square.class_id, square.label, square.score) == (1, 0, "red", 0.9)
    assert square.box == (3.0, 2.0, 12.0, 12.0)
    mask, origin = square.mask((64, 48))
    assert mask.all()
    assert (mask.shape, origin, square.area) == ((12, 12), (3, 2), 144)
    assert disc.label == "green"


def test_a_session_that_a_kill_broke_off_gives_its_whole_lines(tmp_path: Path) -> None:
    session = Session.open(make_session(tmp_path, frames=5, raw=False, finished=False))
    assert len(list(frames(session, Selection()))) == 5


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
    assert [frame.index for frame in frames(session, selection)] == expected


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
    found = list(frames(session, selection))
    assert [[one.label for one in frame.instances] for frame in found] == [expected] * 2


def test_numbers_rise_where_the_source_starts_to_count_anew(tmp_path: Path) -> None:
    indices = [7, 9, 0, 1, 1, 5]
    path = make_session(tmp_path, frames=6, raw=False)
    session = _changed(path, lambda row, line: line.update(frame=indices[row]))
    found = list(frames(session, Selection()))
    assert [frame.number for frame in found] == [7, 9, 10, 11, 12, 16]
    assert [frame.index for frame in found] == indices


def test_numbers_do_not_depend_on_the_time_that_is_taken(tmp_path: Path) -> None:
    indices = [7, 9, 0, 1]
    path = make_session(tmp_path, frames=4, raw=False)
    session = _changed(path, lambda row, line: line.update(frame=indices[row]))
    assert [frame.number for frame in frames(session, Selection(start=0.8))] == [11]


def test_lines_of_schema_1_have_the_sources_time_for_a_clock(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=2, raw=False, live=False)
    session = _changed(path, lambda _row, line: line.pop("clock"))
    assert [frame.clock for frame in frames(session, Selection())] == [0.0, 0.1]


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
def test_a_line_that_no_recording_writes_is_named(
    change: Callable[[dict[str, Any]], object], tmp_path: Path
) -> None:
    path = make_session(tmp_path, frames=5, raw=False)
    session = _changed(path, lambda row, line: change(line) if row == 2 else None)
    with pytest.raises(SourceError, match="line 3 of the frames of") as caught:
        list(frames(session, Selection()))
    assert "sessions repair" in str(caught.value.hint)


@pytest.mark.parametrize("counts", ["", "0", "~", "0 "])
def test_a_mask_that_is_none_is_an_error(counts: str, tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=1, raw=False)
    session = _changed(
        path, lambda _row, line: line["instances"][0]["segmentation"].update(counts=counts)
    )
    (frame,) = frames(session, Selection())
    with pytest.raises(SourceError, match="a mask of the session cannot be read"):
        frame.instances[0].mask(frame.size)


def test_labels_are_the_manifests(tmp_path: Path) -> None:
    assert labels(Session.open(make_session(tmp_path, frames=1, raw=False))) == LABELS


def test_labels_of_a_manifest_without_them_come_from_the_lines(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=1, raw=False)
    manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    del manifest["labels"]
    (path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    session = _changed(path, lambda _row, line: line["instances"][1].update(class_id=3))
    assert labels(session) == ("red", "class 1", "class 2", "green")
