"""The drawn picture that engines are compared on."""

from pathlib import Path

import numpy as np
import pytest

from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.segmenters.load import load_segmenter
from livesegment.segmenters.specimen import SIZE, specimen
from livesegment.store import find_model


def found(model: str) -> dict[str, float]:
    segmenter = load_segmenter(find_model(model), Thresholds(score=0.4))
    instances = segmenter.segment(Frame(specimen(), 0, 0.0, 0.0)).instances
    names = [segmenter.labels[i] for i in instances.class_ids]
    return dict(zip(names, instances.scores.tolist(), strict=True))


def test_it_is_a_picture_and_always_the_same() -> None:
    assert specimen().shape == (SIZE[1], SIZE[0], 3)
    assert np.array_equal(specimen(), specimen())


def test_the_model_that_ships_finds_its_shapes() -> None:
    assert set(found("colour-shapes")) == {"red", "green", "blue"}


@pytest.mark.shared
def test_a_network_trained_on_photographs_finds_objects(shared: Path) -> None:
    scores = found(str(shared / "assets/models/yolov8n-seg.onnx"))
    assert scores["stop sign"] > 0.8
    assert scores["clock"] > 0.8
