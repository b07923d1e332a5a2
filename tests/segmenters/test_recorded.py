"""What was found comes back from the lines of a session, to the pixel."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from livesegment.compositing.look import Look, Style, compose
from livesegment.errors import SourceError
from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.geometry import pixel_regions
from livesegment.instances import Instances
from livesegment.segmenters import recorded
from livesegment.segmenters.recorded import RecordedSegmenter, instances
from livesegment.sessions.lines import frame as parsed
from livesegment.sessions.session import Session
from livesegment.sessions.timeline import WallClock
from livesegment.sinks.jsonl import record
from tests.fakes import view
from tests.sessions.made import Thing, clock_of, make_session, square_and_disc

SIZES = ((1, 1), (64, 48), (33, 200), (640, 7))
LABELS = ("red", "green", "blue")
FPS = 10.0


def frame(index: int, *, fps: float = FPS, size: tuple[int, int] = (64, 48)) -> Frame:
    """Frame `index` of a session made by `make_session`."""
    image = np.zeros((size[1], size[0], 3), np.uint8)
    return Frame(image, index, 100.0 + index, clock_of(index, fps))


def opened(path: Path) -> RecordedSegmenter:
    return RecordedSegmenter(Session.open(path))


def written(size: tuple[int, int], found: Instances) -> dict[str, Any]:
    """The line of a frame, read again."""
    shown = view(size=size, found=found)
    line: dict[str, Any] = json.loads(json.dumps(record(shown, WallClock(), 0.0)))
    return line


def read(line: dict[str, Any]) -> Instances:
    """The objects of a line."""
    known = parsed(json.dumps(line).encode())
    return instances(known, known.size)


@st.composite
def findings(draw: st.DrawFn) -> tuple[tuple[int, int], Instances]:
    """A frame's size, and objects anywhere in it: at its borders, of no width, on whole pixels."""
    size = draw(st.sampled_from(SIZES))
    boxes, masks = [], []
    for _ in range(draw(st.integers(0, 4))):
        sides = []
        for limit in size:
            side = st.floats(0, limit, width=32) | st.integers(0, limit).map(float)
            near = st.integers(1, limit).map(lambda i: float(np.nextafter(np.float32(i), 0)))
            sides.append(sorted((draw(side | near), draw(side | near))))
        (x1, x2), (y1, y2) = sides
        box = np.array([[x1, y1, x2, y2]], np.float32)
        left, top, right, bottom = pixel_regions(box)[0].tolist()
        boxes.append(box[0])
        masks.append(draw(hnp.arrays(np.bool_, (bottom - top, right - left))))
    count = len(boxes)
    scores = draw(hnp.arrays(np.float32, count, elements=st.floats(0, 1, width=32)))
    class_ids = draw(st.lists(st.integers(0, 4), min_size=count, max_size=count))
    tracks = draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    return size, Instances.from_rows(boxes, scores, class_ids, masks, tracks)


@given(findings())
def test_what_was_written_comes_back(case: tuple[tuple[int, int], Instances]) -> None:
    size, found = case
    again = read(written(size, found))
    np.testing.assert_array_equal(again.regions, found.regions)
    for mask, before in zip(again.masks, found.masks, strict=True):
        np.testing.assert_array_equal(mask, before)
    np.testing.assert_array_equal(again.scores, found.scores)
    np.testing.assert_array_equal(again.class_ids, found.class_ids)
    np.testing.assert_array_equal(again.track_ids, found.track_ids)
    np.testing.assert_allclose(again.boxes, found.boxes, atol=0.011)


@given(findings())
def test_it_is_written_again_as_it_was(case: tuple[tuple[int, int], Instances]) -> None:
    """A replay of a replay drifts nowhere."""
    size, found = case
    line = written(size, found)
    assert written(size, read(line))["instances"] == line["instances"]


@pytest.mark.parametrize("style", Style)
@given(case=findings())
def test_the_picture_is_the_one_that_was_composed_live(
    style: Style, case: tuple[tuple[int, int], Instances]
) -> None:
    size, found = case
    image = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8)
    again = read(written(size, found))
    look = Look(style=style)
    np.testing.assert_array_equal(
        compose(image, again, LABELS, look), compose(image, found, LABELS, look)
    )


def test_a_box_that_is_too_small_for_its_mask_grows() -> None:
    """As rounding made them in recordings of earlier versions."""
    mask = np.ones((6, 5), bool)
    line = written((64, 48), Instances.from_rows([(10, 20, 15, 26)], [0.9], [0], [mask]))
    line["instances"][0]["bbox"] = [11.0, 20.0, 3.0, 5.99]
    again = read(line)
    assert again.regions.tolist() == [[10, 20, 15, 26]]
    np.testing.assert_array_equal(again.masks[0], mask)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"bbox": [1, 2, 3]}, id="half a box"),
        pytest.param({"score": "high"}, id="no number"),
        pytest.param({"segmentation": {"size": [48, 63], "counts": "0"}}, id="another size"),
        pytest.param({"segmentation": {"size": [48, 64], "counts": "~"}}, id="no run lengths"),
        pytest.param({"segmentation": {"size": [48, 64], "counts": "5"}}, id="too few pixels"),
        pytest.param({"segmentation": None}, id="no mask"),
    ],
)
def test_objects_that_cannot_be_read_are_left_out_and_counted(
    change: dict[str, Any], tmp_path: Path
) -> None:
    path = make_session(tmp_path, frames=3)
    rows = [json.loads(line) for line in (path / "frames.jsonl").read_text("utf-8").splitlines()]
    rows[1]["instances"][0] |= change
    (path / "frames.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    segmenter = opened(path)
    assert [len(segmenter.segment(frame(i)).instances) for i in range(3)] == [2, 0, 2]
    assert segmenter.remark.startswith("1 line of frames.jsonl left out")


def test_objects_of_a_picture_of_another_size_are_left_out(tmp_path: Path) -> None:
    segmenter = opened(make_session(tmp_path, frames=3))
    assert len(segmenter.segment(frame(0, size=(32, 48))).instances) == 0
    assert "frame 0" in segmenter.remark


def test_masks_that_take_all_memory_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded, "MOST_MASKS", 100)
    segmenter = opened(make_session(tmp_path, frames=1))
    assert len(segmenter.segment(frame(0)).instances) == 0
    assert "100 pixels" in segmenter.remark


