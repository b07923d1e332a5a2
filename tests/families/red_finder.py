"""A YOLO segmentation network that finds what is red, with every weight set by hand.

Its input is 64x64. A cell of the 32-pixel grid that is red is an object as large as the cell;
the finer grids are there and find nothing. A mask is where the picture is red.
"""

import numpy as np
from numpy.typing import NDArray

from livesegment.families.yolo_seg import Layout
from tests.families.onnx_bytes import Array, Attribute, model, node

SIDE = 64
STRIDES = (8, 16, 32)
CELLS = sum((SIDE // stride) ** 2 for stride in STRIDES)
LABELS = ("red", "never")
PROTOTYPES = 2
GAIN = 1.2
"""Score of a cell that is red all over, before clipping."""


def red_finder(layout: Layout, *, fixed: bool = True) -> bytes:
    """The network's file; not `fixed`: as an export that takes any size."""
    classes, head = len(LABELS), 5 if layout is Layout.ROWS else 4
    channels = head + classes + PROTOTYPES
    nodes: list[bytes] = []
    weights: dict[str, Array] = {}

    def add(op: str, inputs: list[str], output: str, **attributes: Attribute) -> str:
        nodes.append(node(op, inputs, output, **attributes))
        return output

    def red_share(output: str, side: int, rows: dict[int, float], count: int) -> str:
        """A convolution: the share of red in squares of `side`, times a factor, in some rows."""
        kernel = np.zeros((count, 3, side, side), np.float32)
        for row, gain in rows.items():
            kernel[row] = np.array([gain, -gain, -gain])[:, None, None] / side**2
        weights[f"{output}.weight"] = kernel
        return add(
            "Conv",
            ["images", f"{output}.weight"],
            output,
            kernel_shape=[side, side],
            strides=[side, side],
        )

    weights["columns"] = np.array([1, channels, -1], np.int64)
    grids = []
    for stride in STRIDES:
        score = {head: GAIN} if stride == 32 else {}
        cells = red_share(f"grid{stride}", stride, score, channels)
        grids.append(add("Reshape", [cells, "columns"], f"flat{stride}"))
    scores = add("Concat", grids, "scores", axis=2)
    weights["cells"] = _cells(channels, head)
    predictions = add("Add", [scores, "cells"], "columns0")
    shape: tuple[int, ...] = (1, channels, CELLS)
    if layout is Layout.ROWS:
        rows = add("Transpose", [predictions], "rows", perm=[0, 2, 1])
        predictions = add("Concat", [rows] * 3, "rows0", axis=1)
        shape = (1, 3 * CELLS, channels)
    elif layout is Layout.FINAL:
        weights["nothing"] = np.zeros(1, np.float32)
        weights["final"] = _final()
        weights["one"] = np.array([1, 1, 1], np.int64)
        whole = red_share("whole", SIDE, {}, 1)
        zero = add("Mul", [add("Reshape", [whole, "one"], "mean"), "nothing"], "zero")
        predictions = add("Add", ["final", zero], "final0")
        shape = (1, 300, 6 + PROTOTYPES)
    red = red_share("red", 4, {0: 20}, PROTOTYPES)
    weights["bias"] = np.array([-10, 0], np.float32).reshape(1, PROTOTYPES, 1, 1)
    prototypes = add("Add", [red, "bias"], "prototypes")
    grid = SIDE // 4
    return model(
        {"images": (1, 3, SIDE, SIDE) if fixed else (1, 3, 0, 0)},
        {
            predictions: shape if fixed else (1, 0, 0),
            prototypes: (1, PROTOTYPES, grid, grid) if fixed else (1, PROTOTYPES, 0, 0),
        },
        nodes=nodes,
        initialisers=weights,
        metadata={"task": "segment", "names": str(dict(enumerate(LABELS))), "imgsz": "[64, 64]"},
    )


def _cells(channels: int, head: int) -> NDArray[np.float32]:
    """What the convolutions leave open: place and size of each cell, and the coefficients."""
    cells = np.zeros((1, channels, CELLS), np.float32)
    first = 0
    for stride in STRIDES:
        y, x = (np.indices((SIDE // stride, SIDE // stride)) + 0.5).reshape(2, -1) * stride
        cells[0, :4, first : first + len(x)] = (
            x,
            y,
            np.full(len(x), stride),
            np.full(len(x), stride),
        )
        first += len(x)
    if head == 5:
        cells[0, 4] = 1
    cells[0, -PROTOTYPES] = 1
    return cells


def _final() -> NDArray[np.float32]:
    """The answer for a red upper right quarter, whatever the picture."""
    rows = np.zeros((1, 300, 6 + PROTOTYPES), np.float32)
    rows[0, 0] = 32, 0, 64, 32, 0.9, 0, 1, 0
    return rows
