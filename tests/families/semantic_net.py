"""Semantic networks whose every weight is set by hand: a pixel's class is its colour.

Class 0 is black, the background; the others are red, green and blue, as many as are asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from livesegment.families.normalisation import CENTRED, IMAGENET, Normalisation
from tests.families.onnx_graph import INT64, UINT8, Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """What may differ from export to export."""

    size: tuple[int, int] = (96, 64)
    """(width, height) of the input."""
    stride: int = 1
    """Input pixels a cell of the map."""
    colours: Sequence[int] = (0,)
    """Of the classes after the background: 0 red, 1 green, 2 blue."""
    end: str = "softmax"
    """Or logits, ids, flat ids (1, h, w), one (a single logit), sure (a single sigmoid)."""
    last: bool = False
    """Whether channels come last, in and out."""
    input_name: str = "input"
    output_name: str = "output"
    auxiliary: bool = False
    any_size: bool = False
    raw: bool = False
    """Whether bytes go in."""
    normalisation: Normalisation = IMAGENET
    metadata: dict[str, str] = field(default_factory=dict)

    def file(self) -> bytes:
        """The network's file."""
        graph = Graph()
        source = self.input_name
        if self.raw:
            source = graph.cast(source)
        if self.last:
            source = graph.add("Transpose", source, perm=[0, 3, 1, 2])
        deviation = np.array(self.normalisation.deviation).reshape(1, 3, 1, 1) / 255
        mean = np.array(self.normalisation.mean).reshape(1, 3, 1, 1) / 255
        scaled = graph.add("Mul", source, graph.constant(deviation))
        picture = graph.add("Add", scaled, graph.constant(mean))
        # A colour's logit is 10 where it is full and -10 where it is not there.
        rows = np.full((len(self.colours), 3, self.stride, self.stride), 0, np.float32)
        for row, colour in enumerate(self.colours):
            rows[row] = -20 / self.stride**2
            rows[row, colour] = 20 / self.stride**2
        scores = graph.conv(picture, rows, [-10] * len(self.colours))
        if self.end not in {"one", "sure"}:
            # The background's is always 0.
            first = graph.conv(picture, np.zeros((1, 3, self.stride, self.stride), np.float32), [0])
            scores = graph.add("Concat", first, scores, axis=1)
        return self._finished(graph, scores)

    def _finished(self, graph: Graph, scores: str) -> bytes:
        width, height = (side // self.stride for side in self.size)
        shape: list[int | str] = [1, len(self.colours) + 1, height, width]
        types = {self.input_name: UINT8} if self.raw else {}
        if self.end == "softmax":
            scores = graph.add("Softmax", scores, axis=1)
        elif self.end == "sure":
            scores = graph.add("Sigmoid", scores)
        elif "ids" in self.end:
            scores = graph.add("ArgMax", scores, axis=1, keepdims=int(self.end == "ids"))
            types[self.output_name] = INT64
        if self.end in {"one", "sure", "ids"}:
            shape[1] = 1
        elif self.end == "flat ids":
            del shape[1]
        if self.last and len(shape) == 4:
            scores = graph.add("Transpose", scores, perm=[0, 2, 3, 1])
            shape = [1, height, width, shape[1]]
        graph.add("Identity", scores, to=self.output_name)
        outputs = {self.output_name: shape}
        if self.auxiliary:
            graph.add("Identity", scores, to="aux")
            outputs = {"aux": shape, **outputs}
        picture: list[int | str] = [1, 3, self.size[1], self.size[0]]
        if self.last:
            picture = [1, self.size[1], self.size[0], 3]
        if self.any_size:
            picture[2:], outputs = ["h", "w"], {self.output_name: [*shape[:2], "oh", "ow"]}
        return graph.file({self.input_name: picture}, outputs, types=types, metadata=self.metadata)


PP_HUMAN_SEG = Net(
    size=(192, 192),
    input_name="x",
    output_name="save_infer_model/scale_0.tmp_1",
    normalisation=CENTRED,
)
"""As the OpenCV zoo has it."""
