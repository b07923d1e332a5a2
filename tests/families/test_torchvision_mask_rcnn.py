"""Mask R-CNN of torchvision and of the Model Zoo: tensors, pictures and what files say."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from livesegment.errors import ModelError
from livesegment.families.base import EVERYTHING, Thresholds
from livesegment.families.coco import COCO_BY_ID, COCO_FROM_1
from livesegment.families.torchvision_mask_rcnn import EXPORT_HINT, OnnxMaskRcnn
from livesegment.geometry import Letterbox
from livesegment.instances import Instances
from livesegment.network import Tensors
from tests.families.onnx_networks import Side, header

NUMBERS = ("55", "2233", "2232", "2756")
ANY = ("h", "w")


def family(
    *,
    shape: Sequence[Side] = (3, *ANY),
    mask: Sequence[Side] = ANY,
    names: Sequence[str] = ("boxes", "labels", "scores", "masks"),
    labels: Sequence[str] = (),
    input_size: tuple[int, int] | None = None,
) -> OnnxMaskRcnn:
    """A family of a file with no network in it."""
    outputs = dict(zip(names, [("n", 4), ("n",), ("n",), ("n", 1, *mask)], strict=True))
    data = header({"picture": shape}, outputs, whole=[names[1]])
    return OnnxMaskRcnn(data, name="net.onnx", labels=labels, input_size=input_size)


def of_zoo(input_size: tuple[int, int] | None = None) -> OnnxMaskRcnn:
    return family(mask=(28, 28), names=NUMBERS, input_size=input_size)


def answers(
    boxes: Sequence[Sequence[float]],
    masks: NDArray[np.float32],
    scores: Sequence[float] = (0.9, 0.8, 0.7),
    class_ids: Sequence[int] = (3, 1, 2),
) -> Tensors:
    n = len(boxes)
    return {
        "boxes": np.array(boxes, np.float32).reshape(n, 4),
        "labels": np.array(class_ids[:n], np.float32),
        "scores": np.array(scores[:n], np.float32),
        "masks": masks,
    }


def decoded(
    tensors: Tensors, size: tuple[int, int] = (100, 60), thresholds: Thresholds | None = None
) -> Instances:
    """Of a picture that went in at its own size."""
    return family().decode(tensors, Letterbox(size, size, size, 0, 0), thresholds or Thresholds())


THREE = [[0, 0, 20, 20], [30, 0, 50, 20], [60, 0, 80, 20]]
FULL = np.ones((3, 1, 28, 28), np.float32)


# Pictures in


@pytest.mark.parametrize("shape", [(3, *ANY), (1, 3, *ANY)])
def test_torchvisions_picture_is_rgb_from_0_to_1_at_its_own_size(shape: Sequence[Side]) -> None:
    tensors, letterbox = family(shape=shape).prepare(np.full((40, 70, 3), (0, 51, 255), np.uint8))
    tensor = tensors["picture"]
    assert tensor.shape == (*(1,) * (len(shape) - 3), 3, 40, 70)
    assert tensor.dtype == np.float32
    np.testing.assert_allclose(tensor.reshape(3, 40, 70)[:, 5, 5], [1, 0.2, 0], atol=1e-6)
    assert letterbox.input_size == letterbox.resized == (70, 40)


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((1920, 1080), (1333, 750)),
        ((1000, 1000), (800, 800)),
        ((1333, 800), (1333, 800)),
        ((900, 1), (900, 1)),
        ((2666, 1), (1333, 1)),
    ],
)
def test_torchvisions_picture_is_no_larger_than_the_network_would_make_it(
    size: tuple[int, int], wanted: tuple[int, int]
) -> None:
    tensors, letterbox = family().prepare(np.zeros((size[1], size[0], 3), np.uint8))
    assert tensors["picture"].shape == (3, wanted[1], wanted[0])
    assert letterbox.resized == wanted


def test_padding_of_a_fixed_input_is_what_the_network_turns_to_zero() -> None:
    tensors, letterbox = family(shape=(1, 3, 64, 64)).prepare(np.zeros((32, 64, 3), np.uint8))
    assert (letterbox.resized, letterbox.left, letterbox.top) == ((64, 32), 0, 0)
    assert not tensors["picture"][0, :, :32].any()
    padding = tensors["picture"][0, :, 32:].reshape(3, -1)
    np.testing.assert_allclose(padding.min(1), [0.485, 0.456, 0.406], atol=1e-6)
    np.testing.assert_allclose(padding.max(1), [0.485, 0.456, 0.406], atol=1e-6)


def test_the_zoos_picture_is_bgr_less_the_mean_with_zeros_around() -> None:
    tensors, letterbox = of_zoo(input_size=(70, 40)).prepare(
        np.full((40, 70, 3), (10, 20, 30), np.uint8)
    )
    tensor = tensors["picture"]
    assert tensor.shape == (3, 64, 96)
    wanted = [10 - 102.9801, 20 - 115.9465, 30 - 122.7717]
    np.testing.assert_allclose(tensor[:, 39, 69], wanted, rtol=1e-5)
    assert not tensor[:, 40:].any()
    assert not tensor[:, :, 70:].any()
    assert letterbox == Letterbox((70, 40), (96, 64), (70, 40), 0, 0)


@pytest.mark.parametrize(
    ("size", "resized", "padded"),
    [
        ((640, 480), (1067, 800), (1088, 800)),
        ((1920, 1080), (1333, 750), (1344, 768)),
        ((1080, 1920), (750, 1333), (768, 1344)),
        ((500, 1), (1333, 3), (1344, 32)),
    ],
)
def test_the_zoos_picture_is_800_high_and_at_most_1333_wide(
    size: tuple[int, int], resized: tuple[int, int], padded: tuple[int, int]
) -> None:
    _, letterbox = of_zoo().prepare(np.zeros((size[1], size[0], 3), np.uint8))
    assert (letterbox.resized, letterbox.input_size) == (resized, padded)


# Instances out


def test_rows_come_best_first_and_no_more_than_asked_for() -> None:
    tensors = answers(THREE, FULL, (0.6, 0.9, 0.7))
    assert decoded(tensors).class_ids.tolist() == [1, 2, 3]
    assert decoded(tensors, thresholds=Thresholds(max_instances=2)).class_ids.tolist() == [1, 2]


def test_only_the_classes_wanted_are_kept() -> None:
    thresholds = Thresholds(class_ids=frozenset({2}))
    assert decoded(answers(THREE, FULL), thresholds=thresholds).class_ids.tolist() == [2]


def test_a_score_of_the_threshold_itself_is_not_enough() -> None:
    thresholds = Thresholds(score=float(np.float32(0.8)))
    assert len(decoded(answers(THREE, FULL), thresholds=thresholds)) == 1


def test_a_small_mask_keeps_its_place_when_its_box_is_half_outside() -> None:
    """The right half of the box is in the frame, and the mask's right quarter is set."""
    mask = np.zeros((1, 1, 28, 28), np.float32)
    mask[..., 21:] = 1
    found = decoded(answers([[-40, 10, 40, 30]], mask))
    assert found.boxes.tolist() == [[0, 10, 40, 30]]
    assert not found.masks[0][:, :19].any()
    assert found.masks[0][:, 21:].all()


