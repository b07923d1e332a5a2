"""Label pictures, read by OpenCV."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from livesegment.errors import UsageError
from livesegment.sessions.export import labels
from livesegment.sessions.export.pictures import Pictures
from tests.sessions.export.scenes import every, hard, hard_session

SIZE = (64, 48)


def _read(folder: Path, kind: str, number: int = 0) -> NDArray[np.unsignedinteger]:
    picture = cv2.imread(str(folder / kind / f"{number:08d}.png"), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    return np.asarray(picture)


def test_the_best_object_is_in_front_and_nothing_is_lost(tmp_path: Path) -> None:
    session = hard_session(tmp_path / "sessions")
    made = labels.export(session, every(session), _new(tmp_path))
    assert (made.frames, made.instances, made.without_pixels) == (4, 24, 4)
    whole = _read(tmp_path / "out", labels.INSTANCES)
    assert whole.dtype == np.uint16
    assert whole.shape == (48, 64)
    assert np.all(whole == 1), "the best covers all"


def test_values_are_tracks_and_classes(tmp_path: Path) -> None:
    session = hard_session(tmp_path / "sessions")
    frames = [replace(frame, instances=frame.instances[1:]) for frame in every(session)]
    labels.export(session, frames, _new(tmp_path))
    for frame in frames:
        objects = np.zeros((48, 64), np.uint16)
        classes = np.zeros((48, 64), np.uint8)
        for thing in reversed(hard(frame.index, SIZE)[1:]):
            objects[thing.mask] = thing.track_id or 65535
            classes[thing.mask] = thing.class_id + 1
        found = _read(tmp_path / "out", labels.CLASSES, frame.number)
        assert found.dtype == np.uint8
        assert np.array_equal(found, classes)
        assert np.array_equal(_read(tmp_path / "out", labels.INSTANCES, frame.number), objects)


def test_values_are_places_in_the_frame_where_that_is_asked_for(tmp_path: Path) -> None:
    session = hard_session(tmp_path / "sessions", count=1)
    (frame,) = every(session)
    frames = [replace(frame, instances=frame.instances[1:])]
    labels.export(session, frames, _new(tmp_path), ids=labels.ROWS)
    assert set(np.unique(_read(tmp_path / "out", labels.INSTANCES))) == {0, 1, 3, 4, 5, 6}


def test_what_the_values_mean_is_written_beside(tmp_path: Path) -> None:
    session = hard_session(tmp_path / "sessions", count=1)
    labels.export(session, every(session), _new(tmp_path))
    meaning = json.loads((tmp_path / "out" / labels.NAMES).read_text("utf-8"))
    assert meaning == {"0": "background", "1": "red", "2": "green", "3": "blue"}


@pytest.mark.parametrize("track", [65535, 70_000])
def test_tracks_that_do_not_fit_are_refused(track: int, tmp_path: Path) -> None:
    session = hard_session(tmp_path / "sessions", count=1)
    (frame,) = every(session)
    tracked = replace(frame.instances[1], track_id=track)
    frames = [replace(frame, instances=(tracked, frame.instances[3]))]
    with pytest.raises(UsageError, match=f"track ids up to {track}") as caught:
        labels.export(session, frames, _new(tmp_path))
    assert "--ids rows" in str(caught.value.hint)


def test_classes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    session = hard_session(tmp_path / "sessions", count=1)
    (frame,) = every(session)
    frames = [replace(frame, instances=(replace(frame.instances[1], class_id=255),))]
    with pytest.raises(UsageError, match="class id 255"):
        labels.export(session, frames, _new(tmp_path))


def test_pictures_can_be_put_beside(tmp_path: Path) -> None:
    session = hard_session(tmp_path / "sessions", raw=True, count=2)
    labels.export(session, every(session), _new(tmp_path), source=Pictures(session, "raw"))
    assert len(list((tmp_path / "out" / "images").iterdir())) == 2


def _new(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"
