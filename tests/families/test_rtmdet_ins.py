"""RTMDet-Ins: tensors with known answers, and what files say."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from livesegment.errors import ModelError
from livesegment.families.base import EVERYTHING, Thresholds
from livesegment.families.known_classes import COCO
from livesegment.families.rtmdet_ins import EXPORT_HINT, RtmdetIns
from livesegment.geometry import Letterbox
from livesegment.instances import Instances
from tests.families.onnx_bytes import model, node
from tests.families.onnx_networks import Graph, Normalised, Side, header, rtmdet_ins

SIDE = 64


def family(
    *,
    shape: Sequence[Side] = (1, 3, SIDE, SIDE),
    labels: Sequence[str] = (),
    input_size: tuple[int, int] | None = None,
    **metadata: str,
) -> RtmdetIns:
    """A family of a file with no network in it."""
    outputs: dict[str, Sequence[Side]] = {
        "dets": (1, "n", 5),
        "labels": (1, "n"),
        "masks": (1, "n", "h", "w"),
    }
    data = header({"input": shape}, outputs, whole=["labels"], metadata=metadata)
    return RtmdetIns(data, name="net.onnx", labels=labels, input_size=input_size)


def decoded(
    rows: Sequence[Sequence[float]],
    class_ids: Sequence[int] = (),
    masks: NDArray[np.float32] | None = None,
    size: tuple[int, int] = (SIDE, SIDE),
    thresholds: Thresholds | None = None,
) -> Instances:
    """Of a picture of a size in a square input; without masks, masks that are full."""
    n = len(rows)
    tensors = {
        "dets": np.array([rows], np.float32).reshape(1, n, 5),
        "labels": np.array([list(class_ids) or [0] * n], np.float32),
        "masks": np.ones((1, n, SIDE, SIDE), np.float32) if masks is None else masks,
    }
    fitted = Letterbox.fit(size, (SIDE, SIDE)).resized
    letterbox = Letterbox(size, (SIDE, SIDE), fitted, 0, 0)
    return family().decode(tensors, letterbox, thresholds or Thresholds())


# Pictures in


def test_a_picture_is_normalised_blue_first_in_the_upper_left_corner() -> None:
    tensors, letterbox = family().prepare(np.full((32, 64, 3), (10, 20, 30), np.uint8))
    tensor = tensors["input"]
    assert tensor.shape == (1, 3, SIDE, SIDE)
    assert tensor.dtype == np.float32
    mean, deviation = np.array([103.53, 116.28, 123.675]), np.array([57.375, 57.12, 58.395])
    picture = (np.array([10, 20, 30]) - mean) / deviation
    np.testing.assert_allclose(tensor[0, :, 31, 63], picture, rtol=1e-5)
    np.testing.assert_allclose(tensor[0, :, 32, 0], (114 - mean) / deviation, rtol=1e-4)
    assert letterbox == Letterbox((64, 32), (SIDE, SIDE), (64, 32), 0, 0)


@given(
    st.tuples(st.integers(1, 200), st.integers(1, 200))
    | st.tuples(st.just(1), st.integers(1, 3000))
    | st.tuples(st.integers(1, 3000), st.just(1))
)
def test_a_picture_lies_where_the_letterbox_says(size: tuple[int, int]) -> None:
    image = np.full((size[1], size[0], 3), 200, np.uint8)
    image.flags.writeable = False
    tensors, letterbox = family().prepare(image)
    wanted = np.full((SIDE, SIDE), 114, np.float32)
    wanted[: letterbox.resized[1], : letterbox.resized[0]] = 200
    plane = tensors["input"][0, 2] * 58.395 + 123.675
    np.testing.assert_allclose(plane, wanted, atol=1e-3)
    assert max(letterbox.resized) == SIDE


def test_a_network_normalised_otherwise_can_say_so() -> None:
    """In the metadata, red first as everywhere."""
    net = family(mean="[0, 0, 10]", std="[1, 1, 2]")
    tensors, _ = net.prepare(np.full((SIDE, SIDE, 3), (30, 20, 40), np.uint8))
    assert tensors["input"][0, :, 0, 0].tolist() == [10, 20, 40]


# Instances out


def test_rows_come_best_first_and_no_more_than_asked_for() -> None:
    rows = [[0, 0, 9, 9, 0.6], [20, 0, 29, 9, 0.9], [40, 0, 49, 9, 0.7]]
    found = decoded(rows, [3, 1, 2], thresholds=Thresholds(max_instances=2))
    assert found.class_ids.tolist() == [1, 2]
    np.testing.assert_allclose(found.scores, [0.9, 0.7], rtol=1e-6)


def test_only_the_classes_wanted_are_kept() -> None:
    rows = [[0, 0, 9, 9, 0.6], [20, 0, 29, 9, 0.9]]
    found = decoded(rows, [3, 1], thresholds=Thresholds(class_ids=frozenset({3})))
    assert found.boxes[:, 0].tolist() == [0]


def test_a_score_of_the_threshold_itself_is_not_enough() -> None:
    thresholds = Thresholds(score=float(np.float32(0.6)))
    assert len(decoded([[0, 0, 9, 9, 0.6]], thresholds=thresholds)) == 0


@pytest.mark.parametrize("masks", [2, 3])
def test_the_row_of_zeros_is_dropped_even_when_everything_passes(masks: int) -> None:
    """Whether it has a mask or not."""
    rows = [[0, 0, 9, 9, 0.6], [20, 0, 29, 9, 0.9], [0.0] * 5]
    tensor = np.ones((1, masks, SIDE, SIDE), np.float32)
    found = decoded(rows, masks=tensor, thresholds=Thresholds(score=EVERYTHING))
    assert found.boxes[:, 0].tolist() == [20, 0]


def test_a_row_without_a_mask_is_no_instance() -> None:
    """The last mask is left out by the exporter, of a real row where the best k rows fill up."""
    rows = [[0, 0, 9, 9, 0.9], [20, 0, 29, 9, 0.8]]
    assert len(decoded(rows, masks=np.ones((1, 1, SIDE, SIDE), np.float32))) == 1


def test_no_rows_are_no_instances() -> None:
    assert len(decoded([])) == 0


def test_a_box_and_its_mask_are_cut_at_the_frame() -> None:
    """A 100x50 frame fills the upper half of the input."""
    mask = np.zeros((1, 1, SIDE, SIDE), np.float32)
    mask[..., 32:] = 1
    found = decoded([[-9, 16, 80, 60, 0.9]], masks=mask, size=(100, 50))
    assert found.boxes.tolist() == [[0, 25, 100, 50]]
    assert not found.masks[0][:, :50].any()
    assert found.masks[0][:, 50:].all()


def test_what_the_network_sees_in_the_padding_does_not_leak_into_the_picture() -> None:
    """The picture ends at row 32; between it and the padding lies the frame's last row."""
    mask = np.zeros((1, 1, SIDE, SIDE), np.float32)
    mask[..., :32, :] = 0.6
    found = decoded([[0, 0, 64, 32, 0.9]], masks=mask, size=(640, 320))
    assert found.masks[0].all()


