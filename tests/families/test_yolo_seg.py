"""YOLO segmentation: tensors with known answers, and whole networks set by hand."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livesegment.errors import ModelError
from livesegment.families.base import Thresholds
from livesegment.families.yolo_header import EXPORT_HINT
from livesegment.families.yolo_seg import Layout, YoloSeg, assemble_mask
from livesegment.frame import Frame
from livesegment.geometry import Letterbox, clip_boxes
from livesegment.instances import Instances
from livesegment.segmenters.load import load_segmenter
from livesegment.store import find_model
from tests.families.onnx_bytes import model
from tests.families.red_finder import LABELS, red_finder

K = 4
"""Prototypes of the networks here."""
SIDE = 64
CELLS = 84
"""8x8 + 4x4 + 2x2 of a 64x64 input."""
ALL, LEFT, UPPER, NOWHERE = (tuple(row) for row in np.eye(K).tolist())
"""Coefficients: a mask everywhere, in one half of the input, nowhere."""

every_layout = pytest.mark.parametrize("layout", list(Layout), ids=lambda layout: layout.value)


@dataclass(frozen=True, slots=True)
class Object:
    """One candidate, in input pixels."""

    box: tuple[float, float, float, float]
    score: float = 0.9
    class_id: int = 0
    coefficients: Sequence[float] = ALL


def shapes(layout: Layout, classes: int = 2, k: int = K) -> dict[str, tuple[int, ...]]:
    predictions = {
        Layout.COLUMNS: (1, 4 + classes + k, CELLS),
        Layout.ROWS: (1, 3 * CELLS, 5 + classes + k),
        Layout.FINAL: (1, 300, 6 + k),
    }
    return {"output0": predictions[layout], "output1": (1, k, SIDE // 4, SIDE // 4)}


def family(
    layout: Layout = Layout.COLUMNS,
    *,
    classes: int = 2,
    labels: Sequence[str] = (),
    outputs: dict[str, tuple[int, ...]] | None = None,
    input_shape: tuple[int, ...] = (1, 3, SIDE, SIDE),
    input_size: tuple[int, int] | None = None,
    **metadata: str,
) -> YoloSeg:
    header = model({"images": input_shape}, outputs or shapes(layout, classes), metadata=metadata)
    return YoloSeg(header, name="net.onnx", labels=labels, input_size=input_size)


def refused(**what: object) -> ModelError:
    with pytest.raises(ModelError) as caught:
        family(**what)  # type: ignore[arg-type]
    assert "net.onnx" in str(caught.value)
    return caught.value


def predictions(layout: Layout, objects: Sequence[Object], classes: int = 2) -> NDArray[np.float32]:
    """The tensor that a network of a layout gives for objects."""
    shape = shapes(layout, classes)["output0"]
    if layout is Layout.FINAL:
        rows = np.zeros(shape, np.float32)
        for i, item in enumerate(objects):
            rows[0, i] = *item.box, item.score, item.class_id, *item.coefficients
        return rows
    head = 5 if layout is Layout.ROWS else 4
    rows = np.zeros((CELLS * (3 if head == 5 else 1), head + classes + K), np.float32)
    for i, item in enumerate(objects):
        x1, y1, x2, y2 = item.box
        row = rows[7 * i + 1]
        row[:4] = (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1
        row[head + item.class_id] = item.score
        row[head + classes :] = item.coefficients
        if head == 5:
            row[4], row[head + item.class_id] = 0.95, item.score / 0.95
    return rows[None] if head == 5 else np.ascontiguousarray(rows.T)[None]


def prototypes() -> NDArray[np.float32]:
    """Logits of +8 and -8: everywhere, left half, upper half, nowhere."""
    masks = np.full((1, K, SIDE // 4, SIDE // 4), -8, np.float32)
    masks[0, 0] = 8
    masks[0, 1, :, : SIDE // 8] = 8
    masks[0, 2, : SIDE // 8] = 8
    return masks


def decoded(
    layout: Layout,
    objects: Sequence[Object],
    frame_size: tuple[int, int] = (SIDE, SIDE),
    thresholds: Thresholds | None = None,
    classes: int = 2,
) -> Instances:
    return family(layout, classes=classes).decode(
        {"output0": predictions(layout, objects, classes), "output1": prototypes()},
        Letterbox.fit(frame_size, (SIDE, SIDE)),
        thresholds or Thresholds(),
    )


# What is found


@every_layout
def test_an_object_comes_out_as_it_was_put_in(layout: Layout) -> None:
    found = decoded(layout, [Object((16, 20, 48, 30), 0.8, 1)])
    assert found.boxes.tolist() == [[16, 20, 48, 30]]
    np.testing.assert_allclose(found.scores, [0.8], rtol=1e-6)
    assert found.class_ids.tolist() == [1]
    assert found.masks[0].shape == (10, 32)
    assert found.masks[0].all()


@every_layout
def test_objects_come_best_first(layout: Layout) -> None:
    objects = [Object((0, 0, 9, 9), 0.6), Object((20, 0, 29, 9), 0.9), Object((40, 0, 49, 9), 0.7)]
    found = decoded(layout, objects)
    np.testing.assert_allclose(found.scores, [0.9, 0.7, 0.6], rtol=1e-6)
    assert found.boxes[:, 0].tolist() == [20, 40, 0]


@every_layout
def test_a_score_of_the_threshold_itself_is_not_enough(layout: Layout) -> None:
    objects = [Object((0, 0, 9, 9), 0.49), Object((20, 0, 29, 9), 0.51)]
    assert decoded(layout, objects).boxes[:, 0].tolist() == [20]
    exactly = Thresholds(score=float(np.float32(0.51)))
    if layout is not Layout.ROWS:  # whose score is a rounded product
        assert len(decoded(layout, objects, thresholds=exactly)) == 0


@every_layout
def test_only_the_classes_asked_for_are_kept(layout: Layout) -> None:
    objects = [Object((0, 0, 9, 9), class_id=0), Object((20, 0, 29, 9), class_id=1)]
    found = decoded(layout, objects, thresholds=Thresholds(class_ids=frozenset({1})))
    assert found.class_ids.tolist() == [1]


@every_layout
def test_no_more_than_the_limit_are_kept(layout: Layout) -> None:
    objects = [Object((6 * i, 0, 6 * i + 5, 5), 0.6 + i / 40) for i in range(8)]
    found = decoded(layout, objects, thresholds=Thresholds(max_instances=3))
    assert found.boxes[:, 0].tolist() == [42, 36, 30]


@every_layout
def test_nothing_is_found_in_nothing(layout: Layout) -> None:
    assert len(decoded(layout, [])) == 0


@every_layout
def test_an_object_in_the_padding_is_dropped(layout: Layout) -> None:
    """The picture of a 64x32 frame is rows 16 to 48 of the input."""
    assert len(decoded(layout, [Object((10, 2, 20, 15))], (64, 32))) == 0


@pytest.mark.parametrize("layout", [Layout.COLUMNS, Layout.ROWS])
def test_of_two_boxes_of_one_class_the_better_stays(layout: Layout) -> None:
    objects = [Object((0, 0, 20, 20), 0.7), Object((1, 0, 20, 20), 0.8)]
    np.testing.assert_allclose(decoded(layout, objects).scores, [0.8], rtol=1e-6)


@pytest.mark.parametrize("layout", [Layout.COLUMNS, Layout.ROWS])
def test_boxes_of_two_classes_both_stay(layout: Layout) -> None:
    objects = [Object((0, 0, 20, 20), 0.7, 0), Object((1, 0, 20, 20), 0.8, 1)]
    assert decoded(layout, objects).class_ids.tolist() == [1, 0]


@pytest.mark.parametrize("layout", [Layout.COLUMNS, Layout.ROWS])
def test_overlap_is_judged_by_the_nms_threshold(layout: Layout) -> None:
    objects = [Object((0, 0, 20, 10), 0.7), Object((10, 0, 30, 10), 0.8)]  # a third
    assert len(decoded(layout, objects, thresholds=Thresholds(nms=0.32))) == 1
    assert len(decoded(layout, objects, thresholds=Thresholds(nms=0.34))) == 2


def test_final_answers_are_not_judged_again() -> None:
    objects = [Object((0, 0, 20, 20), 0.7), Object((1, 0, 20, 20), 0.8)]
    assert len(decoded(Layout.FINAL, objects)) == 2


def test_objectness_counts() -> None:
    """A YOLOv5 candidate with a sure class in an empty place is nothing."""
    tensor = predictions(Layout.ROWS, [Object((0, 0, 9, 9), 0.9)])
    tensor[0, :, 4] = 0.1
    outputs = {"output0": tensor, "output1": prototypes()}
    letterbox = Letterbox.fit((SIDE, SIDE), (SIDE, SIDE))
    assert len(family(Layout.ROWS).decode(outputs, letterbox, Thresholds())) == 0


@every_layout
def test_a_network_of_one_class_is_read_in_its_own_layout(layout: Layout) -> None:
    """With one class, rows of YOLOv5 are as long as final answers: 6 + k."""
    found = decoded(layout, [Object((16, 20, 48, 30), 0.8)], classes=1)
    assert found.boxes.tolist() == [[16, 20, 48, 30]]
    np.testing.assert_allclose(found.scores, [0.8], rtol=1e-6)
    assert found.class_ids.tolist() == [0]


def test_a_score_beyond_one_is_one() -> None:
    assert decoded(Layout.COLUMNS, [Object((0, 0, 9, 9), 1.01)]).scores.tolist() == [1]


def test_candidates_that_are_no_numbers_are_dropped() -> None:
    """Half precision overflows now and then."""
    objects = [Object((math.nan, 0, 9, 9)), Object((0, 0, 9, 9), math.nan), Object((20, 0, 29, 9))]
    assert decoded(Layout.COLUMNS, objects).boxes.tolist() == [[20, 0, 29, 9]]


# Where it is


def test_boxes_are_in_frame_pixels() -> None:
    """A 128x96 frame is halved to 64x48, 8 rows down."""
    found = decoded(Layout.COLUMNS, [Object((16, 16, 48, 48))], (128, 96))
    assert found.boxes.tolist() == [[32, 16, 96, 80]]


def test_boxes_behind_odd_padding_are_in_frame_pixels() -> None:
    """A 100x70 frame becomes 64x45: 9 rows of padding above, 10 below."""
    found = decoded(Layout.COLUMNS, [Object((16, 18, 48, 36))], (100, 70))
    np.testing.assert_allclose(found.boxes, [[25, 14, 75, 42]], atol=1e-4)


def test_a_box_is_cut_at_the_frame_not_at_the_input() -> None:
    found = decoded(Layout.COLUMNS, [Object((-6, 2, 70, 60))], (64, 32))
    assert found.boxes.tolist() == [[0, 0, 64, 32]]
    assert found.masks[0].shape == (32, 64)
    assert found.masks[0].all()


@pytest.mark.parametrize("frame_size", [(1, 64), (64, 1), (1, 900), (900, 1), (1, 1)])
def test_frames_of_one_row_or_column_are_read(frame_size: tuple[int, int]) -> None:
    found = decoded(Layout.COLUMNS, [Object((0, 0, 64, 64))], frame_size)
    assert found.boxes.tolist() == [[0, 0, *frame_size]]
    assert found.masks[0].all()


# Masks


@pytest.mark.parametrize(
    ("coefficients", "columns", "rows"),
    [(ALL, 32, 24), (LEFT, 16, 24), (UPPER, 32, 16), (NOWHERE, 0, 0)],
)
def test_a_mask_is_the_prototypes_weighted(
    coefficients: list[float], columns: int, rows: int
) -> None:
    box = (16, 16, 48, 40)
    mask = decoded(Layout.COLUMNS, [Object(box, coefficients=coefficients)]).masks[0]
    wanted = np.zeros((24, 32), np.bool_)
    wanted[:rows, :columns] = True
    assert np.array_equal(mask, wanted)


def test_weights_of_several_prototypes_add_up() -> None:
    """Half the left half and half the upper: positive where both are, a little less where one is.

    Between them, from the middle of one cell to the next, both weigh in.
    """
    both = Object((0, 0, 64, 64), coefficients=[-0.01, 0.5, 0.5, 0])
    mask = decoded(Layout.COLUMNS, [both]).masks[0]
    assert mask[:30, :30].all()
    assert not mask[34:].any()
    assert not mask[:, 34:].any()


@pytest.mark.parametrize(
    ("frame_size", "edge"), [((128, 96), 64), ((100, 70), 50), ((200, 70), 100), ((33, 64), 17)]
)
def test_a_masks_edge_is_where_the_prototypes_edge_is(
    frame_size: tuple[int, int], edge: int
) -> None:
    """Padded by whole cells, quarters and halves of them, above or beside; to the pixel."""
    mask = decoded(Layout.COLUMNS, [Object((-9, -9, 99, 99), coefficients=LEFT)], frame_size).masks[
        0
    ]
    assert mask.shape == (frame_size[1], frame_size[0])
    assert mask[:, :edge].all()
    assert not mask[:, edge:].any()


def test_a_mask_holds_pixels_whose_corner_lies_in_the_box() -> None:
    """As in the networks' own code: column i belongs to the box when x1 <= i < x2."""
    mask = decoded(Layout.COLUMNS, [Object((16.5, 16.25, 20.5, 20))]).masks[0]
    assert mask.astype(int).tolist() == [[0] * 5, *[[0, 1, 1, 1, 1]] * 3]


