"""COCO's files, read and scored by the COCO API itself."""

import json
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livesegment.families.coco import COCO_BY_ID, COCO_FROM_1
from livesegment.families.known_classes import COCO
from livesegment.sessions.export import coco
from livesegment.sessions.export.coco import Categories
from livesegment.sessions.export.pictures import Pictures
from livesegment.sessions.session import Session
from tests.sessions.export.scenes import every, hard, hard_session
from tests.sessions.made import LABELS, make_session

WITHOUT = "pycocotools is not installed"
coco_api: Any = pytest.importorskip("pycocotools.coco", reason=WITHOUT)
coco_masks: Any = pytest.importorskip("pycocotools.mask", reason=WITHOUT)
cocoeval: Any = pytest.importorskip("pycocotools.cocoeval", reason=WITHOUT)

pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation:DeprecationWarning"  # of pycocotools' own
    ),
    pytest.mark.wheel,
]
SIZE = (64, 48)
FORMS = pytest.mark.parametrize("masks", [coco.RLE, coco.POLYGON])


def _export(session: Session, folder: Path, **options: Any) -> Path:
    folder.mkdir()
    coco.export(session, every(session), folder, **options)
    return folder


def _loaded(folder: Path) -> tuple[Any, Any]:
    """Data set and results, as the COCO API has them."""
    with redirect_stdout(StringIO()):
        truth = coco_api.COCO(str(folder / coco.ANNOTATIONS))
        return truth, truth.loadRes(str(folder / coco.RESULTS))


@FORMS
@pytest.mark.parametrize("kind", ["segm", "bbox"])
def test_scored_against_itself_a_session_has_a_precision_of_1(
    kind: str, masks: str, tmp_path: Path
) -> None:
    session = hard_session(tmp_path / "sessions")
    truth, results = _loaded(_export(session, tmp_path / "out", masks=masks))
    with redirect_stdout(StringIO()):
        score = cocoeval.COCOeval(truth, results, kind)
        score.evaluate()
        score.accumulate()
        score.summarize()
    ap, ap50, ap75 = score.stats[:3]
    assert (ap, ap50, ap75) == pytest.approx((1.0, 1.0, 1.0))
    assert score.stats[8] == pytest.approx(1.0), "recall"


