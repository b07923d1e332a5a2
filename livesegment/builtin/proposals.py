"""The region proposal network: a flood fill tells every cell how far its shape reaches."""

import numpy as np

from livesegment.builtin.box_coding import BoxCoder
from livesegment.builtin.features import CHANNELS, COLOURS, FULL, STRIDE
from livesegment.builtin.graph_text import GraphBuilder

CELL = 2 * STRIDE
"""Pixels from one cell to the next here."""
FLOOD_STEPS = 40
"""Cells the flood can go: all cells know the whole of a shape of 320 pixels; of one of 640 pixels,
those in the middle do."""
FARTHEST = 512
"""Cells that are counted on each side of a cell: enough for 4096 pixels."""
MARGIN = 1
"""Cells that a proposal reaches beyond its shape on each side: the box head wants to see them."""
SMALLEST = 4
"""Cells that a shape must reach over in both directions."""
PRIOR = 64.0
"""Width and height of the priors in pixels; only the unit in which boxes are told."""
PROPOSALS = 64
"""Rows of `detection_out`."""
SIDES = 4
"""Left, right, above, below."""
KNOWN = SIDES * COLOURS + SIDES
"""Channels of what a cell knows: a colour's reach to each side, for each colour; then its place."""


def add_proposals(graph: GraphBuilder, features: str) -> str:
    """Add the network; returns `detection_out`, (1, 1, PROPOSALS, 7), a margin round each shape."""
    cells = graph.pool("Proposals/Cells", features, (2, 2), 2, op="AvgPool")
    counts = _add_counts(graph, cells)
    reach = _add_flood(graph, cells, counts)
    known = graph.concat("Proposals/Known", [reach, counts])
    return _add_boxes(graph, *_add_predictors(graph, known))


def _add_counts(graph: GraphBuilder, cells: str) -> str:
    """Add the number of cells on each of the four sides of a cell: where it is.

    A picture of ones is convolved with a row of ones that ends before the middle. Outside of the
    picture there are zeros, so the sum is the number of cells on that side.
    """
    ones = graph.convolution("Proposals/Ones", cells, np.zeros((1, 1, CHANNELS, 2)), [1, 1])
    before_after = np.zeros((2 * FARTHEST + 1, 2, 1))
    before_after[:FARTHEST, 0] = 1
    before_after[FARTHEST + 1 :, 1] = 1
    # Depthwise, each channel its own kernel: OpenCV is ten times as quick at so long ones.
    across, down = (
        graph.convolution(name, ones, kernel, [0, 0], op="DepthwiseConv2dNative")
        for name, kernel in (
            ("Proposals/Across", before_after[None]),
            ("Proposals/Down", before_after[:, None]),
        )
    )
    return graph.concat("Proposals/Counts", [across, down])


def _add_flood(graph: GraphBuilder, cells: str, counts: str) -> str:
    """Add the flood fill; returns four channels a colour, how far the shape reaches to each side.

    A layer starts as a ramp that rises by 1 a cell towards its side, 0 outside of the colour. In a
    step every cell of the colour takes the largest value among its neighbours. In the end all
    cells of a shape hold the value of its outermost cell; less a cell's own place on the ramp,
    that is its distance to the end of the shape.
    """
    # Exactly 1 for cover above 0.35, exactly 0 below, but for a sliver between, where the sigmoid
    # is not yet flat: a value between would shrink the ramp.
    gates = np.zeros((1, 1, CHANNELS, COLOURS, SIDES))
    ramps = np.zeros((1, 1, SIDES, COLOURS, SIDES))
    for colour in range(COLOURS):
        gates[0, 0, colour, colour] = 4000 / FULL
    for side, opposite in enumerate((1, 0, 3, 2)):
        ramps[0, 0, opposite, :, side] = 1  # rising to the left: the count at the right
    layers = COLOURS * SIDES
    inside = graph.convolution(
        "Proposals/Inside",
        cells,
        gates.reshape(1, 1, CHANNELS, layers),
        [-4000 * 0.35] * layers,
        activation="Sigmoid",
    )
    ramp = graph.convolution(
        "Proposals/Ramp", counts, ramps.reshape(1, 1, SIDES, layers), [1] * layers
    )
    reach = graph.node("Proposals/Flood_0", "Mul", [ramp, inside])
    for step in range(1, FLOOD_STEPS + 1):
        spread = graph.pool(f"Proposals/Spread_{step}", reach, (3, 3))
        reach = graph.node(f"Proposals/Flood_{step}", "Mul", [spread, inside])
    return reach