@pytest.mark.parametrize(("threshold", "share"), [(0, 1), (0.5, 1), (0.68, 1), (0.7, 0), (1, 0)])
def test_a_pixel_needs_more_than_the_threshold(threshold: float, share: float) -> None:
    """A logit of 0.8 is a probability of 0.69."""
    thresholds = Thresholds(mask=threshold)
    item = Object((8, 8, 40, 40), coefficients=[0.1, 0, 0, 0])
    assert decoded(Layout.COLUMNS, [item], thresholds=thresholds).masks[0].mean() == share


boxes = st.lists(st.floats(0, 1, width=32), min_size=4, max_size=4).map(
    lambda s: (min(s[0], s[2]), min(s[1], s[3]), max(s[0], s[2]), max(s[1], s[3]))
)
frame_sizes = st.tuples(st.integers(1, 130), st.integers(1, 130))


@given(boxes, frame_sizes, st.integers(0, 99))
def test_a_mask_is_its_part_of_the_mask_of_the_whole_frame(
    shares: tuple[float, float, float, float], frame_size: tuple[int, int], seed: int
) -> None:
    """However little of the prototypes a box needs."""
    rng = np.random.default_rng(seed)
    grid = rng.normal(size=(K, 16, 16)).astype(np.float32)
    weights = rng.normal(size=K).astype(np.float32)
    letterbox = Letterbox.fit(frame_size, (SIDE, SIDE))
    box = clip_boxes(np.array([shares], np.float32) * np.array([*frame_size] * 2), frame_size)[0]
    box = box.astype(np.float32)
    if not (box[2] > box[0] and box[3] > box[1]):
        return
    mask = assemble_mask(grid, weights, box, letterbox, 0.5)
    frame_box = np.array([0, 0, *frame_size], np.float32)
    whole = assemble_mask(grid, weights, frame_box, letterbox, 0.5)
    x, y = np.arange(frame_size[0]), np.arange(frame_size[1])
    whole &= ((box[0] <= x) & (x < box[2])) & ((box[1] <= y) & (y < box[3]))[:, None]
    x1, y1 = math.floor(box[0]), math.floor(box[1])
    part = whole[y1 : math.ceil(box[3]), x1 : math.ceil(box[2])]
    # Sums in another order round otherwise: a logit within 1e-6 of 0 may fall on either side.
    assert np.count_nonzero(mask != part) <= 1


