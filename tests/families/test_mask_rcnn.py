"""Mask R-CNN: masks pasted where they belong, and a graph cut in two that gives the same bits."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livesegment.builtin import colour_shapes
from livesegment.engines.opencv import OpenCvEngine
from livesegment.errors import ModelError
from livesegment.families.base import Thresholds
from livesegment.families.mask_rcnn import MaskRcnn
from livesegment.families.mask_rows import DETECTIONS, MASKS, paste_mask
from livesegment.families.text_graph import TextGraph
from livesegment.geometry import Letterbox, clip_boxes
from livesegment.instances import Instances
from livesegment.network import Format, Network
from livesegment.sources.synthetic import Scene
from tests.engines.readers import needs_tensorflow

LABELS = colour_shapes.LABELS
FRAME = (200, 100)
NO_FITTING = Letterbox.fit(FRAME, FRAME)


@pytest.fixture(scope="module")
def built() -> tuple[bytes, str]:
    return colour_shapes.build()


@pytest.fixture(scope="module")
def family(built: tuple[bytes, str]) -> MaskRcnn:
    return MaskRcnn(*built, LABELS, name="shapes")


def detections(*rows: tuple[int, float, float, float, float, float]) -> NDArray[np.float32]:
    """Class, score and box in shares of the picture, with two rows of padding behind."""
    tensor = np.zeros((1, 1, len(rows) + 2, 7), np.float32)
    for i, row in enumerate(rows):
        tensor[0, 0, i, 1:] = row
    return tensor


def masks(*class_ids: int) -> NDArray[np.float32]:
    """A mask a row: 1 for the class given, 0 for the others."""
    tensor = np.zeros((len(class_ids), 3, 15, 15), np.float32)
    for i, class_id in enumerate(class_ids):
        tensor[i, class_id] = 1
    return tensor


def iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(a & b) / np.count_nonzero(a | b))


# Pasting


def disc_mask() -> NDArray[np.float32]:
    """A disc that fills its box, as a network would tell it: how much of each sample it covers."""
    fine = (np.arange(15 * 20) + 0.5) / (15 * 20) * 2 - 1
    inside = fine[:, None] ** 2 + fine**2 < 1
    return np.asarray(inside.reshape(15, 20, 15, 20).mean((1, 3)), np.float32)


def disc(frame: tuple[int, int], box: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The same disc, exactly, in a frame."""
    x = (np.arange(frame[0]) + 0.5 - box[0]) / (box[2] - box[0]) * 2 - 1
    y = (np.arange(frame[1]) + 0.5 - box[1]) / (box[3] - box[1]) * 2 - 1
    return np.asarray(y[:, None] ** 2 + x**2 < 1)


@pytest.mark.parametrize(
    "box",
    [
        (100, 50, 300, 250),
        (-100, 50, 100, 250),
        (540, 50, 740, 250),
        (200, -120, 420, 100),
        (200, 400, 420, 600),
        (-80.5, -60.25, 101.5, 121.75),
        (-200, -200, 840, 680),
    ],
)
def test_an_object_half_outside_of_the_frame_keeps_its_form(
    box: tuple[float, float, float, float],
) -> None:
    frame = (640, 480)
    whole = np.array(box, np.float32)
    clipped = clip_boxes(whole[None], frame)[0]
    x1, y1, x2, y2 = np.concatenate((np.floor(clipped[:2]), np.ceil(clipped[2:]))).astype(int)
    truth = disc(frame, whole)[y1:y2, x1:x2]
    assert iou(paste_mask(disc_mask(), whole, clipped, 0.5), truth) > 0.97


def test_clipping_a_box_first_would_squeeze_its_mask() -> None:
    """That the test above can fail."""
    whole = np.array((-100, 50, 100, 250), np.float32)
    clipped = clip_boxes(whole[None], (640, 480))[0]
    squeezed = paste_mask(disc_mask(), clipped, clipped, 0.5)
    assert iou(squeezed, disc((640, 480), whole)[50:250, :100]) < 0.85


