"""Networks that find what is red and what is green, laid out as several exporters write theirs.

Every tensor follows from the picture: a colour's map is how much of it each pixel has, its box is
where the map is more than a half, its score is fixed where there is any. So a network's answer to
a drawn picture is known to the pixel, whatever the picture's size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

RED, GREEN = 0.9, 0.8
"""Scores."""
QUERIES = 5
LOWEST = -8.0
"""Logit of what is not there."""
Side = int | str | None


@dataclass(frozen=True, slots=True)
class Normalised:
    """How a network's pictures are prepared."""

    mean: Sequence[float]
    """Red, green, blue; of 0..255."""
    deviation: Sequence[float]
    rgb: bool = True
    """The order of the planes; False: blue, green, red."""


@dataclass(slots=True)
class Colour:
    """One colour's tensors, by name."""

    map: str
    """(1, 1, h, w) share of the colour, 0..1."""
    box: str
    """(1, 4) x1, y1, x2, y2 in input pixels; beyond repair where there is none."""
    score: str
    """(1,)."""


@dataclass(slots=True)
class Graph:
    """A network in the making."""

    shape: Sequence[Side]
    """Of the picture that goes in."""
    prepared: Normalised
    name: str = "input"
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[onnx.TensorProto] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)

    def add(self, op: str, *inputs: str | ArrayLike, **attributes: Any) -> str:
        """Add a node, constants among its inputs; its output's name."""
        output = f"{op.lower()}{next(self.numbers)}"
        names = [item if isinstance(item, str) else self.constant(item) for item in inputs]
        self.nodes.append(helper.make_node(op, names, [output], **attributes))
        return output

    def constant(self, values: ArrayLike) -> str:
        """Add a constant: whole numbers as int64, others as float32."""
        array = np.asarray(values)
        kind = np.int64 if array.dtype.kind in "iu" else np.float32
        name = f"constant{next(self.numbers)}"
        self.weights.append(numpy_helper.from_array(array.astype(kind), name))
        return name

    def pixels(self) -> str:
        """The picture as (1, 3, h, w), red first, 0..255: what was prepared is undone."""
        picture = self.name
        if len(self.shape) == 3:
            picture = self.add("Unsqueeze", picture, [0])
        order = slice(None) if self.prepared.rgb else slice(None, None, -1)
        mean, deviation = (
            np.reshape(list(values)[order], (1, 3, 1, 1)).astype(np.float32)
            for values in (self.prepared.mean, self.prepared.deviation)
        )
        plain = self.add("Add", self.add("Mul", picture, deviation), mean)
        return plain if self.prepared.rgb else self.add("Gather", plain, [2, 1, 0], axis=1)

    def colour(self, pixels: str, weights: Sequence[float], score: float) -> Colour:
        """Find a colour: 255 times a sum of `weights` is all of it."""
        kernel = np.reshape(weights, (1, 3, 1, 1)) / 255
        share = self.add("Clip", self.add("Conv", pixels, kernel), np.float32(0), np.float32(1))
        there = self.add("Cast", self.add("Greater", share, np.float32(0.5)), to=TensorProto.FLOAT)
        sides = [self._extent(there, axis) for axis in (3, 2)]
        corners = [sides[0][0], sides[1][0], sides[0][1], sides[1][1]]
        box = self.add("Unsqueeze", self.add("Concat", *corners, axis=0), [0])
        present = self.add("ReduceMax", there, axes=[0, 1, 2, 3], keepdims=0)
        at = self.add("Unsqueeze", self.add("Mul", present, np.float32(score)), [0])
        return Colour(share, box, at)

    def length(self, tensor: str, axis: int) -> str:
        """A side of a tensor, (1,) float."""
        side = self.add("Gather", self.add("Shape", tensor), [axis], axis=0)
        return self.add("Cast", side, to=TensorProto.FLOAT)

    def _extent(self, there: str, axis: int) -> tuple[str, str]:
        """First and past-last place with anything along an axis, each (1,)."""
        others = [side for side in range(4) if side != axis]
        line = self.add("ReduceMax", there, axes=others, keepdims=0)
        ones = self.add("Add", self.add("Mul", line, [0.0]), [1.0])
        places = self.add("CumSum", ones, np.int64(0))
        side = self.add("ReduceMax", places, axes=[0], keepdims=1)
        backwards = self.add("Sub", self.add("Add", side, [1.0]), places)
        last = self.add("ReduceMax", self.add("Mul", line, places), axes=[0], keepdims=1)
        after = self.add("ReduceMax", self.add("Mul", line, backwards), axes=[0], keepdims=1)
        return self.add("Sub", side, after), last

    def model(
        self,
        outputs: Mapping[str, tuple[str, Sequence[Side]]],
        whole: Sequence[str] = (),
        metadata: Mapping[str, str] | None = None,
    ) -> bytes:
        """The file: outputs' names -> tensor and shape, in order; `whole` are int64."""
        for name, (tensor, _) in outputs.items():
            self.nodes.append(helper.make_node("Identity", [tensor], [name]))
        values = [
            helper.make_tensor_value_info(
                name, TensorProto.INT64 if name in whole else TensorProto.FLOAT, list(shape)
            )
            for name, (_, shape) in outputs.items()
        ]
        picture = helper.make_tensor_value_info(self.name, TensorProto.FLOAT, list(self.shape))
        graph = helper.make_graph(self.nodes, "colours", [picture], values, self.weights)
        opset = [helper.make_opsetid("", 16)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        helper.set_model_props(model, dict(metadata or {}))
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())


def both(graph: Graph) -> tuple[Colour, Colour]:
    """Red and green."""
    pixels = graph.pixels()
    return (
        graph.colour(pixels, (1, -0.5, -0.5), RED),
        graph.colour(pixels, (-0.5, 1, -0.5), GREEN),
    )


