"""Real weights on real pictures, against a decoder that shares no code; see `tests/goldens`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.instances import Instances
from livesegment.rle import decode_counts, decode_mask
from livesegment.segmenters.base import Segmenter
from livesegment.segmenters.load import load_segmenter
from livesegment.store import find_model

GOLDENS = json.loads(
    (Path(__file__).parents[1] / "goldens" / "yolov8n_seg_coco.json").read_text("utf-8")
)
NEAR_THE_THRESHOLD = 0.005

pytestmark = [pytest.mark.shared, pytest.mark.wheel]


@pytest.fixture(scope="module")
def segmenter(shared: Path) -> Segmenter:
    weights = shared / "assets" / "models" / "yolov8n-seg.onnx"
    if not weights.is_file():
        pytest.skip(f"{weights} is not there")
    return load_segmenter(
        find_model(str(weights)), Thresholds(score=GOLDENS["score"], nms=GOLDENS["nms"])
    )


@pytest.mark.parametrize("name", GOLDENS["images"])
def test_the_same_is_found_in(name: str, segmenter: Segmenter, shared: Path) -> None:
    """Each golden instance with its class, score and mask, and no other."""
    golden = GOLDENS["images"][name]
    image = cv2.imread(str(shared / "assets" / "coco" / "images" / name))
    assert image is not None
    assert list(image.shape[:2]) == golden["size"]
    found = segmenter.segment(Frame(np.asarray(image, np.uint8), 0, 0.0, 0.0)).instances
    left = set(range(len(found)))
    for wanted in golden["instances"]:
        truth = decode_mask(decode_counts(wanted["counts"]), (image.shape[1], image.shape[0]))
        overlaps = {i: overlap(truth, found, i) for i in left if same(wanted, found, i)}
        best = max(overlaps, key=lambda i: overlaps[i], default=None)
        assert best is not None, f"class {wanted['class_id']} at {wanted['bbox']} is missing"
        assert overlaps[best] >= 0.95
        np.testing.assert_allclose(found.boxes[best], wanted["bbox"], atol=1)
        left.discard(best)
    extra = list(surely(found, left))
    assert not extra


def same(wanted: dict[str, Any], found: Instances, i: int) -> bool:
    return bool(
        found.class_ids[i] == wanted["class_id"] and abs(found.scores[i] - wanted["score"]) <= 0.01
    )


def overlap(truth: NDArray[np.bool_], found: Instances, i: int) -> float:
    """Intersection over union of a full-frame mask and an instance's."""
    x1, y1, x2, y2 = found.regions[i].tolist()
    mask = np.zeros_like(truth)
    mask[y1:y2, x1:x2] = found.masks[i]
    return float(np.count_nonzero(mask & truth) / np.count_nonzero(mask | truth))


def surely(found: Instances, rows: set[int]) -> Iterator[tuple[int, float]]:
    """Class and score of those of the rows whose score is not just above the threshold."""
    for i in sorted(rows):
        if found.scores[i] > GOLDENS["score"] + NEAR_THE_THRESHOLD:
            yield int(found.class_ids[i]), float(found.scores[i])