@given(
    st.tuples(st.floats(-40, 90), st.floats(-40, 90), st.floats(0.1, 120), st.floats(0.1, 120)),
    st.integers(0, 99),
)
def test_a_mask_is_interpolated_without_rounding_places(
    place: tuple[float, float, float, float], seed: int
) -> None:
    """Against numpy's own interpolation, in double precision."""
    x, y, width, height = place
    box = np.array([x, y, x + width, y + height], np.float32)
    clipped = clip_boxes(box[None], (100, 80))[0]
    if not (clipped[2:] > clipped[:2]).all():
        return
    small = np.random.default_rng(seed).random((15, 15)).astype(np.float32)
    found = paste_mask(small, box, clipped, 0.5)
    left, top, right, bottom = box.astype(np.float64)
    xs = np.arange(np.floor(clipped[0]), np.ceil(clipped[2])) + 0.5
    ys = np.arange(np.floor(clipped[1]), np.ceil(clipped[3])) + 0.5
    xs, ys = (xs - left) / (right - left) * 15 - 0.5, (ys - top) / (bottom - top) * 15 - 0.5
    across = np.array([np.interp(xs, np.arange(15), row) for row in small])
    exact = np.array([np.interp(ys, np.arange(15), column) for column in across.T]).T
    sure = np.abs(exact - 0.5) > 1e-4
    assert found.shape == exact.shape
    assert np.array_equal(found[sure], exact[sure] > 0.5)


# Tensors with known answers


def test_an_object_comes_out_as_it_was_put_in(family: MaskRcnn) -> None:
    outputs = {DETECTIONS: detections((1, 0.8, 0.1, 0.2, 0.5, 0.6)), MASKS: masks(1)}
    found = family.decode(outputs, NO_FITTING, Thresholds())
    np.testing.assert_allclose(found.boxes, [[20, 20, 100, 60]], atol=1e-4)
    np.testing.assert_allclose(found.scores, [0.8])
    assert found.class_ids.tolist() == [1]
    x1, y1, x2, y2 = found.regions[0].tolist()
    assert found.masks[0].shape == (y2 - y1, x2 - x1)
    assert found.masks[0].all()


def test_a_mask_is_that_of_the_objects_own_class(family: MaskRcnn) -> None:
    outputs = {DETECTIONS: detections((2, 0.8, 0.1, 0.2, 0.5, 0.6)), MASKS: masks(1)}
    assert not family.decode(outputs, NO_FITTING, Thresholds()).masks[0].any()


def test_a_mask_lies_where_its_whole_box_lies_also_where_that_is_cut(family: MaskRcnn) -> None:
    """The left half of the mask is set; half of that is outside of the frame."""
    half = masks(1)
    half[..., 8:] = 0
    outputs = {DETECTIONS: detections((1, 0.8, -0.2, 0.2, 0.6, 0.6)), MASKS: half}
    found = family.decode(outputs, NO_FITTING, Thresholds())
    np.testing.assert_allclose(found.boxes, [[0, 20, 120, 60]], atol=1e-4)
    edge = round(-40 + 160 * 8 / 15)
    assert found.masks[0][:, : edge - 1].all()
    assert not found.masks[0][:, edge + 1 :].any()


def test_boxes_are_in_pixels_of_the_frame_not_of_the_input(family: MaskRcnn) -> None:
    """A 400x300 frame fitted into 200x200 is 200x150 there, without padding."""
    outputs = {DETECTIONS: detections((0, 0.8, 0.25, 0.5, 0.75, 1)), MASKS: masks(0)}
    letterbox = Letterbox((400, 300), (200, 150), (200, 150), 0, 0)
    found = family.decode(outputs, letterbox, Thresholds())
    np.testing.assert_allclose(found.boxes, [[100, 150, 300, 300]], atol=1e-3)


def test_the_second_network_gets_the_rows_that_pass_best_first(family: MaskRcnn) -> None:
    rows = detections(
        (0, 0.6, 0, 0, 0.1, 0.1),
        (1, 0.4, 0, 0, 0.1, 0.1),
        (2, 0.9, 0, 0, 0.1, 0.1),
        (0, 0.7, 0, 0, 0.1, 0.1),
        (0, 0.5, 0, 0, 0.1, 0.1),
    )
    (name,) = set(family.networks[0].outputs) - {DETECTIONS}
    features = np.zeros((1, 4, 8, 8), np.float32)
    thresholds = Thresholds(max_instances=2, class_ids=frozenset({0, 1}))
    inputs = family.relay({DETECTIONS: rows, name: features}, thresholds)
    assert inputs is not None
    assert inputs["features"] is features
    assert inputs["rois"].shape == (1, 1, 2, 7)
    np.testing.assert_allclose(inputs["rois"][0, 0, :, 2], [0.7, 0.6])


