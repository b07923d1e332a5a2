"""Lines of frames.jsonl and events.jsonl: what a recording writes, and nothing else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livesegment.errors import SourceError
from livesegment.sessions import lines as module
from livesegment.sessions.lines import Frames, event_id, frame, read
from tests.sessions.made import line, plant, square_and_disc

SIZE = (64, 48)
Change = Callable[[dict[str, Any]], object]


def row(number: int = 3, **more: Any) -> dict[str, Any]:
    return line(number, square_and_disc(number, SIZE), SIZE, 10.0) | more


def data(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"


def test_a_line_comes_back_whole() -> None:
    found = frame(data(row(mask_age=0.25, key_frame=1, new={"a": 1})))
    assert (found.index, found.number, found.clock, found.size) == (3, 3, 0.8, SIZE)
    assert (found.key_frame, found.mask_age, found.time) == (1, 0.25, "2026-11-23T08:30:00.800Z")
    square, disc = found.instances
    assert (square.track_id, square.class_id, square.label, square.score) == (1, 0, "red", 0.9)
    assert (square.box, square.area, disc.label) == ((3.0, 2.0, 12.0, 12.0), 144, "green")


def test_the_first_schema_has_the_sources_time_for_a_clock() -> None:
    old = row()
    del old["clock"], old["instances"][0]["track_id"]
    assert frame(data(old)).clock == 0.8
    assert frame(data(old)).instances[0].track_id is None


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row.pop("frame"),
        lambda row: row.update(frame=-1),
        lambda row: row.update(frame=2**60),
        lambda row: row.update(frame=1.0),
        lambda row: row.update(frame=True),
        lambda row: row.update(clock=float("nan")),
        lambda row: row.update(clock=1e300),
        lambda row: row.update(clock=10**400),
        lambda row: row.update(clock="1"),
        lambda row: row.update(width=0),
        lambda row: row.update(height=10**6),
        lambda row: row.update(width=60_000, height=60_000),
        lambda row: row.update(instances=None),
        lambda row: row.update(instances={}),
        lambda row: row.update(instances=[7]),
        lambda row: row["instances"][0].update(class_id=10**12),
        lambda row: row["instances"][0].update(class_id="0"),
        lambda row: row["instances"][0].update(track_id=2**31),
        lambda row: row["instances"][0].update(score=1.5),
        lambda row: row["instances"][0].update(score=float("inf")),
        lambda row: row["instances"][0].update(area=-1),
        lambda row: row["instances"][0].update(bbox=[1, 2, 3]),
        lambda row: row["instances"][0].update(bbox=[1, 2, 3, 1e30]),
        lambda row: row["instances"][0].update(bbox=7),
        lambda row: row["instances"][0].update(segmentation=None),
        lambda row: row["instances"][0]["segmentation"].update(size=[64, 48]),
        lambda row: row["instances"][0]["segmentation"].update(counts=[1, 2]),
    ],
)
def test_what_no_recording_writes_is_refused(change: Change) -> None:
    odd = row()
    change(odd)
    with pytest.raises(ValueError, match=r"\w"):
        frame(data(odd))


@pytest.mark.parametrize(
    "text", [b"", b"\n", b"7", b"[]", b"{", b"\0" * 100, b"\xff", b"[" * 99_999, b'{"frame":9']
)
def test_what_is_no_object_is_refused(text: bytes) -> None:
    for parse in (frame, event_id):
        with pytest.raises(ValueError, match=r"\w"):
            parse(text)


def test_events_are_told_apart_by_their_id() -> None:
    assert event_id(data({"type": "new", "id": "a", "more": 1})) == "a"
    for odd in ({"type": "new"}, {"id": "a"}, {"type": 1, "id": "a"}, {"type": "new", "id": ""}):
        with pytest.raises(ValueError, match="missing"):
            event_id(data(odd))


def test_lines_that_cannot_be_read_are_left_out_counted_and_said(tmp_path: Path) -> None:
    path = tmp_path / "frames.jsonl"
    path.write_bytes(data(row(1)) + b"\0\0\n[]\n" + data(row(2)) + b'{"fra')
    frames = Frames(path)
    assert frames.remark == ""
    assert [one.index for one in frames] == [1, 2]
    assert frames.left_out == 2  # what a kill cut off is none
    assert frames.remark.startswith(
        "2 lines of frames.jsonl left out that cannot be read: line 2: "
    )


def test_a_line_without_end_is_not_taken_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST", 4096)
    monkeypatch.setattr(module, "FAR", 16384)
    long, longest = b"a" * 9000 + b"\n", b"a" * 30_000 + b"\n"
    path = tmp_path / "frames.jsonl"
    path.write_bytes(data(row(1)) + long + data(row(2)) + longest + data(row(3)))
    found = list(read(path, frame))
    assert [one.value and one.value.index for one in found] == [1, None, 2, None]
    assert all(len(one.data) <= 4096 for one in found)
    assert sum(one.length for one in found) == path.stat().st_size


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "folder", "missing"])
def test_what_is_no_file_is_not_read(kind: str, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(data(row()))
    there = tmp_path / ("other" if kind == "link" else "none")
    plant(kind, tmp_path / "frames.jsonl", there)
    with pytest.raises(SourceError, match="cannot read"):
        list(Frames(tmp_path / "frames.jsonl"))
