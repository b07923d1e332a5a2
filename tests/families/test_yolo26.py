"""YOLO26's head without NMS, put together as Ultralytics' exporter does it.

Two rounds of TopK, as in `Detect.get_topk_index`: first the candidates by their best class, then
pairs of candidate and class; boxes, scores, classes and coefficients gathered side by side.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from livesegment.families.base import EVERYTHING, Thresholds
from livesegment.families.recognise import recognise
from livesegment.families.yolo_seg import YoloSeg
from livesegment.frame import Frame
from livesegment.geometry import Letterbox
from livesegment.instances import Instances
from livesegment.segmenters.load import load_segmenter
from livesegment.store import find_model
from tests.families.onnx_graph import Graph, colour_share

K = 32
CLASSES = ("red", "green", "blue")
STRIDES = (8, 16, 32)
RED, BLUE = (0, 0, 255), (255, 0, 0)
LICENCE = "AGPL-3.0 License (https://ultralytics.com/license)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """Finds the colour of each 32-pixel cell; a mask is where the picture is not black."""

    size: tuple[int, int] = (96, 64)
    """(width, height) of the input."""
    most: int = 300
    """`max_det`."""
    dynamic: bool = False
    reversed: bool = False
    """Whether the prototypes come first."""

    @property
    def cells(self) -> int:
        """Candidates of all grids."""
        return sum((self.size[0] // s) * (self.size[1] // s) for s in STRIDES)

    @property
    def rows(self) -> int:
        """Final answers."""
        return min(self.most, self.cells)

    def file(self) -> bytes:
        """The network's file."""
        graph = Graph()
        flat = graph.constant([1, len(CLASSES), -1], np.int64)
        grids = []
        for stride in STRIDES:
            kernels = colour_share(stride, (0, 1, 2), 40 if stride == 32 else 0)
            grid = graph.conv("images", kernels, [-10] * 3)
            grids.append(graph.add("Reshape", grid, flat))
        scores = graph.add("Sigmoid", graph.add("Concat", *grids, axis=2))
        scores = graph.add("Transpose", scores, perm=[0, 2, 1])
        boxes, coefficients = self._candidates()

        most = graph.constant([self.rows], np.int64)
        best = graph.add("ReduceMax", scores, axes=[2], keepdims=0)
        _, first = graph.split("TopK", best, most, to=["best", "first"], axis=1)
        rows = graph.add("Unsqueeze", first, graph.constant([2], np.int64))
        wide = graph.add("Expand", rows, graph.constant([1, self.rows, len(CLASSES)], np.int64))
        pairs = graph.add("GatherElements", scores, wide, axis=1)
        pairs = graph.add("Flatten", pairs)
        found, pair = graph.split("TopK", pairs, most, to=["found", "pair"], axis=1)
        count = graph.constant([len(CLASSES)], np.int64)
        class_ids = graph.cast(graph.add("Mod", pair, count))
        place = graph.add("GatherElements", first, graph.add("Div", pair, count), axis=1)
        last = graph.constant([2], np.int64)
        place = graph.add("Reshape", place, graph.constant([-1], np.int64))
        graph.add(
            "Concat",
            graph.add("Gather", graph.constant(boxes[None]), place, axis=1),
            graph.add("Unsqueeze", found, last),
            graph.add("Unsqueeze", class_ids, last),
            graph.add("Gather", graph.constant(coefficients[None]), place, axis=1),
            axis=2,
            to="output0",
        )
        lit = np.zeros((K, 3, 4, 4), np.float32)
        lit[0] = 20 / 16
        graph.add("Identity", graph.conv("images", lit, [-10] + [0] * (K - 1)), to="output1")
        # The exporter gives the third side of the rows a name where the input has any size.
        outputs: dict[str, list[int | str]] = {
            "output0": [1, self.rows, "anchors" if self.dynamic else 6 + K],
            "output1": [1, K, self.size[1] // 4, self.size[0] // 4],
        }
        if self.reversed:
            outputs = dict(reversed(outputs.items()))
        return graph.file(
            {"images": [1, 3, self.size[1], self.size[0]]},
            outputs,
            metadata={
                "author": "Ultralytics",
                "license": LICENCE,
                "task": "segment",
                "imgsz": str([self.size[1], self.size[0]]),
                "names": str(dict(enumerate(CLASSES))),
                "end2end": "True",
            },
        )

    def _candidates(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Corners of every cell, and coefficients: the first prototype is the mask."""
        corners = []
        for stride in STRIDES:
            y, x = np.indices((self.size[1] // stride, self.size[0] // stride)).reshape(2, -1)
            corners.append(np.stack((x, y, x + 1, y + 1), axis=1) * stride)
        boxes = np.concatenate(corners).astype(np.float32)
        return boxes, np.tile(np.eye(1, K, dtype=np.float32), (len(boxes), 1))


def two_discs(letterbox: Letterbox) -> tuple[Frame, list[NDArray[np.bool_]]]:
    """A red disc in the second cell of the upper row, a blue one in the first of the lower."""
    width, height = letterbox.frame_size
    y, x = np.indices((height, width)) + 0.5
    x = x * letterbox.scale[0] + letterbox.left
    y = y * letterbox.scale[1] + letterbox.top
    picture = np.zeros((height, width, 3), np.uint8)
    truths = []
    for (left, top), colour in (((32, 0), RED), ((0, 32), BLUE)):
        inside = np.asarray((x - left - 16) ** 2 + (y - top - 16) ** 2 < 15.5**2)
        picture[inside] = colour
        truths.append(inside)
    return Frame(picture, 0, 0.0, 0.0), truths


def found_in(
    net: Net,
    folder: Path,
    frame: Frame,
    engine: str = "opencv",
    thresholds: Thresholds | None = None,
) -> Instances:
    path = folder / "net.onnx"
    path.write_bytes(net.file())
    segmenter = load_segmenter(find_model(str(path)), thresholds or Thresholds(), engine=engine)
    segmenter.warm_up()
    return segmenter.segment(frame).instances


def assert_are_the_discs(net: Net, folder: Path, size: tuple[int, int], engine: str) -> None:
    """Both discs: class, box within a pixel, mask as drawn."""
    letterbox = Letterbox.fit(size, net.size)
    frame, truths = two_discs(letterbox)
    found = found_in(net, folder, frame, engine)
    assert sorted(found.class_ids.tolist()) == [0, 2]
    for i, class_id in enumerate(found.class_ids.tolist()):
        cell = np.array([[32, 0, 64, 32]] if class_id == 0 else [[0, 32, 32, 64]], np.float32)
        wanted = np.clip(letterbox.to_frame(cell)[0], 0, [*size, *size])
        np.testing.assert_allclose(found.boxes[i], wanted, atol=1)
        assert found.scores[i] > 0.9
        whole = np.zeros((size[1], size[0]), np.bool_)
        x1, y1, x2, y2 = found.regions[i].tolist()
        whole[y1:y2, x1:x2] = found.masks[i]
        truth = truths[0 if class_id == 0 else 1]
        assert np.count_nonzero(whole & truth) / np.count_nonzero(whole | truth) > 0.9


@pytest.mark.wheel
def test_two_discs_are_found_by_every_engine(engine: str, tmp_path: Path) -> None:
    assert_are_the_discs(Net(), tmp_path, (96, 64), engine)


@pytest.mark.parametrize("size", [(480, 320), (300, 240), (640, 360)])
def test_two_discs_are_where_they_were_drawn(size: tuple[int, int], tmp_path: Path) -> None:
    assert_are_the_discs(Net(), tmp_path, size, "opencv")


@pytest.mark.parametrize(
    "net",
    [
        Net(size=(64, 64)),
        Net(size=(64, 96)),
        Net(most=20),
        Net(dynamic=True),
        Net(reversed=True),
        Net(size=(320, 256)),
    ],
    ids=["square", "tall", "20 at most", "any number", "prototypes first", "300 of 1680"],
)
def test_every_kind_of_export_is_read(net: Net, tmp_path: Path) -> None:
    assert_are_the_discs(net, tmp_path, net.size, "opencv")


def test_one_candidate_of_two_classes_comes_out_once_above_the_threshold(tmp_path: Path) -> None:
    """The head pairs candidates with classes: the second class of a disc is next to nothing."""
    frame, _ = two_discs(Letterbox.fit((96, 64), (96, 64)))
    found = found_in(Net(), tmp_path, frame, thresholds=Thresholds(score=0.25))
    assert len(found) == 2


def test_rows_that_stand_for_nothing_do_no_harm(tmp_path: Path) -> None:
    frame = Frame(np.zeros((64, 96, 3), np.uint8), 0, 0.0, 0.0)
    assert len(found_in(Net(), tmp_path, frame)) == 0
    everything = Thresholds(score=EVERYTHING, max_instances=1000)
    assert len(found_in(Net(), tmp_path, frame, thresholds=everything)) == Net().rows


@pytest.mark.parametrize("class_id", [-1, 3, 1e30, np.nan, np.inf])
def test_a_row_of_no_class_is_dropped(class_id: float) -> None:
    family = YoloSeg(Net().file(), name="net.onnx")
    rows = np.zeros((1, Net().rows, 6 + K), np.float32)
    rows[0, 0, :6] = 0, 0, 9, 9, 0.9, class_id
    rows[0, 1, :6] = 0, 0, 9, 9, 0.8, 2
    outputs = {"output0": rows, "output1": np.ones((1, K, 16, 24), np.float32)}
    found = family.decode(outputs, Letterbox.fit((96, 64), (96, 64)), Thresholds())
    assert found.class_ids.tolist() == [2]


def test_the_file_says_what_it_is_and_under_what_licence() -> None:
    recognised = recognise(Net().file(), "net.onnx")
    assert recognised.family == "yolo-seg"
    assert recognised.licence == LICENCE
