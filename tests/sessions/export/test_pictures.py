"""Each frame gets its own picture."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from livesegment.errors import SourceError, UsageError
from livesegment.frame import Image
from livesegment.sessions.export.base import Export, Selection, frames
from livesegment.sessions.export.pictures import Pictures, written
from livesegment.sessions.lines import RecordedFrame
from livesegment.sessions.session import Session
from tests.sessions.export.scenes import every
from tests.sessions.made import jpeg, make_session, picture, square_and_disc


def _shown(source: Pictures, frame: RecordedFrame) -> int | None:
    """Which of the first 40 frames the picture is of; no two of them are alike."""
    image = source.of(frame)
    if image is None:
        return None
    assert image.shape == (frame.size[1], frame.size[0], 3)
    known = [picture(square_and_disc(i, frame.size), frame.size) for i in range(40)]
    return int(np.argmin([_apart(image, one) for one in known]))


def _apart(image: Image, other: Image) -> float:
    """How far a picture is from what is left of another in a JPEG."""
    kept: Any = cv2.imdecode(np.frombuffer(jpeg(other), np.uint8), cv2.IMREAD_COLOR)
    return float(cv2.norm(image, kept))


@pytest.mark.parametrize("segments", [1, 3])
@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize("live", [True, False])
def test_it_is_the_picture_of_that_frame(
    live: bool, finished: bool, segments: int, tmp_path: Path
) -> None:
    path = make_session(tmp_path, frames=12, segments=segments, finished=finished, live=live)
    session = Session.open(path)
    source = Pictures(session, "raw")
    assert [_shown(source, frame) for frame in every(session)] == list(range(12))


def test_frames_may_be_left_out_and_begin_late(tmp_path: Path) -> None:
    session = Session.open(make_session(tmp_path, frames=30, segments=3))
    source = Pictures(session, "raw")
    wanted = list(frames(session.lines(), Selection(start=2.55)))[::3]
    assert [_shown(source, frame) for frame in wanted] == [21, 24, 27]


def test_videos_before_the_first_frame_are_not_read(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=30, segments=3)
    (path / "raw-0001.mkv").write_bytes(b"garbage")
    session = Session.open(path)
    source = Pictures(session, "raw")
    wanted = list(frames(session.lines(), Selection(start=2.55)))
    assert _shown(source, wanted[0]) == 21


def test_a_frame_whose_picture_was_dropped_has_none(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=12, segments=3)
    (path / "raw-0002.mkv").unlink()
    session = Session.open(path)
    source = Pictures(session, "raw")
    found = [_shown(source, frame) for frame in every(session)]
    assert found == [0, 1, 2, 3, None, None, None, None, 8, 9, 10, 11]


def test_such_frames_are_counted(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=4, segments=2)
    (path / "raw-0001.mkv").unlink()
    session = Session.open(path)
    source, made = Pictures(session, "raw"), Export()
    (tmp_path / "images").mkdir()
    told = [written(source, frame, tmp_path, made) for frame in every(session)]
    assert told == [False, False, True, True]
    assert made.without_picture == 2
    assert len(list((tmp_path / "images").iterdir())) == 2


def test_a_video_that_cannot_be_read_is_an_error_that_names_the_way_out(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=4)
    (path / "raw-0001.mkv").write_bytes(b"garbage")
    session = Session.open(path)
    with pytest.raises(SourceError, match="cannot be read") as caught:
        Pictures(session, "raw").of(every(session)[0])
    assert "sessions repair" in str(caught.value.hint)


def test_a_video_that_is_not_there_is_an_error_that_names_the_one_that_is(tmp_path: Path) -> None:
    session = Session.open(make_session(tmp_path, frames=2, raw=False))
    with pytest.raises(UsageError, match="has no raw video") as caught:
        Pictures(session, "raw")
    assert "--pictures overlay" in str(caught.value.hint)


def test_live_sessions_of_schema_1_had_no_clock_to_go_by(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=2)
    manifest = json.loads((path / "manifest.json").read_text("utf-8")) | {"schema": 1}
    with pytest.raises(SourceError, match="before videos and frames had one clock"):
        Pictures(Session(path, manifest), "raw")
    Pictures(Session(path, manifest | {"live": False}), "raw")