@pytest.mark.parametrize(("threshold", "share"), [(0, 1), (0.6, 1), (0.625, 0), (1, 0)])
def test_a_pixel_needs_more_than_the_threshold(threshold: float, share: float) -> None:
    mask = np.full((1, 1, SIDE, SIDE), 0.625, np.float32)
    found = decoded([[8, 8, 40, 40, 0.9]], masks=mask, thresholds=Thresholds(mask=threshold))
    assert found.masks[0].mean() == share


@given(
    st.tuples(st.integers(1, 150), st.integers(1, 150)),
    st.lists(st.floats(0, SIDE, width=32), min_size=4, max_size=4),
    st.integers(0, 99),
)
def test_a_mask_is_its_part_of_the_picture_enlarged(
    size: tuple[int, int], corners: list[float], seed: int
) -> None:
    """Against numpy's own interpolation of the part of the grid that holds the picture."""
    grid = np.random.default_rng(seed).random((SIDE, SIDE), np.float32)
    row = [min(corners[::2]), min(corners[1::2]), max(corners[::2]), max(corners[1::2]), 0.9]
    found = decoded([row], masks=grid[None, None], size=size)
    if not len(found):
        return
    width, height = Letterbox.fit(size, (SIDE, SIDE)).resized
    xs = (np.arange(size[0]) + 0.5) * width / size[0] - 0.5
    ys = (np.arange(size[1]) + 0.5) * height / size[1] - 0.5
    lines = np.array([np.interp(xs, np.arange(width), line) for line in grid[:height, :width]])
    whole = np.array([np.interp(ys, np.arange(height), line) for line in lines.T]).T
    x1, y1, x2, y2 = found.regions[0].tolist()
    part = whole[y1:y2, x1:x2]
    sure = np.abs(part - 0.5) > 1e-4
    assert np.array_equal(found.masks[0][sure], part[sure] > 0.5)


