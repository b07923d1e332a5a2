"""A manifest made of what is there."""

from array import array
from pathlib import Path

import pytest

from livesegment.sessions.anew import Story, renewed, start
from livesegment.sessions.films import Film
from livesegment.sessions.lines import RecordedFrame, RecordedInstance


def film(*ms: int, name: str = "overlay-0001.mkv") -> Film:
    return Film(Path(name), len(ms), 1.0, "mjpeg", (64, 48), 10.0, True, array("q", ms))


def frame(clock: float = 0.0, time: str = "", *seen: tuple[int, str]) -> RecordedFrame:
    found = (RecordedInstance(None, *one, 0.9, (0, 0, 1, 1), 1, "01") for one in seen)
    return RecordedFrame(0, 0, clock, time, (64, 48), tuple(found))


def story(*clocks: float) -> Story:
    return Story.of(map(frame, clocks))


def test_a_video_begins_at_the_lines_with_the_same_steps() -> None:
    lines = story(1.0, 1.1, 1.2, 1.35, 1.45, 1.6)
    assert start(film(0, 150, 250), lines, None) == 1.2


def test_lines_whose_pictures_the_encoder_dropped_are_passed_over() -> None:
    lines = story(1.0, 1.1, 1.2, 1.35, 1.45, 1.6)
    assert start(film(0, 350, 600), lines, None) == 1.0


def test_a_video_begins_after_the_one_before() -> None:
    lines = story(*(i / 10 for i in range(20)))
    assert start(film(0, 100, 200), lines, None) == 0.0
    assert start(film(0, 100, 200), lines, 1.0) == 1.0


@pytest.mark.parametrize(("after", "begin"), [(None, 0.5), (9.0, 9.0)])
def test_at_a_constant_rate_it_begins_where_the_one_before_ended(
    after: float | None, begin: float
) -> None:
    assert start(film(0, 33, 67), story(0.5, 0.6, 0.7), after) == begin


def test_without_lines_it_begins_at_nought() -> None:
    assert start(film(0, 33), story(), None) == 0.0


def test_labels_are_taken_from_what_was_seen(tmp_path: Path) -> None:
    lines = [frame(0.0, "", (2, "car"), (0, "person"))]
    facts = renewed(tmp_path / "2026-11-23T08-30-00Z_cam", None, [], Story.of(lines), 0)
    assert facts["labels"] == ["person", "class 1", "car"]
    assert (facts["source"], facts["started"]) == ("cam", "2026-11-23T08:30:00.000Z")


def test_a_folder_of_any_name_starts_with_its_first_line(tmp_path: Path) -> None:
    lines = [frame(0.0, "2026-01-01T00:00:00.000Z")]
    facts = renewed(tmp_path / "holiday", None, [], Story.of(lines), 0)
    assert (facts["source"], facts["started"]) == ("holiday", "2026-01-01T00:00:00.000Z")


@pytest.mark.parametrize("odd", [None, 5, "x", [5], [{}], {"a": 1}])
def test_odd_values_in_the_old_manifest_do_no_harm(tmp_path: Path, odd: object) -> None:
    old = {"videos": odd, "problems": odd, "state": odd, "schema": 2}
    assert renewed(tmp_path, old, [], story(0.1), 0)["videos"] == []


def test_videos_that_retention_took_stay_listed(tmp_path: Path) -> None:
    gone = {"file": "overlay-0001.mkv", "kind": "overlay", "removed": "2026-01-01T00:00:00.000Z"}
    facts = renewed(tmp_path, {"videos": [gone]}, [], story(0.1), 0)
    assert facts["videos"] == [gone]
    assert "problems" not in facts


@pytest.mark.parametrize(
    ("clocks", "ended"),
    [
        ([], "2026-11-23T08:30:11.000Z"),
        ([(0.0, "08:30:02"), (5.0, "09:00:05"), (60.0, "10:00:00")], "2026-11-23T09:00:11.000Z"),
    ],
)
def test_without_lines_it_ended_with_its_last_video(
    tmp_path: Path, clocks: list[tuple[float, str]], ended: str
) -> None:
    """By the last look at the wall clock before that."""
    video = {"file": "overlay-0001.mkv", "kind": "overlay", "removed": "x", "start": 10.0}
    old = {
        "started": "2026-11-23T08:30:00.000Z",
        "videos": [video | {"seconds": 1.0}],
        "clocks": [{"clock": clock, "wall": f"2026-11-23T{wall}Z"} for clock, wall in clocks],
    }
    assert renewed(tmp_path, old, [], Story(), 0)["ended"] == ended
