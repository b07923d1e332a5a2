"""Recorded sessions as sources: which picture, at which place."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livesegment.errors import SourceError
from livesegment.frame import Frame
from livesegment.sessions.session import Session
from livesegment.sources.base import Source
from livesegment.sources.recorded import RecordedSource, StandInSource
from tests.sessions.made import clock_of, make_session, picture, square_and_disc, write_video
from tests.sources.films import film, greys

pytestmark = pytest.mark.wheel


def played(source: Source) -> list[Frame]:
    """All frames of a source."""
    source.open()
    try:
        return list(itertools.islice(iter(source.read, None), 1000))
    finally:
        source.close()


def recorded(path: Path) -> list[Frame]:
    return played(RecordedSource(Session.open(path)))


def change(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a session's manifest."""
    manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    change(manifest)
    (path / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


@pytest.mark.parametrize("segments", [1, 3])
def test_every_picture_comes_at_its_place(segments: int, tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=10, fps=30, segments=segments)
    frames = recorded(path)
    assert [frame.index for frame in frames] == list(range(10))
    assert [frame.pts for frame in frames] == [clock_of(i, 30) for i in range(10)]
    for i, frame in enumerate(frames):
        shown = picture(square_and_disc(i, (64, 48)), (64, 48))
        assert float(np.abs(frame.image.astype(float) - shown).mean()) < 8


def test_indices_and_times_are_those_of_the_lines(tmp_path: Path) -> None:
    """A session begun in the middle of a run, of which some frames were dropped."""
    path = make_session(tmp_path, frames=6)
    rows = lines(path / "frames.jsonl")
    for row in rows:
        row |= {"frame": 500 + 3 * row["frame"], "clock": row["clock"] + 0.0004}
    write_lines(path / "frames.jsonl", rows)
    assert [(f.index, f.pts) for f in recorded(path)] == [(r["frame"], r["clock"]) for r in rows]


def test_of_two_lines_the_nearer_one_is_the_pictures(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=3)
    rows = lines(path / "frames.jsonl")
    before = rows[1] | {"frame": 100, "clock": rows[1]["clock"] - 0.0015}
    write_lines(path / "frames.jsonl", [rows[0], before, rows[1], rows[2] | {"frame": 102}])
    assert [frame.index for frame in recorded(path)] == [0, 1, 102]


def test_a_line_without_a_picture_is_left_out(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=5)
    rows = lines(path / "frames.jsonl")
    extra = rows[2] | {"frame": 90, "clock": rows[2]["clock"] + 0.05}
    write_lines(path / "frames.jsonl", [*rows[:3], extra, *rows[3:]])
    assert [frame.index for frame in recorded(path)] == [0, 1, 2, 3, 4]


def test_pictures_that_no_line_tells_of_are_counted_on(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=6, fps=10)
    write_lines(path / "frames.jsonl", lines(path / "frames.jsonl")[:4])
    frames = recorded(path)
    assert [frame.index for frame in frames] == list(range(6))
    assert [frame.pts for frame in frames[4:]] == pytest.approx([0.9, 1.0])


def test_what_a_kill_left_behind_is_played_too(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=10, segments=2, finished=False)
    assert (path / "raw-0002.part.mkv").exists()
    assert [frame.index for frame in recorded(path)] == list(range(10))


def test_a_picture_may_change_its_size(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=6, segments=2, fps=10)
    rows = lines(path / "frames.jsonl")
    larger = [picture(square_and_disc(i, (96, 80)), (96, 80)) for i in range(3, 6)]
    write_video(path / "raw-0002.mkv", larger, [0, 100, 200], fps=10)
    for row in rows[3:]:
        row |= {"width": 96, "height": 80, "instances": []}
    write_lines(path / "frames.jsonl", rows)
    assert [frame.size for frame in recorded(path)] == [(64, 48)] * 3 + [(96, 80)] * 3


def test_what_made_the_sides_even_is_cut_off_again(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=4)
    rows = lines(path / "frames.jsonl")
    write_lines(path / "frames.jsonl", [r | {"width": 63, "height": 47} for r in rows[:3]])
    change(path, lambda manifest: manifest["videos"][-1].update(width=63, height=47))
    assert {frame.size for frame in recorded(path)} == {(63, 47)}


def test_a_file_without_a_picture_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = make_session(tmp_path, frames=9, segments=3)
    (path / "raw-0002.mkv").write_bytes(b"\x1a\x45\xdf\xa3")
    assert [frame.index for frame in recorded(path)] == [0, 1, 2, 6, 7, 8]
    assert "raw-0002.mkv" in caplog.text


def test_a_session_of_which_no_picture_is_left_says_so(tmp_path: Path) -> None:
    path = make_session(tmp_path)
    (path / "raw-0001.mkv").write_bytes(b"")
    with pytest.raises(SourceError, match="no picture") as error:
        recorded(path)
    assert "repair" in str(error.value.hint)


def test_a_session_without_raw_video_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no raw video") as error:
        RecordedSource(Session.open(make_session(tmp_path, raw=False)))
    assert "--record-raw" in str(error.value.hint)


def test_a_session_whose_raw_video_was_removed_says_so(tmp_path: Path) -> None:
    path = make_session(tmp_path)
    (path / "raw-0001.mkv").unlink()
    change(path, lambda manifest: manifest["videos"][-1].update(removed="2026-11-23T09:00:00Z"))
    with pytest.raises(SourceError, match="removed"):
        RecordedSource(Session.open(path))


def test_a_session_says_its_rate_and_length(tmp_path: Path) -> None:
    source = RecordedSource(Session.open(make_session(tmp_path, frames=7, fps=12.5, segments=2)))
    info = source.open()
    source.close()
    assert (info.size, info.fps, info.frame_count) == ((64, 48), 12.5, 7)
    assert source.name == "camera 0"


def test_a_session_that_still_grows_has_no_length(tmp_path: Path) -> None:
    source = RecordedSource(Session.open(make_session(tmp_path, finished=False)))
    info = source.open()
    source.close()
    assert info.frame_count is None


def test_the_film_it_was_made_of_can_stand_in(tmp_path: Path) -> None:
    """Only with the frames that the session has."""
    path = make_session(tmp_path, frames=8, fps=10, raw=False, live=False)
    rows = [row | {"pts": row["pts"] + 7} for row in lines(path / "frames.jsonl")]
    write_lines(path / "frames.jsonl", [rows[2], rows[3], rows[6]])
    frames = played(StandInSource(Session.open(path), film(tmp_path / "film.avi", 10)))
    assert [frame.index for frame in frames] == [2, 3, 6]
    assert greys(frame.image for frame in frames) == [2, 3, 6]
    assert [frame.pts for frame in frames] == [0.2, 0.3, 0.6]


def test_a_session_from_before_there_was_a_clock_goes_by_the_films(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=3, fps=10, raw=False, live=False)
    rows = lines(path / "frames.jsonl")
    for row in rows:
        del row["clock"]
    write_lines(path / "frames.jsonl", rows)
    frames = played(StandInSource(Session.open(path), film(tmp_path / "film.avi", 5)))
    assert [frame.pts for frame in frames] == [0.0, 0.1, 0.2]


def test_another_film_does_not_stand_in(tmp_path: Path) -> None:
    path = make_session(tmp_path, raw=False)
    other = film(tmp_path / "film.avi", 5, size=(80, 48))
    with pytest.raises(SourceError, match=r"not what .* was recorded from"):
        played(StandInSource(Session.open(path), other))


def test_lines_that_tell_no_place_are_left_out(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=3)
    rows = lines(path / "frames.jsonl")
    write_lines(path / "frames.jsonl", [{"frame": 0}, *rows])
    assert [frame.index for frame in recorded(path)] == [0, 1, 2]