@pytest.mark.parametrize(
    ("dets", "labels", "masks"),
    [
        ((1, 3, 6), (1, 3), (1, 3, SIDE, SIDE)),
        ((3, 5), (1, 3), (1, 3, SIDE, SIDE)),
        ((1, 3, 5), (3,), (1, 3, SIDE, SIDE)),
        ((1, 3, 5), (1, 3), (1, 3, 28, 28)),
        ((1, 3, 5), (1, 3), (1, 1, SIDE, SIDE)),
        ((1, 3, 5), (1, 3), (3, SIDE, SIDE)),
    ],
)
def test_tensors_of_other_shapes_are_refused(
    dets: tuple[int, ...], labels: tuple[int, ...], masks: tuple[int, ...]
) -> None:
    shapes = {"dets": dets, "labels": labels, "masks": masks}
    tensors = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    with pytest.raises(ModelError, match=r"net\.onnx: (dets|masks) .* are not") as caught:
        family().decode(tensors, Letterbox.fit((9, 9), (SIDE, SIDE)), Thresholds())
    assert caught.value.hint == EXPORT_HINT


def test_a_class_without_a_name_is_refused() -> None:
    with pytest.raises(ModelError, match="class 80 found, but only 80 classes have names"):
        decoded([[0, 0, 9, 9, 0.9]], [80])


# What a file says


def test_labels_are_cocos_unless_given() -> None:
    assert family().labels == COCO
    assert family(labels=["cat"]).labels == ("cat",)


@pytest.mark.parametrize(
    ("asked", "wanted"), [(None, (640, 640)), ((320, 256), (320, 256)), ((300, 200), (320, 224))]
)
def test_an_input_of_any_size_is_640_unless_asked_for_in_whole_strides(
    asked: tuple[int, int] | None, wanted: tuple[int, int]
) -> None:
    net = family(shape=(1, 3, "h", "w"), input_size=asked)
    assert net.prepare(np.zeros((9, 9, 3), np.uint8))[1].input_size == wanted


def test_a_fixed_size_cannot_be_changed() -> None:
    with pytest.raises(ModelError, match="fixed to 64x64, so --input-size cannot change it"):
        family(input_size=(32, 32))


def test_other_outputs_are_refused_with_how_to_export() -> None:
    data = header({"input": (1, 3, 64, 64)}, {"dets": (1, "n", 5), "labels": (1, "n")})
    with pytest.raises(ModelError, match=r"RTMDet-Ins has dets \(1, n, 5\)") as caught:
        RtmdetIns(data, name="net.onnx")
    assert caught.value.hint == EXPORT_HINT


def test_mmdeploys_mask_rcnn_is_refused() -> None:
    """Its outputs have the same names and shapes; its pictures are prepared otherwise."""
    data = model(
        {"input": (1, 3, 64, 64)},
        {"dets": (1, 0, 5), "labels": (1, 0), "masks": (1, 0, 64, 64)},
        nodes=[node("MMCVRoiAlign", ["input"], "crops")],
    )
    with pytest.raises(ModelError, match="is a two-stage network of mmdeploy's"):
        RtmdetIns(data, name="net.onnx")


def test_a_file_cut_short_is_refused() -> None:
    whole = rtmdet_ins(Graph((1, 3, 64, 64), Normalised((0, 0, 0), (1, 1, 1))))
    with pytest.raises(ModelError, match=r"net\.onnx is damaged or no ONNX model"):
        RtmdetIns(whole[: len(whole) // 2], name="net.onnx")


def test_one_network_is_all_there_is() -> None:
    net = family()
    assert len(net.networks) == 1
    assert net.relay({}, Thresholds()) is None