def interpolated(
    grid: NDArray[np.float64], ys: NDArray[np.float64], xs: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A grid's values at rows and columns, whose sample j lies at j + 0.5."""
    rows = np.array([np.interp(xs - 0.5, np.arange(grid.shape[1]), row) for row in grid])
    columns = [np.interp(ys - 0.5, np.arange(grid.shape[0]), column) for column in rows.T]
    return np.array(columns).T


@given(frame_sizes, st.integers(0, 99))
def test_logits_are_enlarged_before_they_are_cut(frame_size: tuple[int, int], seed: int) -> None:
    """Against numpy's own interpolation.

    Twice where the padding is no whole number of cells of 4 pixels: first to cells of 2 or 1.
    """
    letterbox = Letterbox.fit(frame_size, (SIDE, SIDE))
    cell = next(side for side in (4, 2, 1) if not (letterbox.left % side or letterbox.top % side))
    rng = np.random.default_rng(seed)
    grid = rng.normal(size=(K, 16, 16)).astype(np.float32)
    weights = rng.normal(size=K).astype(np.float32)
    logits = np.einsum("k,khw->hw", weights.astype(np.float64), grid)
    if cell < 4:
        finer = (np.arange(SIDE // cell) + 0.5) * cell / 4
        logits = interpolated(logits, finer, finer)
    xs = letterbox.left + (np.arange(frame_size[0]) + 0.5) * letterbox.scale[0]
    ys = letterbox.top + (np.arange(frame_size[1]) + 0.5) * letterbox.scale[1]
    enlarged = interpolated(logits, ys / cell, xs / cell)
    mask = assemble_mask(grid, weights, np.array([0, 0, *frame_size], np.float32), letterbox, 0.5)
    sure = np.abs(enlarged) > 1e-4
    assert np.array_equal(mask[sure], enlarged[sure] > 0)


# Pictures in


def test_a_picture_is_rgb_from_0_to_1() -> None:
    image = np.full((SIDE, SIDE, 3), (0, 51, 255), np.uint8)
    tensors, _ = family().prepare(image)
    tensor = tensors["images"]
    assert tensor.shape == (1, 3, SIDE, SIDE)
    assert tensor.dtype == np.float32
    np.testing.assert_allclose(tensor[0, :, 5, 5], [1, 0.2, 0], atol=1e-6)


@given(
    st.tuples(st.integers(1, 200), st.integers(1, 200))
    | st.tuples(st.just(1), st.integers(1, 3000))
    | st.tuples(st.integers(1, 3000), st.just(1))
)
def test_a_picture_lies_where_the_letterbox_says_on_grey(size: tuple[int, int]) -> None:
    image = np.full((size[1], size[0], 3), 200, np.uint8)
    image.flags.writeable = False
    tensors, letterbox = family().prepare(image)
    wanted = np.full((SIDE, SIDE), 114, np.float32)
    bottom, right = letterbox.top + letterbox.resized[1], letterbox.left + letterbox.resized[0]
    wanted[letterbox.top : bottom, letterbox.left : right] = 200
    np.testing.assert_allclose(tensors["images"][0, 1] * 255, wanted, atol=1e-3)


def test_an_input_wider_than_high_stays_so() -> None:
    tensors, letterbox = family(
        outputs={"a": (1, 10, 42), "b": (1, K, 8, 16)}, input_shape=(1, 3, 32, 64)
    ).prepare(np.zeros((20, 40, 3), np.uint8))
    assert tensors["images"].shape == (1, 3, 32, 64)
    assert letterbox.input_size == (64, 32)


# What a file says


@pytest.mark.parametrize(
    "names",
    [
        "{0: 'cat', 1: 'dog'}",
        "{1: 'dog', 0: 'cat'}",
        "{'10': 'dog', '9': 'cat'}",
        "['cat', 'dog']",
    ],
)
def test_labels_are_those_of_the_file(names: str) -> None:
    assert family(names=names).labels == ("cat", "dog")


def test_labels_given_win_over_those_of_the_file() -> None:
    assert family(labels=["a", "b"], names="{0: 'cat', 1: 'dog'}").labels == ("a", "b")


@pytest.mark.parametrize(
    "names", ["", "__import__('os')", "{0: 'cat'", "{[]: 1}", "{0: 1, 'a': 2}", "5"]
)
def test_classes_without_readable_names_are_numbered(names: str) -> None:
    assert family(names=names).labels == ("class 0", "class 1")


def test_outputs_are_told_apart_by_their_sides() -> None:
    """Whatever their names and order."""
    outputs = dict(reversed(shapes(Layout.COLUMNS).items()))
    assert family(outputs=outputs).networks[0].outputs == ("output0", "output1")


@pytest.mark.parametrize(
    "outputs",
    [
        {"output0": (1, 84, CELLS)},
        {"a": (1, 10, CELLS), "b": (1, 10, CELLS)},
        {"a": (1, 10, CELLS), "b": (1, K, 16, 16), "c": (1, 10, CELLS)},
        {"a": (1, 1000), "b": (1, K, 16, 16)},
    ],
)
def test_a_network_without_predictions_and_prototypes_is_refused(
    outputs: dict[str, tuple[int, ...]],
) -> None:
    error = refused(outputs=outputs)
    assert "predictions with 3 sides and prototypes with 4" in str(error)
    assert error.hint == EXPORT_HINT


@pytest.mark.parametrize(
    "shape",
    [
        (1, 10, CELLS - 1),
        (1, 4 + K, CELLS),
        (1, 3 * CELLS, 5 + K),
        (1, 300, 5 + K),
        (1, CELLS, 11),
    ],
)
def test_predictions_of_no_known_layout_are_refused(shape: tuple[int, ...]) -> None:
    error = refused(outputs={"a": shape, "b": (1, K, 16, 16)})
    assert f"predictions {shape} with 4 prototypes fit no YOLO segmentation head" in str(error)
    assert error.hint == EXPORT_HINT


@pytest.mark.parametrize("layout", [Layout.COLUMNS, Layout.ROWS])
@pytest.mark.parametrize("classes", [1, 2])
def test_another_number_of_labels_than_classes_is_refused(layout: Layout, classes: int) -> None:
    """Rows of one class must not pass for final answers either."""
    assert f"finds {classes} classes, but 3 names are given" in str(
        refused(layout=layout, classes=classes, labels=["a", "b", "c"])
    )


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((1, 10, 83), (1, K, 16, 16)),
        ((10, CELLS), (1, K, 16, 16)),
        ((1, 10, CELLS), (K, 16, 16)),
    ],
)
def test_outputs_that_are_not_as_the_file_said_are_refused(
    a: tuple[int, ...], b: tuple[int, ...]
) -> None:
    outputs = {"output0": np.zeros(a, np.float32), "output1": np.zeros(b, np.float32)}
    with pytest.raises(ModelError, match="fit no YOLO segmentation head") as caught:
        family().decode(outputs, Letterbox.fit((64, 64), (64, 64)), Thresholds())
    assert caught.value.hint == EXPORT_HINT


@pytest.mark.parametrize("task", ["detect", "pose", "classify"])
def test_a_network_for_another_task_is_refused(task: str) -> None:
    error = refused(task=task)
    assert f"made to {task}" in str(error)
    assert error.hint == EXPORT_HINT


def test_a_network_for_this_task_is_taken() -> None:
    assert family(task="segment").labels == ("class 0", "class 1")


@pytest.mark.parametrize(
    "shape", [(2, 3, 64, 64), (1, 1, 64, 64), (1, 64, 64), (1, 64, 64, 3), (3, 64)]
)
def test_an_input_that_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    assert "the input must be one (1, 3, h, w) tensor" in str(refused(input_shape=shape))


def test_a_fixed_size_cannot_be_changed() -> None:
    error = refused(input_size=(320, 256))
    assert "fixed to 64x64" in str(error)
    assert error.hint is not None
    assert "imgsz=320" in error.hint


def test_a_fixed_size_can_be_asked_for() -> None:
    _, letterbox = family(input_size=(64, 64)).prepare(np.zeros((9, 9, 3), np.uint8))
    assert letterbox.input_size == (64, 64)


@pytest.mark.parametrize(
    ("asked", "imgsz", "wanted"),
    [
        ((320, 256), "[64, 64]", (320, 256)),
        ((300, 200), "[64, 64]", (320, 224)),
        (None, "[384, 640]", (640, 384)),
        (None, "", (640, 640)),
        (None, "[0, 0]", (640, 640)),
        (None, "['a', 'b']", (640, 640)),
        (None, "[-1, -1]", (640, 640)),
    ],
)
def test_an_input_of_any_size_takes_what_is_asked_for_then_what_it_was_made_for(
    asked: tuple[int, int] | None, imgsz: str, wanted: tuple[int, int]
) -> None:
    """In whole strides; `imgsz` is height, width."""
    anything = {"output0": (1, 0, 0), "output1": (1, 0, 0, 0)}
    net = family(outputs=anything, input_shape=(1, 3, 0, 0), input_size=asked, imgsz=imgsz)
    assert net.prepare(np.zeros((9, 9, 3), np.uint8))[1].input_size == wanted


def test_a_file_cut_short_is_refused_with_what_to_do() -> None:
    whole = model({"images": (1, 3, 64, 64)}, shapes(Layout.COLUMNS))
    with pytest.raises(ModelError, match=r"net\.onnx is damaged or no ONNX model") as caught:
        YoloSeg(whole[: len(whole) // 2], name="net.onnx")
    assert caught.value.hint is not None


def test_one_network_is_all_there_is() -> None:
    net = family()
    assert len(net.networks) == 1
    assert net.relay({}, Thresholds()) is None


# Whole networks


def picture() -> Frame:
    """A 128x96 frame with a red disc; in the input it fills most of the upper right cell.

    The picture lies in rows 8 to 56, so the cell is columns 64 to 128, rows -16 to 48.
    """
    y, x = np.indices((96, 128)) + 0.5
    image = np.zeros((96, 128, 3), np.uint8)
    image[disc(x, y)] = (0, 0, 255)
    return Frame(image, 5, 0.0, 0.0)


def disc(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray((x - 96) ** 2 + (y - 22) ** 2 < 28**2)


@pytest.mark.wheel
@every_layout
@pytest.mark.parametrize("fixed", [True, False], ids=["fixed", "any size"])
def test_a_network_finds_what_it_was_made_to_find(
    layout: Layout, tmp_path: Path, *, fixed: bool
) -> None:
    path = tmp_path / "red.onnx"
    path.write_bytes(red_finder(layout, fixed=fixed))
    segmenter = load_segmenter(find_model(str(path)), Thresholds(score=0.4))
    segmenter.warm_up()
    segmentation = segmenter.segment(picture())
    found = segmentation.instances
    assert segmenter.labels == LABELS
    assert found.boxes.tolist() == [[64, 0, 128, 48]]
    assert found.class_ids.tolist() == [0]
    y, x = np.indices((48, 64)) + 0.5
    truth = disc(x + 64, y)
    mask = found.masks[0]
    assert np.count_nonzero(mask & truth) / np.count_nonzero(mask | truth) > 0.95
    assert (segmentation.frame_index, segmentation.size) == (5, (128, 96))
    assert "on cpu" in segmenter.describe()


@pytest.mark.wheel
def test_the_score_is_the_networks(tmp_path: Path) -> None:
    """1.2 times the share of the cell that is red: 56 % of it in the picture, and no padding."""
    path = tmp_path / "red.onnx"
    path.write_bytes(red_finder(Layout.COLUMNS))
    image = np.zeros((64, 64, 3), np.uint8)
    image[8:24, 36:60, 2] = 255
    segmenter = load_segmenter(find_model(str(path)), Thresholds(score=0.4))
    found = segmenter.segment(Frame(image, 0, 0.0, 0.0)).instances
    np.testing.assert_allclose(found.scores, [1.2 * 16 * 24 / 32**2], atol=1e-5)