def test_a_pasted_mask_is_cut_at_its_box() -> None:
    mask = np.zeros((1, 1, 60, 100), np.float32)
    mask[..., :30, :] = 1
    found = decoded(answers([[10.5, 20, 50, 40]], mask))
    assert found.masks[0].shape == (20, 40)
    assert found.masks[0][:10].all()
    assert not found.masks[0][10:].any()


@pytest.mark.parametrize(("threshold", "inside"), [(0.5, True), (0.65, False)])
def test_a_pixel_needs_more_than_the_threshold(threshold: float, *, inside: bool) -> None:
    for sides in [(28, 28), (60, 100)]:
        mask = np.full((1, 1, *sides), 0.6, np.float32)
        found = decoded(answers([[9, 9, 20, 20]], mask), thresholds=Thresholds(mask=threshold))
        assert found.masks[0].all() == found.masks[0].any() == inside


def test_nothing_found_is_no_instances() -> None:
    assert len(decoded(answers([], np.zeros((0, 1, 60, 100), np.float32)))) == 0


@pytest.mark.parametrize(
    "box", [[5, 5, 5, 20], [50, 50, 10, 10], [200, 0, 300, 20], [np.nan] * 4, [-np.inf, 0, 9, 9]]
)
def test_a_box_without_area_in_the_frame_is_dropped_even_when_everything_passes(
    box: list[float],
) -> None:
    thresholds = Thresholds(score=EVERYTHING)
    found = decoded(answers([THREE[0], box], FULL[:2]), thresholds=thresholds)
    assert found.boxes.tolist() == [THREE[0]]


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("boxes", (3, 5)),
        ("labels", (2,)),
        ("scores", (3, 1)),
        ("masks", (3, 1, 28, 27)),
        ("masks", (2, 1, 28, 28)),
        ("masks", (3, 91, 28, 28)),
        ("masks", (3, 28, 28)),
        ("masks", (3, 1, 100, 60)),
    ],
)
def test_tensors_of_other_shapes_are_refused(name: str, shape: tuple[int, ...]) -> None:
    tensors = {**answers(THREE, FULL), name: np.zeros(shape, np.float32)}
    with pytest.raises(ModelError, match=r"net\.onnx: ") as caught:
        decoded(tensors)
    assert caught.value.hint == EXPORT_HINT


