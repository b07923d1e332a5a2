"""Semantic segmentation: whole networks set by hand, and what their files may say."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from livesegment.families.base import EVERYTHING, Thresholds
from livesegment.families.normalisation import BYTES, CENTRED, UNIT
from livesegment.families.semantic import Semantic, connected_parts
from livesegment.frame import Frame
from livesegment.geometry import Letterbox
from livesegment.instances import Instances
from livesegment.segmenters.load import load_segmenter
from livesegment.store import find_model
from tests.families.onnx_bytes import model
from tests.families.semantic_net import PP_HUMAN_SEG, Net

BOXES = ((0.1, 0.2, 0.4, 0.9), (0.55, 0.1, 0.95, 0.6))
"""x1, y1, x2, y2 as shares of the frame: where two ellipses are drawn."""
BGR = {0: (0, 0, 255), 1: (0, 255, 0), 2: (255, 0, 0)}


def ellipse(box: tuple[float, ...], size: tuple[int, int]) -> NDArray[np.bool_]:
    """One that fills a box, in a frame of `size`."""
    y, x = np.indices((size[1], size[0])) + 0.5
    x, y = x / size[0], y / size[1]
    across = (x - (box[0] + box[2]) / 2) / (box[2] - box[0])
    down = (y - (box[1] + box[3]) / 2) / (box[3] - box[1])
    return np.asarray(across**2 + down**2 < 0.25)


def drawn(size: tuple[int, int], colours: tuple[int, int] = (0, 0)) -> Frame:
    """Two ellipses on black."""
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    for box, colour in zip(BOXES, colours, strict=True):
        picture[ellipse(box, size)] = BGR[colour]
    return Frame(picture, 0, 0.0, 0.0)


def header(
    output: tuple[int, ...],
    *,
    size: int = 512,
    metadata: dict[str, str] | None = None,
    **more: tuple[int, ...],
) -> bytes:
    return model({"in": (1, 3, size, size)}, {"out": output, **more}, metadata=metadata)


def square(side: int, frame: int) -> Letterbox:
    return Letterbox((frame, frame), (side, side), (side, side), 0, 0)


def found_in(
    net: Net,
    folder: Path,
    frame: Frame,
    *,
    engine: str = "opencv",
    names: str = "",
    thresholds: Thresholds | None = None,
    input_size: tuple[int, int] | None = None,
) -> Instances:
    """What is found by a network that is a file of the user's."""
    path = folder / "net.onnx"
    path.write_bytes(net.file())
    if names:
        path.with_suffix(".names").write_text("\n".join(names.split()))
    segmenter = load_segmenter(
        find_model(str(path)), thresholds or Thresholds(), engine=engine, input_size=input_size
    )
    segmenter.warm_up()
    return segmenter.segment(frame).instances


def assert_are_the_ellipses(
    found: Instances, size: tuple[int, int], cell: tuple[float, float], class_ids: tuple[int, int]
) -> None:
    """Both, each in its place: edges within a cell of the map, masks as drawn."""
    assert len(found) == 2
    order = np.argsort(found.boxes[:, 0])
    for i, box, class_id in zip(order.tolist(), BOXES, class_ids, strict=True):
        wanted = np.array(box) * np.array([*size, *size])
        assert found.class_ids[i] == class_id
        assert found.scores[i] > 0.9
        assert np.all(np.abs(found.boxes[i] - wanted) <= np.array([*cell, *cell]) + 0.6)
        whole = np.zeros((size[1], size[0]), np.bool_)
        x1, y1, x2, y2 = found.regions[i].tolist()
        whole[y1:y2, x1:x2] = found.masks[i]
        truth = ellipse(box, size)
        assert np.count_nonzero(whole & truth) / np.count_nonzero(whole | truth) > 0.93


@pytest.mark.wheel
def test_a_person_is_found_by_every_engine(engine: str, tmp_path: Path) -> None:
    found = found_in(PP_HUMAN_SEG, tmp_path, drawn((192, 192)), engine=engine)
    assert_are_the_ellipses(found, (192, 192), (1, 1), (1, 1))


@pytest.mark.parametrize("size", [(640, 360), (90, 300), (192, 192), (61, 47)])
def test_masks_are_those_of_the_frame_whatever_its_shape(
    size: tuple[int, int], tmp_path: Path
) -> None:
    found = found_in(PP_HUMAN_SEG, tmp_path, drawn(size))
    assert_are_the_ellipses(found, size, (size[0] / 192, size[1] / 192), (1, 1))


@pytest.mark.parametrize(
    "net",
    [
        Net(end="logits"),
        Net(end="logits", stride=4, size=(384, 256)),
        Net(end="softmax", last=True, normalisation=CENTRED),
        Net(end="logits", auxiliary=True, output_name="out"),
        Net(raw=True, last=True, normalisation=BYTES),
    ],
    ids=["logits", "quarter", "channels last", "torchvision", "bytes"],
)
def test_every_kind_of_map_is_read(net: Net, engine: str, tmp_path: Path) -> None:
    found = found_in(net, tmp_path, drawn((320, 240)), engine=engine)
    cell = (320 * net.stride / net.size[0], 240 * net.stride / net.size[1])
    assert_are_the_ellipses(found, (320, 240), cell, (1, 1))


@pytest.mark.parametrize("end", ["ids", "flat ids"])
def test_class_ids_are_read(end: str, tmp_path: Path) -> None:
    net = Net(end=end, colours=(0, 1, 2))
    names = "background red green blue"
    found = found_in(net, tmp_path, drawn((320, 240), (2, 1)), engine="onnxruntime", names=names)
    assert_are_the_ellipses(found, (320, 240), (320 / 96, 240 / 64), (3, 2))
    assert found.scores.tolist() == [1, 1]


