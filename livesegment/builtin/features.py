"""The backbone: how much of a cell each colour covers, and where the picture ends."""

import numpy as np

from livesegment.builtin.graph_text import GraphBuilder

COLOURS = 3
"""Red, green and blue are the first channels of the features, in this order."""
ENDS = (3, 4)
"""Channels that are `FULL` in the first and last column, and in the first and last row."""
CHANNELS = 5
FULL = 6.0
"""The feature of a cell that its colour covers: Relu6 cuts off there. Cover is feature / 6."""
STRIDE = 4
"""Pixels from one cell to the next."""


def add_features(graph: GraphBuilder, image: str) -> str:
    """Add the backbone to the graph; its input is (1, height, width, 3), RGB, 0..255.

    Cell i is centred at pixel 4 i, so the first and the last cells lie on the picture's edges.
    That is how CropAndResize sees it: 0 is the centre of the first cell, 1 that of the last.
    """
    scaled = graph.node(
        "Preprocessor/mul", "Mul", [image, graph.floats("Preprocessor/mul/x", 1 / 255)]
    )
    # Half of an outer cell lies outside of the picture; a mirror image there keeps its colour.
    paddings = graph.integers("Features/Pad/paddings", [[0, 0], [2, 2], [2, 2], [0, 0]])
    padded = graph.node("Features/Pad", "MirrorPad", [scaled, paddings], mode="REFLECT")

    # Means over 4x4 pixels of four differences of colours, cut off at 0; and a 1.
    differences = np.zeros((STRIDE, STRIDE, 3, 5))
    for channel, (more, less) in enumerate([("R", "G"), ("G", "R"), ("B", "R"), ("B", "G")]):
        differences[:, :, "RGB".index(more), channel] = 1 / STRIDE**2
        differences[:, :, "RGB".index(less), channel] = -1 / STRIDE**2
    means = graph.convolution(
        "Features/Differences",
        padded,
        differences,
        [0, 0, 0, 0, 1],
        activation="Relu",
        stride=STRIDE,
        padding="VALID",
    )

    # The lead of a colour over the stronger of the other two. R - max(G, B) is [R-G]+ - [B-G]+
    # where R is ahead of G; elsewhere that is not above 0, as it should be. Cover is 0 up to a lead
    # of 45/255, 1/2 at 80/255, 1 from 115/255 on. Paint leads by about 180/255, so a cell that is
    # half paint and half grey is about half covered; skin and wood mostly stay below 80/255.
    cover = np.zeros((3, 3, 5, CHANNELS))
    for colour, (plus, minus) in enumerate([(0, 3), (1, 2), (2, 1)]):
        cover[1, 1, plus, colour] = FULL * 255 / 70
        cover[1, 1, minus, colour] = -FULL * 255 / 70
    # Three neighbouring ones add up to 3, but to 2 at the end: the convolution pads with zeros.
    across, down = ENDS
    cover[1, :, 4, across] = -FULL
    cover[:, 1, 4, down] = -FULL
    biases = [-FULL * 45 / 70] * COLOURS + [3 * FULL] * 2
    return graph.convolution("Features/Cover", means, cover, biases, activation="Relu6")
