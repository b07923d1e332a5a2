"""YOLO data sets, read by the rules of the loaders of such sets.

A label file: a line an object, the class and at least three points, all shares within 0..1. Points
are multiplied by the picture's size, cut to whole pixels and filled by OpenCV.
"""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.sessions.export import yolo
from livesegment.sessions.export.pictures import Pictures
from livesegment.sessions.session import Session
from tests.sessions.export.scenes import every, hard, hard_session
from tests.sessions.made import make_session

SIZE = (64, 48)


def read(path: Path, size: tuple[int, int]) -> list[tuple[int, NDArray[np.bool_]]]:
    """Class and mask of every line of a label file."""
    found = []
    for line in path.read_text("utf-8").splitlines():
        first, *rest = line.split()
        shares = np.array(rest, np.float32).reshape(-1, 2)
        assert len(shares) >= 3
        assert 0 <= shares.min() <= shares.max() <= 1
        assert np.all(np.ptp(shares, axis=0) > 0), "a box without an area is thrown away"
        mask: Any = np.zeros(size[::-1], np.uint8)
        cv2.fillPoly(mask, [(shares * np.array(size, np.float32)).astype(np.int32)], 1)
        found.append((int(first), np.asarray(mask, np.bool_)))
    return found


def test_masks_come_back(tmp_path: Path) -> None:
    session = hard_session(tmp_path / "sessions")
    made = yolo.export(session, every(session), _new(tmp_path))
    assert (made.frames, made.instances, made.without_pixels) == (4, 24, 4)
    for frame in every(session):
        rows = read(tmp_path / "out" / "labels" / f"{frame.stem}.txt", SIZE)
        things = [thing for thing in hard(frame.index, SIZE) if thing.mask.any()]
        assert [class_id for class_id, _ in rows] == [thing.class_id for thing in things]
        *others, joined = [
            np.count_nonzero(mask & thing.mask) / np.count_nonzero(mask | thing.mask)
            for (_, mask), thing in zip(rows, things, strict=True)
        ]
        assert others == [1.0] * 5
        assert joined > 0.7, "two small parts, and a line of 12 pixels between"


def test_an_object_is_one_line_however_many_parts_it_has(tmp_path: Path) -> None:
    session = hard_session(tmp_path / "sessions", count=1)
    yolo.export(session, every(session), _new(tmp_path))
    text = (tmp_path / "out" / "labels" / "00000000.txt").read_text("utf-8")
    assert len(text.splitlines()) == 6


def test_a_frame_without_objects_is_background(tmp_path: Path) -> None:
    session = Session.open(
        make_session(tmp_path / "sessions", frames=2, raw=False, objects=lambda *_: [])
    )
    yolo.export(session, every(session), _new(tmp_path))
    assert [path.read_bytes() for path in (tmp_path / "out" / "labels").iterdir()] == [b"", b""]


def test_each_label_file_has_its_picture(tmp_path: Path) -> None:
    session = hard_session(tmp_path / "sessions", raw=True)
    yolo.export(session, every(session), _new(tmp_path), source=Pictures(session, "raw"))
    stems = [
        sorted(path.stem for path in (tmp_path / "out" / name).iterdir())
        for name in ("images", "labels")
    ]
    assert stems[0] == stems[1]
    assert len(stems[0]) == 4


def test_the_description_names_every_class_and_no_place(tmp_path: Path) -> None:
    session = hard_session(tmp_path / "sessions", count=1)
    (frame,) = every(session)
    session = Session(session.path, {**session.manifest, "labels": ["no", 'a "b": c']})
    yolo.export(session, [frame], _new(tmp_path))
    assert (tmp_path / "out" / yolo.DESCRIPTION).read_text("utf-8").splitlines() == [
        "train: images",
        "val: images",
        "names:",
        '  0: "no"',
        '  1: "a \\"b\\": c"',
        '  2: "blue"',
    ]


def _new(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"