def permuted(outputs: dict[str, Any], order: Sequence[int]) -> dict[str, Any]:
    """The same outputs in another order; no order: as they are."""
    items = list(outputs.items())
    return dict(items[i] for i in order) if order else outputs


def mask_rcnn(
    graph: Graph,
    *,
    pasted: bool,
    class_ids: Sequence[int] = (3, 1),
    names: Sequence[str] = ("boxes", "labels", "scores", "masks"),
    order: Sequence[int] = (),
) -> bytes:
    """As torchvision has it, masks pasted; or as the Model Zoo has it, 28x28 in their boxes."""
    red, green = both(graph)
    masks = (red.map, green.map) if pasted else (_crop(graph, red), _crop(graph, green))
    side: Side = None if pasted else 28
    boxes, labels, scores, pieces = names
    outputs = {
        boxes: (graph.add("Concat", red.box, green.box, axis=0), ("n", 4)),
        labels: (graph.constant(np.array(class_ids)), ("n",)),
        scores: (graph.add("Concat", red.score, green.score, axis=0), ("n",)),
        pieces: (graph.add("Concat", *masks, axis=0), ("n", 1, side, side)),
    }
    return graph.model(permuted(outputs, order), whole=[labels])


def rtmdet_ins(
    graph: Graph,
    *,
    class_ids: Sequence[int] = (3, 1),
    masked_padding: bool = False,
    names: Sequence[str] = ("dets", "labels", "masks"),
    order: Sequence[int] = (),
) -> bytes:
    """As mmdeploy has it: a row of zeros comes last, with a mask or without."""
    red, green = both(graph)
    rows = [
        graph.add("Concat", colour.box, graph.add("Unsqueeze", colour.score, [0]), axis=1)
        for colour in (red, green)
    ]
    dets = graph.add("Concat", *rows, np.zeros((1, 5)), axis=0)
    maps = [red.map, green.map, *([red.map] if masked_padding else [])]
    outputs = {
        names[0]: (graph.add("Unsqueeze", dets, [0]), (1, "n", 5)),
        names[1]: (graph.constant(np.array([[*class_ids, 0]])), (1, "n")),
        names[2]: (graph.add("Concat", *maps, axis=1), (1, None, *graph.shape[2:])),
    }
    return graph.model(permuted(outputs, order), whole=[names[1]])


def rf_detr_seg(
    graph: Graph,
    *,
    class_ids: Sequence[int] = (3, 1),
    columns: int = 91,
    names: Sequence[str] = ("dets", "labels", "masks"),
    order: Sequence[int] = (),
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """As rfdetr has it: queries 1 and 3 of five find red and green."""
    red, green = both(graph)
    width, height = graph.length(red.map, 3), graph.length(red.map, 2)
    size = graph.add("Concat", width, height, width, height, axis=0)
    to_centres = np.array([[0.5, 0, -1, 0], [0, 0.5, 0, -1], [0.5, 0, 1, 0], [0, 0.5, 0, 1]])
    boxes = [
        graph.add("MatMul", graph.add("Div", colour.box, size), to_centres)
        for colour in (red, green)
    ]
    nothing = graph.constant(np.full((1, 4), 0.5))
    dets = graph.add("Concat", nothing, boxes[0], nothing, boxes[1], nothing, axis=0)
    logits = graph.constant(np.full((1, QUERIES, columns), LOWEST))
    for query, colour, class_id in ((1, red, class_ids[0]), (3, green, class_ids[1])):
        score = RED if colour is red else GREEN
        spot = np.zeros((1, QUERIES, columns), np.float32)
        spot[0, query, class_id] = (np.log(score / (1 - score)) - LOWEST) / score
        logits = graph.add("Add", logits, graph.add("Mul", colour.score, spot))
    cells = [_cells(graph, colour) for colour in (red, green)]
    empty = graph.add("Sub", graph.add("Mul", cells[0], [0.0]), [9.0])
    masks = graph.add("Concat", empty, cells[0], empty, cells[1], empty, axis=1)
    outputs = {
        names[0]: (graph.add("Unsqueeze", dets, [0]), (1, QUERIES, 4)),
        names[1]: (logits, (1, QUERIES, columns)),
        names[2]: (masks, (1, None, None, None)),
    }
    return graph.model(permuted(outputs, order), metadata=metadata)


def _crop(graph: Graph, colour: Colour) -> str:
    """A colour's map inside its box, (1, 1, 28, 28)."""
    return graph.add(
        "RoiAlign",
        colour.map,
        colour.box,
        [0],
        output_height=28,
        output_width=28,
        sampling_ratio=4,
        coordinate_transformation_mode="half_pixel",
    )


def _cells(graph: Graph, colour: Colour) -> str:
    """Logits of a colour's map, a quarter as fine, (1, 1, h / 4, w / 4)."""
    pooled = graph.add("AveragePool", colour.map, kernel_shape=[4, 4], strides=[4, 4])
    return graph.add("Mul", graph.add("Sub", pooled, [0.5]), [20.0])


def header(
    inputs: Mapping[str, Sequence[Side]],
    outputs: Mapping[str, Sequence[Side]],
    *,
    whole: Sequence[str] = (),
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """A file that only says what goes in and comes out; `whole` are int64."""
    pictures, answers = (
        [
            helper.make_tensor_value_info(
                name, TensorProto.INT64 if name in whole else TensorProto.FLOAT, list(shape)
            )
            for name, shape in values.items()
        ]
        for values in (inputs, outputs)
    )
    model = helper.make_model(helper.make_graph([], "nothing", pictures, answers))
    helper.set_model_props(model, dict(metadata or {}))
    return bytes(model.SerializeToString())
