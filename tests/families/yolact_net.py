"""A YOLACT whose every weight is set by hand: it finds one red or blue disc in the middle.

Its fourth grid has a cell of 64 pixels a square; the first prior of each cell is moved and shrunk
to that square, 8 pixels left of the prior's centre. Everything else finds nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livesegment.families.yolact import RESNET
from tests.families.onnx_graph import Graph, colour_share

WINDOW, SHIFT = 64, 8
LEVEL, SCALE = 3, 192
COEFFICIENTS = (0.5, -0.2, 0.3, 0.0, 0.1, 0.0)
"""Before the tanh; of the prototypes the first is the disc's and the third is a constant."""
LABELS = ("red", "blue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """What may differ from export to export."""

    side: int = 550
    each: int = 3
    """Priors a cell."""
    softmax: bool = True
    batch: bool = True
    """Whether the first side is there."""
    with_priors: bool = False
    channels_first: bool = False
    """Of the prototypes."""
    names: Sequence[str] = ("loc", "conf", "mask", "proto", "prior")
    order: Sequence[int] = (0, 1, 2, 3, 4)
    """Of the outputs."""

    @property
    def grids(self) -> list[int]:
        """Cells a side of each grid."""
        return [math.ceil(self.side / 8 / 2**level) for level in range(5)]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Where the middle cell's square is, in input pixels."""
        left, top = self.side // 2 - WINDOW // 2 - SHIFT, self.side // 2 - WINDOW // 2
        return left, top, left + WINDOW, top + WINDOW

    @property
    def prior_side(self) -> int:
        """Of the grid that finds something; as YOLACT rounds it for other inputs than 550."""
        return int(SCALE * self.side / 550)

    def file(self) -> bytes:
        """The network's file."""
        graph = Graph()
        grid = self.grids[LEVEL]
        before = sum(side**2 for side in self.grids[:LEVEL]) * self.each
        after = sum(side**2 for side in self.grids[LEVEL + 1 :]) * self.each
        count = before + grid**2 * self.each + after
        deviation = np.array(RESNET.deviation).reshape(1, 3, 1, 1) / 255
        mean = np.array(RESNET.mean).reshape(1, 3, 1, 1) / 255
        scaled = graph.add("Mul", "image", graph.constant(deviation))
        picture = graph.add("Add", scaled, graph.constant(mean))

        gap = grid * WINDOW - self.side
        left, top = gap // 2 + SHIFT, gap // 2
        # Each prior of a cell has its own background, red and blue.
        kernels = np.zeros((3 * self.each, 3, WINDOW, WINDOW), np.float32)
        kernels[1:3] = colour_share(WINDOW, (0, 2), 20)
        bias = [0, -10, -10] + [0, -20, -20] * (self.each - 1)
        cells = graph.conv(picture, kernels, bias, pads=(top, left, gap - top, gap - left))
        last = graph.add("Transpose", cells, perm=[0, 2, 3, 1])
        rows = graph.add("Reshape", last, graph.constant([1, -1, 3], np.int64))
        nothing = [np.tile([0, -20, -20], (1, n, 1)) for n in (before, after)]
        scores = graph.add(
            "Concat", graph.constant(nothing[0]), rows, graph.constant(nothing[1]), axis=1
        )
        if self.softmax:
            scores = graph.add("Softmax", scores, axis=2)

        moves = np.zeros((1, count, 4), np.float32)
        shrink = math.log(WINDOW / self.prior_side) / 0.2
        mine = slice(before, before + grid**2 * self.each, self.each)
        moves[0, mine] = -SHIFT / (0.1 * self.prior_side), 0, shrink, shrink
        # Constants are added to what is 0 anyway: an engine may refuse outputs without an input.
        zero = graph.add("Mul", graph.add("ReduceMean", picture, keepdims=0), graph.constant(0.0))

        fine = math.ceil(self.side / 4)
        edge = fine * 4 - self.side
        kernels = np.zeros((len(COEFFICIENTS), 3, 4, 4), np.float32)
        kernels[0] = np.array([1, -1, 1], np.float32).reshape(3, 1, 1) / 16
        mask = graph.conv(
            picture,
            kernels * 40,
            [-20, 3, 0, 1, 2, 3],
            pads=(edge // 2, edge // 2, edge - edge // 2, edge - edge // 2),
        )
        if not self.channels_first:
            mask = graph.add("Transpose", mask, perm=[0, 2, 3, 1])
        k = len(COEFFICIENTS)
        mask_shape = (k, fine, fine) if self.channels_first else (fine, fine, k)
        tensors = [
            (graph.add("Add", graph.constant(moves), zero), (count, 4)),
            (scores, (count, 3)),
            (
                graph.add(
                    "Tanh",
                    graph.add("Add", graph.constant(np.tile(COEFFICIENTS, (1, count, 1))), zero),
                ),
                (count, k),
            ),
            (mask, mask_shape),
        ]
        if self.with_priors:
            tensors.append(
                (graph.add("Add", graph.constant(self.priors()), zero), (count, 4)),
            )
        outputs: dict[str, tuple[int, ...]] = {}
        for i in (place for place in self.order if place < len(tensors)):
            source, shape = tensors[i]
            batch = self.batch and i < 4
            if not self.batch and i < 4:
                source = graph.add("Squeeze", source, graph.constant([0], np.int64))
            graph.add("Identity", source, to=self.names[i])
            outputs[self.names[i]] = (1, *shape) if batch else shape
        return graph.file({"image": (1, 3, self.side, self.side)}, outputs)

    def priors(self) -> NDArray[np.float32]:
        """Centre and sides of all priors, one after the other as YOLACT's own loops go."""
        rows = []
        for level, grid in enumerate(self.grids):
            base = int(24 * 2**level * self.side / 550)
            for y in range(grid):
                for x in range(grid):
                    for step in range(self.each // 3):
                        for ratio in (1, 0.5, 2):
                            side = base * 2 ** (step / 3)
                            width = side * math.sqrt(ratio) / self.side
                            height = side / math.sqrt(ratio) / self.side
                            square = self.each == 3
                            rows.append(
                                (
                                    (x + 0.5) / grid,
                                    (y + 0.5) / grid,
                                    width,
                                    width if square else height,
                                )
                            )
        return np.array(rows, np.float32)
