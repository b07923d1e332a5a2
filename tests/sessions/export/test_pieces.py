"""Parts of videos, one behind the other."""

from pathlib import Path

import pytest

from livesegment.errors import SourceError
from livesegment.sessions.export.base import Selection
from livesegment.sessions.export.pieces import laid_out, length, played, total
from livesegment.sessions.manifest import VideoFacts
from livesegment.sessions.session import Session, Video
from tests.sessions.made import make_session


def _video(start: float, seconds: float) -> Video:
    return Video(Path("film.mkv"), VideoFacts(start=start, seconds=seconds))


def test_videos_follow_each_other_whatever_was_between() -> None:
    found = laid_out([_video(0, 10), _video(500, 20)], Selection())
    assert [(one.begin, one.end, one.at, one.whole) for one in found] == [
        (0, 10, 0, True),
        (0, 20, 10, True),
    ]
    assert total(found) == 30


def test_what_is_before_and_behind_the_wanted_time_is_left_out() -> None:
    videos = [_video(0, 10), _video(10, 10), _video(20, 10), _video(30, 10)]
    found = laid_out(videos, Selection(start=12, end=23))
    assert [(one.begin, one.end, one.at, one.whole) for one in found] == [
        (2, 10, 0, False),
        (0, 3, 8, False),
    ]
    assert total(found) == 11


def test_a_time_at_which_there_is_no_video_gives_nothing() -> None:
    assert laid_out([_video(0, 10), _video(500, 20)], Selection(start=20, end=400)) == []


@pytest.mark.parametrize("finished", [True, False])
def test_a_video_is_as_long_as_its_pictures(finished: bool, tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=7, raw=False, finished=finished)
    (video,) = Session.open(path).videos()
    assert length(video) == pytest.approx(0.7)


def test_a_video_that_cannot_be_read_has_no_length(tmp_path: Path) -> None:
    path = make_session(tmp_path, frames=2, raw=False, finished=False)
    (video,) = Session.open(path).videos()
    video.path.write_bytes(b"garbage")
    with pytest.raises(SourceError, match="cannot be read"):
        length(video)


def test_the_first_picture_is_at_0_and_the_others_keep_their_distance(tmp_path: Path) -> None:
    session = Session.open(make_session(tmp_path, frames=20, raw=False, segments=2))
    found = laid_out(session.videos(), Selection(start=1.25, end=1.8))
    told: list[float] = []
    times = [seconds for seconds, _ in played(found, told.append)]
    assert times == pytest.approx([0.0, 0.15, 0.25, 0.35, 0.45])
    assert told == times