def test_a_precision_of_1_is_not_had_for_nothing(tmp_path: Path) -> None:
    folder = _export(hard_session(tmp_path / "sessions"), tmp_path / "out")
    rows = json.loads((folder / coco.RESULTS).read_text("utf-8"))
    (folder / coco.RESULTS).write_text(json.dumps(rows[: len(rows) // 2]), "utf-8")
    truth, results = _loaded(folder)
    with redirect_stdout(StringIO()):
        score = cocoeval.COCOeval(truth, results, "segm")
        score.evaluate()
        score.accumulate()
        score.summarize()
    assert score.stats[0] < 0.8


@FORMS
def test_the_coco_api_sees_the_masks_and_areas_that_were_recorded(
    masks: str, tmp_path: Path
) -> None:
    session = hard_session(tmp_path / "sessions")
    truth, _ = _loaded(_export(session, tmp_path / "out", masks=masks))
    for frame in every(session):
        expected = [thing for thing in hard(frame.index, SIZE) if thing.mask.any()]
        found = truth.loadAnns(truth.getAnnIds(imgIds=[frame.number]))
        assert len(found) == len(expected)
        for annotation, thing in zip(found, expected, strict=True):
            assert np.array_equal(truth.annToMask(annotation), thing.mask)
            assert annotation["area"] == np.count_nonzero(thing.mask)
            assert annotation["area"] == coco_masks.area(truth.annToRLE(annotation))
            assert annotation["category_id"] == thing.class_id + 1
            assert annotation.get("track_id", 0) == thing.track_id


def test_run_lengths_are_the_coco_apis_own(tmp_path: Path) -> None:
    session = hard_session(tmp_path / "sessions")
    for frame in every(session):
        for instance, thing in zip(frame.instances, hard(frame.index, SIZE), strict=True):
            encoded = coco_masks.encode(np.asfortranarray(thing.mask.astype(np.uint8)))
            assert encoded["counts"].decode() == instance.counts
            decoded = coco_masks.decode({"size": [48, 64], "counts": instance.counts})
            assert np.array_equal(decoded, thing.mask)


def test_what_the_files_have_besides(tmp_path: Path) -> None:
    session = Session.open(make_session(tmp_path / "sessions", frames=2, raw=False))
    folder = _export(session, tmp_path / "out")
    content = json.loads((folder / coco.ANNOTATIONS).read_text("utf-8"))
    assert list(content) == ["info", "images", "annotations", "categories"]
    assert (content["info"]["year"], session.name in content["info"]["description"]) == (2026, True)
    assert content["images"][1] == {
        "id": 1,
        "file_name": "00000001.jpg",
        "width": 64,
        "height": 48,
        "date_captured": "2026-11-23T08:30:00.600Z",
        "frame": 1,
        "clock": 0.6,
    }
    assert [row["id"] for row in content["annotations"]] == [1, 2, 3, 4], "0 counts as none"
    assert {row["iscrowd"] for row in content["annotations"]} == {0}
    assert [row["name"] for row in content["categories"]] == list(LABELS)
    assert sorted(path.name for path in folder.iterdir()) == [coco.ANNOTATIONS, coco.RESULTS]


def test_instances_without_a_pixel_are_left_out_and_counted(tmp_path: Path) -> None:
    session = hard_session(tmp_path / "sessions", count=3)
    (tmp_path / "out").mkdir()
    made = coco.export(session, every(session), tmp_path / "out")
    assert (made.frames, made.instances, made.without_pixels) == (3, 18, 3)


def test_a_session_in_which_nothing_was_found_can_be_loaded(tmp_path: Path) -> None:
    session = hard_session(tmp_path / "sessions")
    (tmp_path / "out").mkdir()
    frames = [replace(frame, instances=()) for frame in every(session)]
    coco.export(session, frames, tmp_path / "out")
    with redirect_stdout(StringIO()):
        truth = coco_api.COCO(str(tmp_path / "out" / coco.ANNOTATIONS))
    assert (len(truth.imgs), len(truth.anns)) == (4, 0)
    assert json.loads((tmp_path / "out" / coco.RESULTS).read_text("utf-8")) == []


def test_pictures_are_those_of_the_images(tmp_path: Path) -> None:
    session = hard_session(tmp_path / "sessions", raw=True)
    folder = _export(session, tmp_path / "out", source=Pictures(session, "raw"))
    truth, _ = _loaded(folder)
    names = {image["file_name"] for image in truth.imgs.values()}
    assert {path.name for path in (folder / "images").iterdir()} == names
    assert len(names) == 4


def _ids(labels: Sequence[str]) -> dict[str, int]:
    return {row["name"]: row["id"] for row in Categories(labels).rows()}


@pytest.mark.parametrize("labels", [COCO, COCO_FROM_1, COCO_BY_ID, COCO_BY_ID[1:]])
def test_coco_classes_have_cocos_own_ids_however_the_network_counts(labels: list[str]) -> None:
    ids = _ids(labels)
    assert len(ids) in {80, 90}
    assert {name: ids[name] for name in COCO} == {name: COCO_BY_ID.index(name) for name in COCO}
    assert (ids["person"], ids["stop sign"], ids["toothbrush"]) == (1, 13, 90)


def test_other_classes_have_their_ids_plus_one() -> None:
    assert _ids(["person", "dragon"]) == {"person": 1, "dragon": 2}


def test_a_class_that_the_manifest_does_not_name_gets_an_id_of_its_own() -> None:
    for labels in ((), ("red",), COCO):
        categories = Categories(labels)
        before = {row["id"] for row in categories.rows()}
        assert categories.id(95, "class 95") not in before
        assert len({row["id"] for row in categories.rows()}) == len(before) + 1