@pytest.mark.parametrize("end", ["one", "sure"])
def test_one_channel_is_something_or_nothing(end: str, tmp_path: Path) -> None:
    found = found_in(Net(end=end), tmp_path, drawn((320, 240)))
    assert_are_the_ellipses(found, (320, 240), (320 / 96, 240 / 64), (0, 0))


def test_classes_are_told_apart(tmp_path: Path) -> None:
    found = found_in(Net(colours=(0, 1, 2)), tmp_path, drawn((320, 240), (1, 2)))
    assert_are_the_ellipses(found, (320, 240), (320 / 96, 240 / 64), (2, 3))


def test_a_network_of_any_size_runs_at_the_size_asked_for(tmp_path: Path) -> None:
    net = Net(any_size=True, end="logits")
    found = found_in(net, tmp_path, drawn((320, 240)), engine="onnxruntime", input_size=(160, 120))
    assert_are_the_ellipses(found, (320, 240), (2, 2), (1, 1))


@pytest.mark.parametrize("size", [(320, 240), (100, 300)])
def test_ultralytics_network_gets_its_picture_letterboxed(
    size: tuple[int, int], tmp_path: Path
) -> None:
    """Its ids are of the whole input, grey edges and all."""
    net = Net(
        size=(128, 128),
        end="flat ids",
        normalisation=UNIT,
        metadata={
            "author": "Ultralytics",
            "task": "semantic",
            "names": "{0: 'background', 1: 'x'}",
        },
    )
    found = found_in(net, tmp_path, drawn(size), engine="onnxruntime")
    cell = max(size) / 128
    assert_are_the_ellipses(found, size, (cell, cell), (1, 1))


# What is kept


def test_only_the_classes_asked_for_are_kept(tmp_path: Path) -> None:
    thresholds = Thresholds(class_ids=frozenset({2}))
    net, frame = Net(colours=(0, 1)), drawn((320, 240), (0, 1))
    assert found_in(net, tmp_path, frame, thresholds=thresholds).class_ids.tolist() == [2]


def test_the_background_is_kept_only_where_it_is_asked_for(tmp_path: Path) -> None:
    frame = drawn((320, 240))
    assert 0 not in found_in(Net(), tmp_path, frame).class_ids
    thresholds = Thresholds(class_ids=frozenset({0}))
    found = found_in(Net(), tmp_path, frame, thresholds=thresholds)
    assert found.class_ids.tolist() == [0]
    assert found.boxes.tolist() == [[0, 0, 320, 240]]


def test_no_more_than_the_limit_are_kept(tmp_path: Path) -> None:
    thresholds = Thresholds(max_instances=1)
    assert len(found_in(Net(), tmp_path, drawn((320, 240)), thresholds=thresholds)) == 1


@pytest.mark.parametrize("score", [EVERYTHING, 0.0])
def test_everything_is_found_without_a_fault(score: float, tmp_path: Path) -> None:
    found = found_in(Net(), tmp_path, drawn((320, 240)), thresholds=Thresholds(score=score))
    assert len(found) == 2


def test_nothing_is_found_in_nothing(tmp_path: Path) -> None:
    assert len(found_in(Net(), tmp_path, Frame(np.zeros((9, 9, 3), np.uint8), 0, 0.0, 0.0))) == 0


def test_specks_are_no_parts() -> None:
    probabilities = np.zeros((100, 100), np.float32)
    probabilities[3:6, 3:4] = 0.8  # three cells of ten thousand
    probabilities[50:53, 50:52] = 0.8
    parts = list(connected_parts(1, probabilities, 0.5))
    assert [part.box for part in parts] == [(50, 50, 52, 53)]
    assert parts[0].score == pytest.approx(0.8)


def test_a_part_in_anothers_box_is_not_in_its_mask() -> None:
    """An L and a square in its corner."""
    map_ = np.zeros((1, 2, 40, 40), np.float32)
    map_[0, 1, 4:36, 4:8] = map_[0, 1, 32:36, 4:36] = map_[0, 1, 10:20, 20:30] = 1
    map_[0, 0] = 1 - map_[0, 1]
    family = Semantic(header((1, 2, 40, 40), size=40), name="net.onnx")
    found = family.decode({"out": map_}, square(40, 120), Thresholds())
    assert found.boxes.tolist() == [[12, 12, 108, 108], [60, 30, 90, 60]]
    # Interpolation rounds a corner off by a pixel; the L has five of them and one that is filled.
    assert found.masks[1].sum() == 30 * 30 - 4
    assert not found.masks[0][18:48, 48:78].any()
    assert abs(found.masks[0].sum() - (96 * 12 + 84 * 12)) <= 5


def test_an_edge_between_cells_is_where_the_probability_is_the_threshold() -> None:
    """It falls from 0.9 to 0.1 in one cell of ten pixels: half at the middle between centres."""
    map_ = np.full((1, 1, 8, 8), 0.1, np.float32)
    map_[..., :4] = 0.9
    family = Semantic(header((1, 1, 8, 8), size=8), name="net.onnx")
    for threshold, edge in ((0.5, 40), (0.3, 42.5), (0.7, 37.5)):
        thresholds = Thresholds(mask=threshold)
        found = family.decode({"out": map_}, square(8, 80), thresholds)
        assert found.boxes[0, 2] == pytest.approx(edge, abs=0.5)