def test_each_frame_gets_its_own_objects(tmp_path: Path) -> None:
    segmenter = opened(make_session(tmp_path, frames=5))
    for index in range(5):
        result = segmenter.segment(frame(index))
        assert (result.frame_index, result.size) == (index, (64, 48))
        square, disc = square_and_disc(index, (64, 48))
        found = result.instances
        assert found.track_ids is not None
        assert found.track_ids.tolist() == [1, 2]
        for thing, mask, (x1, y1, x2, y2) in zip(
            (square, disc), found.masks, found.regions.tolist(), strict=True
        ):
            np.testing.assert_array_equal(mask, thing.mask[y1:y2, x1:x2])
            assert np.count_nonzero(mask) == np.count_nonzero(thing.mask)


def test_frames_may_be_left_out(tmp_path: Path) -> None:
    segmenter = opened(make_session(tmp_path, frames=9))
    for index in (0, 4, 8):
        left = segmenter.segment(frame(index)).instances.regions[0, 0]
        assert left == index


def test_a_frame_that_no_line_tells_of_shows_nothing(tmp_path: Path) -> None:
    segmenter = opened(make_session(tmp_path, frames=3))
    between = replace(frame(1), pts=frame(1).pts - 0.05)
    assert len(segmenter.segment(between).instances) == 0
    assert len(segmenter.segment(frame(1)).instances) == 2
    assert len(segmenter.segment(frame(3)).instances) == 0
    assert len(segmenter.segment(frame(4)).instances) == 0


def test_masks_keep_their_age(tmp_path: Path) -> None:
    """They were carried from an earlier frame when they were recorded."""
    path = make_session(tmp_path, frames=2)
    rows = [json.loads(line) for line in (path / "frames.jsonl").read_text("utf-8").splitlines()]
    rows[1] |= {"key_frame": 0, "mask_age": 0.25}
    rows[0] |= {"key_frame": None, "mask_age": None, "instances": []}
    (path / "frames.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    segmenter = opened(path)
    first, second = segmenter.segment(frame(0)), segmenter.segment(frame(1))
    assert len(first.instances) == 0
    assert second.frame_index == 0
    assert frame(1).captured_at - second.captured_at == 0.25


def test_a_higher_score_leaves_less(tmp_path: Path) -> None:
    segmenter = opened(make_session(tmp_path))
    segmenter.thresholds = replace(segmenter.thresholds, score=0.7)
    assert segmenter.segment(frame(0)).instances.class_ids.tolist() == [0]


def test_only_the_classes_asked_for_are_left(tmp_path: Path) -> None:
    segmenter = opened(make_session(tmp_path))
    segmenter.thresholds = replace(segmenter.thresholds, class_ids=frozenset({1}))
    found = segmenter.segment(frame(0)).instances
    assert found.class_ids.tolist() == [1]
    assert found.track_ids is not None
    assert found.track_ids.tolist() == [2]


def test_all_that_was_recorded_is_shown_as_long_as_no_score_is_asked_for(tmp_path: Path) -> None:
    """The score may have been lower while it was recorded than it was in the end."""

    def faint(index: int, size: tuple[int, int]) -> list[Thing]:
        return [replace(thing, score=0.3) for thing in square_and_disc(index, size)]

    segmenter = opened(make_session(tmp_path, objects=faint))
    assert segmenter.thresholds.score == 0.5
    assert len(segmenter.segment(frame(0)).instances) == 2


def test_it_says_who_found_the_objects(tmp_path: Path) -> None:
    segmenter = opened(make_session(tmp_path))
    segmenter.warm_up()
    assert segmenter.describe() == "recorded by colour-shapes on OpenCV on cpu"
    assert segmenter.labels == LABELS
    assert segmenter.recorded == Thresholds(score=0.5, mask=0.5, nms=0.45)


def test_a_manifest_without_labels_is_made_up_for_by_the_objects(tmp_path: Path) -> None:
    path = make_session(tmp_path)
    manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    del manifest["labels"], manifest["thresholds"], manifest["model"]
    (path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    segmenter = opened(path)
    assert segmenter.labels == ("red", "green")
    assert segmenter.thresholds == Thresholds()
    assert "an unknown model" in segmenter.describe()


@pytest.mark.parametrize("score", ["high", None, 7])
def test_thresholds_that_cannot_be_read_are_an_error(score: object, tmp_path: Path) -> None:
    path = make_session(tmp_path)
    manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    manifest["thresholds"]["score"] = score
    (path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(SourceError, match="thresholds"):
        opened(path)