def test_with_nothing_found_the_second_network_does_not_run(family: MaskRcnn) -> None:
    (name,) = set(family.networks[0].outputs) - {DETECTIONS}
    outputs = {DETECTIONS: detections(), name: np.zeros((1, 4, 8, 8), np.float32)}
    assert family.relay(outputs, Thresholds()) is None
    assert len(family.decode(outputs, NO_FITTING, Thresholds())) == 0


def test_an_object_wholly_outside_is_dropped_and_the_others_keep_their_masks(
    family: MaskRcnn,
) -> None:
    rows = detections((0, 0.9, 1.1, 0, 1.3, 0.2), (1, 0.8, 0.1, 0.1, 0.3, 0.3))
    found = family.decode({DETECTIONS: rows, MASKS: masks(0, 1)}, NO_FITTING, Thresholds())
    assert found.class_ids.tolist() == [1]
    assert found.masks[0].all()


@pytest.mark.parametrize(
    ("rows", "mask_tensor", "said"),
    [
        (detections((0, 0.9, 0, 0, 1, 1))[0], masks(0), r"must be \(1, 1, n, 7\)"),
        (detections((0, 0.9, 0, 0, 1, 1))[..., :6], masks(0), r"must be \(1, 1, n, 7\)"),
        (detections((0, 0.9, 0, 0, 1, 1)), masks(0, 0), "2 masks came for 1 detections"),
        (detections((3, 0.9, 0, 0, 1, 1)), masks(0), "class 3 found, masks are for 3"),
        (detections((0, 0.9, 0, 0, 1, 1)), masks(0)[0], r"must be \(n, classes, h, w\)"),
    ],
)
def test_outputs_of_another_shape_are_refused(
    family: MaskRcnn, rows: NDArray[np.float32], mask_tensor: NDArray[np.float32], said: str
) -> None:
    with pytest.raises(ModelError, match=said):
        family.decode({DETECTIONS: rows, MASKS: mask_tensor}, NO_FITTING, Thresholds())


# Pictures in


def test_a_picture_goes_in_as_it_is(family: MaskRcnn) -> None:
    image = np.full((30, 50, 3), (10, 20, 30), np.uint8)
    tensors, letterbox = family.prepare(image)
    assert tensors["image_tensor"].shape == (1, 3, 30, 50)
    assert tensors["image_tensor"][0, :, 7, 7].tolist() == [30, 20, 10]
    assert letterbox == Letterbox((50, 30), (50, 30), (50, 30), 0, 0)


def test_a_picture_is_fitted_into_the_input_size_without_padding(
    built: tuple[bytes, str],
) -> None:
    family = MaskRcnn(*built, LABELS, name="shapes", input_size=(100, 100))
    tensors, letterbox = family.prepare(np.zeros((60, 200, 3), np.uint8))
    assert tensors["image_tensor"].shape == (1, 3, 30, 100)
    assert letterbox == Letterbox((200, 60), (100, 30), (100, 30), 0, 0)


@pytest.mark.parametrize(
    ("size", "wanted"), [((1, 1), (16, 16)), ((1, 300), (16, 300)), ((300, 9), (300, 16))]
)
def test_a_tiny_picture_is_enlarged_to_what_a_network_needs(
    family: MaskRcnn, size: tuple[int, int], wanted: tuple[int, int]
) -> None:
    tensors, letterbox = family.prepare(np.zeros((size[1], size[0], 3), np.uint8))
    assert tensors["image_tensor"].shape == (1, 3, wanted[1], wanted[0])
    assert (letterbox.frame_size, letterbox.resized) == (size, wanted)