def _add_predictors(graph: GraphBuilder, known: str) -> tuple[str, str]:
    """Add what each cell says of the shape it is part of: box encodings and class logits.

    A shape's width is the reach to both sides less the cells of the whole row: the cell's place is
    in both, from either side, but itself it is counted twice. The way to the shape's middle is half
    the difference of both distances, reach less place.
    """
    sizes = np.zeros((KNOWN + 1, COLOURS, 2))
    shifts = np.zeros((KNOWN, COLOURS, 2))
    for colour in range(COLOURS):
        for axis in range(2):
            reach = SIDES * colour + 2 * axis + np.arange(2)
            place = SIDES * COLOURS + 2 * axis + np.arange(2)
            sizes[reach, colour, axis] = 1
            sizes[place, colour, axis] = -1
            sizes[-1, colour, axis] = -1
            # A reach to the left was counted from the right, so it goes with the count there.
            shifts[reach, colour, axis] = -0.5, 0.5
            shifts[place, colour, axis] = -0.5, 0.5
    coder = BoxCoder(
        knots=(SMALLEST - 1, SMALLEST, 6, 9, 13, 18, 25, 34, 48, 64),
        unit=CELL / PRIOR,
        margin=2 * MARGIN,
    )
    names = ("FirstStage/Conv", "FirstStageBoxPredictor/BoxEncodingPredictor")
    hidden, encodings = coder.add(graph, names, known, sizes, shifts)

    # The first two hidden units differ by 1 if the size is SMALLEST or more, and are both 0 if it
    # is less: 7 points across and 7 down, and 10 are needed. A little is added for size: of two
    # boxes of one shape, the larger has seen more of it.
    scores = np.zeros((COLOURS, 2, coder.units, COLOURS, 2))
    for colour in range(COLOURS):
        scores[colour, :, :2, colour, 1] = 7.02, -7
    logits = graph.convolution(
        "FirstStageBoxPredictor/ClassPredictor",
        hidden,
        scores.reshape(1, 1, -1, COLOURS * 2),
        [0, -10] * COLOURS,
    )
    return encodings, logits


def _add_boxes(graph: GraphBuilder, encodings: str, logits: str) -> str:
    """Add the priors, three a cell for the three colours, and the choice among the boxes."""
    predictor = "FirstStageBoxPredictor/ClassPredictor"
    pairs = graph.reshape(f"{predictor}/pairs", logits, [0, -1, 2])
    shares = graph.node(f"{predictor}/softmax", "Softmax", [pairs], axis=-1)
    # Two feature cells, of pixels 8 i - 2 to 8 i + 6, make one here: its middle is 8 (i + 1/4).
    priors = graph.node(
        "proposals",
        "PriorBox",
        [encodings, "image_tensor"],
        width=[PRIOR] * COLOURS,
        height=[PRIOR] * COLOURS,
        step=float(CELL),
        offset=0.25,
        variance=[1.0] * 4,
        flip=False,
        clip=False,
    )
    return graph.node(
        "detection_out",
        "DetectionOutput",
        [
            graph.node("FirstStageBoxPredictor/boxes", "Flatten", [encodings]),
            graph.node("FirstStageBoxPredictor/scores", "Flatten", [shares]),
            priors,
        ],
        num_classes=2,
        background_label_id=0,
        share_location=True,
        code_type="CENTER_SIZE",
        confidence_threshold=0.5,
        nms_threshold=0.7,
        top_k=6000,
        keep_top_k=PROPOSALS,
        clip=True,
    )
