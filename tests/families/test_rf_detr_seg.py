"""RF-DETR-Seg: tensors with known answers, and what files say."""

import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livesegment.errors import ModelError
from livesegment.families.base import EVERYTHING, Thresholds
from livesegment.families.coco import COCO_BY_ID
from livesegment.families.rf_detr_seg import EXPORT_HINT, RfDetrSeg
from livesegment.geometry import Letterbox
from livesegment.instances import Instances
from tests.families.onnx_networks import Graph, Normalised, Side, header, rf_detr_seg

SIDE, CELLS = 48, 12
"""Of the input, in pixels, and of the masks."""
SURE = 2.0
"""A logit: a probability of 0.88."""


def family(
    *,
    columns: Side = 4,
    shape: Sequence[Side] = (1, 3, SIDE, SIDE),
    labels: Sequence[str] = (),
    input_size: tuple[int, int] | None = None,
    **metadata: str,
) -> RfDetrSeg:
    """A family of a file with no network in it."""
    outputs: dict[str, Sequence[Side]] = {
        "dets": (1, "q", 4),
        "labels": (1, "q", columns),
        "masks": (1, "q", CELLS, CELLS),
    }
    data = header({"input": shape}, outputs, metadata=metadata)
    return RfDetrSeg(data, name="net.onnx", labels=labels, input_size=input_size)


def decoded(
    boxes: Sequence[Sequence[float]],
    logits: Sequence[Sequence[float]],
    masks: NDArray[np.float32] | None = None,
    size: tuple[int, int] = (100, 60),
    thresholds: Thresholds | None = None,
    labels: Sequence[str] = (),
) -> Instances:
    """Of a network of four classes; without masks, masks that are full."""
    q = len(boxes)
    tensors = {
        "dets": np.array([boxes], np.float32),
        "labels": np.array([logits], np.float32),
        "masks": np.full((1, q, CELLS, CELLS), 9, np.float32) if masks is None else masks,
    }
    letterbox = Letterbox(size, (SIDE, SIDE), (SIDE, SIDE), 0, 0)
    return family(labels=labels).decode(tensors, letterbox, thresholds or Thresholds())


def one_class(class_id: int, logit: float = SURE) -> list[float]:
    return [logit if i == class_id else -9 for i in range(4)]


MIDDLE = [0.5, 0.5, 0.5, 0.5]


# Pictures in