# Files


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (lambda data: data[: len(data) // 2], "damaged or no TensorFlow graph"),
        (lambda data: b"<html>Not Found</html>", "damaged or no TensorFlow graph"),
        (lambda data: b"", "is empty"),
    ],
    ids=["pointer", "cut short", "page", "empty"],
)
def test_weights_that_are_none_are_refused(
    built: tuple[bytes, str], damage: Callable[[bytes], bytes], said: str
) -> None:
    with pytest.raises(ModelError, match=f"shapes .*{said}"):
        MaskRcnn(damage(built[0]), built[1], LABELS, name="shapes")


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        ("no graph at all", "text graph cannot be read"),
        ('node {\n  name: "a"\n  op: "Placeholder"\n}', "is no Mask R-CNN"),
        (
            f'node {{\n  name: "{DETECTIONS}"\n}}\nnode {{\n  name: "{MASKS}"\n}}',
            "not made from the detections",
        ),
        (
            (
                f'node {{\n  name: "{DETECTIONS}"\n}}\n'
                f'node {{\n  name: "{MASKS}"\n  input: "{DETECTIONS}"\n}}'
            ),
            "not made from the detections",
        ),
    ],
)
def test_a_graph_that_is_none_is_refused(built: tuple[bytes, str], graph: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        MaskRcnn(built[0], graph, LABELS, name="shapes")


@pytest.mark.shared
def test_opencvs_text_graph_of_the_default_model_is_cut_behind_the_detections(
    built: tuple[bytes, str], shared: Path
) -> None:
    path = shared / "assets" / "models" / "mask_rcnn_inception_v2_coco_2018_01_28.pbtxt"
    graph = path.read_text("utf-8")
    first, second = MaskRcnn(built[0], graph, LABELS, name="default").networks
    whole = {node.name for node in TextGraph.parse(graph).nodes}
    parts = [{node.name for node in TextGraph.parse(part.graph).nodes} for part in (first, second)]
    assert parts[0] | parts[1] == whole | {"features", "rois"}
    assert not parts[0] & parts[1]
    assert DETECTIONS in parts[0]
    assert MASKS in parts[1]
    assert all(
        name in parts[1] or name not in whole
        for node in TextGraph.parse(second.graph).nodes
        for name in node.inputs
    )


# Both halves, run


def run_halves(
    family: MaskRcnn, seconds: float
) -> tuple[Instances, dict[str, NDArray[np.float32]]]:
    """Instances of the synthetic scene, and all tensors of both networks."""
    first, second = (OpenCvEngine(network) for network in family.networks)
    tensors, letterbox = family.prepare(Scene().picture(seconds))
    outputs = dict(first.run(tensors))
    inputs = family.relay(outputs, Thresholds())
    assert inputs is not None
    outputs.update(second.run(inputs))
    return family.decode(outputs, letterbox, Thresholds()), outputs


@pytest.mark.wheel
@needs_tensorflow
def test_the_graph_in_two_gives_the_bits_of_the_whole(
    built: tuple[bytes, str], family: MaskRcnn
) -> None:
    _, split = run_halves(family, 1.0)
    weights, graph = built
    whole = OpenCvEngine(Network("whole", Format.TENSORFLOW, weights, (DETECTIONS, MASKS), graph))
    outputs = whole.run(family.prepare(Scene().picture(1.0))[0])
    rows = outputs[DETECTIONS][0, 0]
    kept = np.flatnonzero(rows[:, 2] > 0.5)
    kept = kept[np.argsort(-rows[kept, 2], kind="stable")]
    assert len(kept) == 5
    assert np.array_equal(outputs[DETECTIONS], split[DETECTIONS])
    assert np.array_equal(outputs[MASKS][kept], split[MASKS])


@pytest.mark.wheel
@needs_tensorflow
@pytest.mark.parametrize("seconds", [0.0, 1.0])
def test_both_halves_find_the_synthetic_shapes(family: MaskRcnn, seconds: float) -> None:
    found, _ = run_halves(family, seconds)
    truth = Scene().truth(seconds)
    assert len(found) == len(truth)
    for i in range(len(truth)):
        overlaps = [_frame_iou(truth, i, found, j) for j in range(len(found))]
        best = int(np.argmax(overlaps))
        assert overlaps[best] > 0.85
        assert found.class_ids[best] == truth.class_ids[i]


def _frame_iou(a: Instances, i: int, b: Instances, j: int) -> float:
    return iou(_frame_mask(a, i), _frame_mask(b, j))


def _frame_mask(instances: Instances, i: int) -> NDArray[np.bool_]:
    frame = np.zeros((360, 640), np.bool_)
    x1, y1, x2, y2 = instances.regions[i].tolist()
    frame[y1:y2, x1:x2] = instances.masks[i]
    return frame