def test_a_class_without_a_name_is_refused() -> None:
    with pytest.raises(ModelError, match="class 91 found, but only 91 classes have names"):
        decoded(answers(THREE, FULL, class_ids=(1, 91, 2)))


# What a file says


def test_labels_are_those_of_the_weights_that_all_have_unless_given() -> None:
    assert family().labels == COCO_BY_ID
    assert of_zoo().labels == COCO_FROM_1
    assert family(labels=["nothing", "cat"]).labels == ("nothing", "cat")


def test_a_fixed_size_cannot_be_changed() -> None:
    with pytest.raises(ModelError, match="fixed to 64x48, so --input-size cannot change it"):
        family(shape=(1, 3, 48, 64), input_size=(32, 32))


@pytest.mark.parametrize("shape", [(2, 3, 64, 64), (1, 64, 64), (64, 64, 3), (64, 64)])
def test_an_input_that_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="the input must be one"):
        family(shape=shape)


def test_other_outputs_are_refused_with_how_to_export() -> None:
    data = header({"picture": (3, 8, 8)}, {"boxes": ("n", 4), "scores": ("n",)})
    with pytest.raises(ModelError, match=r"outputs are boxes \(0, 4\), scores \(0,\)") as caught:
        OnnxMaskRcnn(data, name="net.onnx")
    assert caught.value.hint == EXPORT_HINT


def test_labels_and_scores_of_one_type_cannot_be_told_apart() -> None:
    outputs = dict(zip(NUMBERS, [("n", 4), ("n",), ("n",), ("n", 1, 28, 28)], strict=True))
    with pytest.raises(ModelError, match="whole labels"):
        OnnxMaskRcnn(header({"picture": (3, *ANY)}, outputs, whole=NUMBERS[1:3]), name="net.onnx")


def test_a_file_cut_short_is_refused() -> None:
    with pytest.raises(ModelError, match=r"net\.onnx is damaged or no ONNX model"):
        OnnxMaskRcnn(header({"picture": (3, 8, 8)}, {"boxes": ("n", 4)})[:-9], name="net.onnx")


def test_one_network_is_all_there_is() -> None:
    net = family()
    assert len(net.networks) == 1
    assert net.relay({}, Thresholds()) is None