def test_a_picture_is_stretched_and_normalised_red_first() -> None:
    image = np.zeros((30, 100, 3), np.uint8)
    image[:, :50] = (30, 20, 10)
    tensors, letterbox = family().prepare(image)
    tensor = tensors["input"]
    assert tensor.shape == (1, 3, SIDE, SIDE)
    assert tensor.dtype == np.float32
    mean, deviation = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])
    wanted = (np.array([10, 20, 30]) - mean) / deviation
    np.testing.assert_allclose(tensor[0, :, -1, SIDE // 2 - 1], wanted, rtol=1e-5)
    np.testing.assert_allclose(tensor[0, :, 0, SIDE // 2], -mean / deviation, rtol=1e-5)
    assert letterbox == Letterbox((100, 30), (SIDE, SIDE), (SIDE, SIDE), 0, 0)


# Instances out


def test_a_box_is_a_share_of_the_frame_and_a_score_a_sigmoid() -> None:
    found = decoded([[0.3, 0.5, 0.2, 0.4]], [one_class(2)])
    np.testing.assert_allclose(found.boxes, [[20, 18, 40, 42]], atol=1e-4)
    np.testing.assert_allclose(found.scores, [1 / (1 + np.exp(-SURE))], rtol=1e-6)
    assert found.class_ids.tolist() == [2]


def test_a_query_is_found_once_for_every_class_that_it_passes_for() -> None:
    found = decoded([MIDDLE] * 3, [[2, -9, 1, -9], [-9, 3, -9, -9], one_class(0, -9)])
    assert found.class_ids.tolist() == [1, 0, 2]


def test_there_are_no_more_pairs_than_queries() -> None:
    found = decoded([MIDDLE] * 2, [[2, -9, 1, -9], [-9, 3, -9, -9]])
    assert found.class_ids.tolist() == [1, 0]


def test_overlapping_boxes_are_all_kept() -> None:
    found = decoded([MIDDLE] * 3, [one_class(1)] * 3)
    assert len(found) == 3


def test_pairs_come_best_first_and_no_more_than_asked_for() -> None:
    rows = [one_class(0, 1), one_class(1, 3), one_class(2, 2)]
    found = decoded([MIDDLE] * 3, rows, thresholds=Thresholds(max_instances=2))
    assert found.class_ids.tolist() == [1, 2]


def test_only_the_classes_wanted_are_kept() -> None:
    rows = [one_class(0), one_class(1)]
    found = decoded([MIDDLE] * 2, rows, thresholds=Thresholds(class_ids=frozenset({1})))
    assert found.class_ids.tolist() == [1]


def test_a_score_of_the_threshold_itself_is_not_enough() -> None:
    assert len(decoded([MIDDLE], [one_class(0, 0)], thresholds=Thresholds(score=0.5))) == 0


def test_the_class_after_those_with_names_is_none() -> None:
    rows = [one_class(3), one_class(2)]
    assert decoded([MIDDLE] * 2, rows, labels=["a", "b", "c"]).class_ids.tolist() == [2]


def test_boxes_without_area_are_dropped_when_everything_passes() -> None:
    thresholds = Thresholds(score=EVERYTHING, max_instances=100)
    boxes = [MIDDLE, [0.5, 0.5, 0, 0], [2, 2, 0.5, 0.5]]
    found = decoded(boxes, [one_class(0)] * 3, thresholds=thresholds)
    assert set(map(tuple, found.boxes.tolist())) == {(25, 15, 75, 45)}


def test_a_mask_lies_over_the_whole_frame_and_is_cut_at_its_box() -> None:
    masks = np.full((1, 1, CELLS, CELLS), -9, np.float32)
    masks[..., : CELLS // 2] = 9
    found = decoded([[0.5, 0.5, 1.4, 0.5]], [one_class(0)], masks)
    assert found.boxes.tolist() == [[0, 15, 100, 45]]
    assert found.masks[0][:, :50].all()
    assert not found.masks[0][:, 50:].any()


@pytest.mark.parametrize(("threshold", "share"), [(0, 1), (0.5, 1), (0.68, 1), (0.7, 0), (1, 0)])
def test_a_pixel_needs_more_than_the_threshold(threshold: float, share: float) -> None:
    """A logit of 0.8 is a probability of 0.69."""
    masks = np.full((1, 1, CELLS, CELLS), 0.8, np.float32)
    thresholds = Thresholds(mask=threshold)
    found = decoded([MIDDLE], [one_class(0)], masks, thresholds=thresholds)
    assert found.masks[0].mean() == share


@given(
    st.tuples(st.integers(1, 150), st.integers(1, 150)),
    st.lists(st.floats(0, 1, width=32), min_size=4, max_size=4),
    st.integers(0, 99),
)
def test_a_mask_is_its_part_of_the_logits_enlarged(
    size: tuple[int, int], box: list[float], seed: int
) -> None:
    """Against numpy's own interpolation."""
    grid = np.random.default_rng(seed).normal(size=(CELLS, CELLS)).astype(np.float32)
    found = decoded([box], [one_class(0)], grid[None, None], size)
    if not len(found):
        return
    xs, ys = ((np.arange(side) + 0.5) * CELLS / side - 0.5 for side in size)
    lines = np.array([np.interp(xs, np.arange(CELLS), line) for line in grid])
    whole = np.array([np.interp(ys, np.arange(CELLS), line) for line in lines.T]).T
    x1, y1, x2, y2 = found.regions[0].tolist()
    part = whole[y1:y2, x1:x2]
    sure = np.abs(part) > 1e-4
    assert np.array_equal(found.masks[0][sure], part[sure] > 0)


@pytest.mark.parametrize(
    ("dets", "labels", "masks"),
    [
        ((1, 3, 5), (1, 3, 4), (1, 3, 9, 9)),
        ((3, 4), (1, 3, 4), (1, 3, 9, 9)),
        ((1, 3, 4), (1, 2, 4), (1, 3, 9, 9)),
        ((1, 3, 4), (3, 4), (1, 3, 9, 9)),
        ((1, 3, 4), (1, 3, 4), (1, 2, 9, 9)),
        ((1, 3, 4), (1, 3, 4), (3, 9, 9)),
        ((1, 3, 4), (1, 3, 7), (1, 3, 9, 9)),
    ],
)
def test_tensors_of_other_shapes_are_refused(
    dets: tuple[int, ...], labels: tuple[int, ...], masks: tuple[int, ...]
) -> None:
    shapes = {"dets": dets, "labels": labels, "masks": masks}
    tensors = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    letterbox = Letterbox((9, 9), (SIDE, SIDE), (SIDE, SIDE), 0, 0)
    with pytest.raises(ModelError, match=r"net\.onnx.*(are not|have names)"):
        family().decode(tensors, letterbox, Thresholds())


# What a file says


@pytest.mark.parametrize("columns", [91, "c"])
def test_91_classes_are_cocos_ids(columns: Side) -> None:
    assert family(columns=columns).labels == COCO_BY_ID


def test_labels_given_win_over_those_of_the_file() -> None:
    said = json.dumps({"class_id_to_name": {"0": "x", "1": "y", "2": "z"}})
    assert family(labels=["a", "b", "c"], rfdetr_inference=said).labels == ("a", "b", "c")


@pytest.mark.parametrize(
    "said",
    [
        "",
        "{",
        "[]",
        '{"class_id_to_name": 5}',
        '{"class_id_to_name": {"a": "b"}}',
        '{"class_id_to_name": {"-1": "b"}}',
        '{"class_id_to_name": {"999999999": "b"}}',
    ],
)
def test_classes_without_readable_names_are_numbered(said: str) -> None:
    assert family(rfdetr_inference=said).labels == ("class 0", "class 1", "class 2", "class 3")


@pytest.mark.parametrize("count", [2, 5])
def test_another_number_of_labels_than_classes_is_refused(count: int) -> None:
    with pytest.raises(ModelError, match=f"net.onnx has 4 classes.*{count} have names"):
        family(labels=["x"] * count)


def test_a_fixed_size_cannot_be_changed() -> None:
    with pytest.raises(ModelError, match="fixed to 48x48, so --input-size cannot change it"):
        family(input_size=(32, 32))


def test_an_input_of_any_size_needs_one_to_be_asked_for() -> None:
    with pytest.raises(ModelError, match="does not say how large its input is"):
        family(shape=(1, 3, "h", "w"))
    net = family(shape=(1, 3, "h", "w"), input_size=(96, 96))
    assert net.prepare(np.zeros((9, 9, 3), np.uint8))[0]["input"].shape == (1, 3, 96, 96)


@pytest.mark.parametrize(
    "outputs",
    [
        {"dets": (1, 9, 4), "labels": (1, 9, 91)},
        {"dets": (1, 9, 4), "labels": (1, 9, 91), "keypoints": (1, 9, 17, 8)},
        {"dets": (1, 9, 4), "labels": (1, 8, 91), "masks": (1, 9, 12, 12)},
        {"a": (1, 9, 4), "b": (1, 9, 4), "c": (1, 9, 12, 12)},
    ],
    ids=["no masks", "key points", "other queries", "no telling"],
)
def test_other_outputs_are_refused_with_how_to_export(
    outputs: dict[str, tuple[int, ...]],
) -> None:
    with pytest.raises(ModelError, match="RF-DETR-Seg has dets") as caught:
        RfDetrSeg(header({"input": (1, 3, 48, 48)}, outputs), name="net.onnx")
    assert caught.value.hint == EXPORT_HINT


def test_a_file_cut_short_is_refused() -> None:
    whole = rf_detr_seg(Graph((1, 3, 48, 48), Normalised((0, 0, 0), (1, 1, 1))))
    with pytest.raises(ModelError, match=r"net\.onnx is damaged or no ONNX model"):
        RfDetrSeg(whole[: len(whole) // 2], name="net.onnx")


def test_one_network_is_all_there_is() -> None:
    net = family()
    assert len(net.networks) == 1
    assert net.relay({}, Thresholds()) is None
