"""The second stage: which colour's shape a proposal holds, and where it ends to about a pixel."""

import numpy as np
from numpy.typing import NDArray

from livesegment.builtin.box_coding import BoxCoder
from livesegment.builtin.features import CHANNELS, COLOURS, ENDS, FULL
from livesegment.builtin.graph_text import GraphBuilder

CROP = 32
"""Samples along a side of a proposal's crop."""
HALF = CROP // 2
DETECTIONS = 32
"""Rows of `detection_out_final`."""
UNITS = COLOURS * 2 * (HALF + 1) + 1
"""Hidden units an axis: for each colour and direction the runs and a touch, and one guard."""


def add_detections(graph: GraphBuilder, features: str, proposals: str) -> str:
    """Add the box head; returns `detection_out_final`, (1, 1, DETECTIONS, 7)."""
    size = graph.integers("CropAndResize/crop_size", [CROP, CROP])
    crops = graph.node(
        "CropAndResize",
        "CropAndResize",
        [features, proposals, size],
        method="bilinear",
        extrapolation_value=0.0,
    )
    # Cover of a column is that of its fullest sample, and of a row likewise.
    columns = graph.pool("SecondStage/Columns", crops, (CROP, 1), padding="VALID")
    rows = graph.pool("SecondStage/Rows", crops, (1, CROP), padding="VALID")
    across, biases = _runs(ENDS[0])
    down, _ = _runs(ENDS[1])
    hidden = graph.concat(
        "SecondStage/Runs",
        [
            graph.convolution(name, profile, weights, biases, activation="Relu", padding="VALID")
            for name, profile, weights in (
                ("SecondStage/Across", columns, across[None]),
                ("SecondStage/Down", rows, down[:, None]),
            )
        ],
    )
    scores = _add_scores(graph, hidden)
    boxes = _add_boxes(graph, hidden)
    corners = graph.node(
        "detection_out/slice",
        "Slice",
        [
            proposals,
            graph.integers("detection_out/slice/begins", [0, 0, 0, 3]),
            graph.integers("detection_out/slice/sizes", [-1, -1, -1, 4]),
        ],
    )
    return graph.node(
        "detection_out_final",
        "DetectionOutput",
        [boxes, scores, graph.reshape("detection_out/corners", corners, [1, 1, -1])],
        num_classes=COLOURS,
        background_label_id=COLOURS + 1,  # none of those that are left
        share_location=False,
        variance_encoded_in_target=True,
        code_type="CENTER_SIZE",
        confidence_threshold=0.3,
        nms_threshold=0.5,
        keep_top_k=DETECTIONS,
        group_by_classes=False,
        clip=True,
    )


def _runs(end: int) -> tuple[NDArray[np.float64], list[float]]:
    """Weights (CROP, CHANNELS, UNITS) and biases that find how far colour runs from the middle.

    Unit d of a direction is max(1 - gaps, 0), where gaps is the sum of (1 - cover) of the d + 1
    samples next to the middle: 1 as long as all of them are covered, 0 behind the first gap. Their
    sum is the length of the run, in samples; a half-covered sample counts half. What other shape of
    the colour may lie behind a gap does not matter.

    The touch is the outermost run once more, but 0 where the crop ends with the picture: it tells
    a shape that goes on outside of the crop. The guard is 1 if the middle of the crop is the end
    of the picture: then the crop is one of the empty rows of the proposals.
    """
    weights = np.zeros((CROP, CHANNELS, UNITS))
    biases = np.zeros(UNITS)
    unit = 0
    for colour in range(COLOURS):
        for outwards in (range(HALF - 1, -1, -1), range(HALF, CROP)):
            for length in range(1, HALF + 1):
                weights[outwards[:length], colour, unit] = 1 / FULL
                biases[unit] = 1 - length
                unit += 1
            weights[outwards, colour, unit] = 1 / FULL
            weights[outwards[-1], end, unit] = -1 / FULL
            biases[unit] = 1 - HALF
            unit += 1
    weights[HALF, end, unit] = 1 / FULL
    return weights, biases.tolist()


def _add_scores(graph: GraphBuilder, hidden: str) -> str:
    """Add a softmax over no shape, red, green and blue; returns scores (1, proposals * COLOURS).

    The colour a proposal was made for runs at least three samples from the middle in all four
    directions, over most of the crop, and stops before its ends; any other colour there is smaller
    or goes on outside. So there are 10 points a direction for the three samples, 6 for the width
    and 6 for the height, as shares of the crop; 41 are needed, and a touch costs 4. A whole shape
    has a logit of about 8, one that touches once, because a neighbour of its colour is close, 5;
    no shape has 0.
    """
    weights = np.zeros((2, UNITS, 1 + COLOURS))
    by_colour = np.zeros((2, COLOURS, 2, HALF + 1, COLOURS))
    for colour in range(COLOURS):
        by_colour[:, colour, :, :HALF, colour] = 6 / CROP
        by_colour[:, colour, :, 2, colour] += 10
        by_colour[:, colour, :, HALF, colour] = -4
    weights[:, :-1, 1:] = by_colour.reshape(2, -1, COLOURS)
    weights[:, -1, 1:] = -100
    logits = graph.convolution(
        "SecondStageBoxPredictor/ClassPredictor",
        hidden,
        weights.reshape(1, 1, 2 * UNITS, -1),
        [0] + [-41] * COLOURS,
    )
    rows = graph.reshape("SecondStageBoxPredictor/logits", logits, [-1, 1, 1 + COLOURS])
    shares = graph.node("SecondStageBoxPredictor/softmax", "Softmax", [rows], axis=-1)
    colours = graph.node(
        "SecondStageBoxPredictor/colours",
        "Slice",
        [
            shares,
            graph.integers("SecondStageBoxPredictor/colours/begins", [0, 0, 1]),
            graph.integers("SecondStageBoxPredictor/colours/sizes", [-1, -1, -1]),
        ],
    )
    return graph.reshape("SecondStageBoxPredictor/scores", colours, [1, -1])


def _add_boxes(graph: GraphBuilder, hidden: str) -> str:
    """Add the refinement of the proposals, for each colour; returns (1, proposals * COLOURS * 4).

    The new size is the sum of both runs, and the middle moves by half of their difference. Samples
    are 1 / (CROP - 1) of the crop apart, and a run ends half a sample behind its last one.
    """
    sizes = np.zeros((2, UNITS, COLOURS, 2))
    shifts = np.zeros((2, UNITS, COLOURS, 2))
    for axis in range(2):
        by_colour = np.arange(UNITS - 1).reshape(COLOURS, 2, HALF + 1)[:, :, :HALF]
        for colour, (before, after) in enumerate(by_colour):
            sizes[axis, before, colour, axis] = sizes[axis, after, colour, axis] = 1
            shifts[axis, before, colour, axis] = -0.5
            shifts[axis, after, colour, axis] = 0.5
    coder = BoxCoder(knots=(4, 6, 8, 11, 14, 17, 20, 24, 28, 32), unit=1 / (CROP - 1))
    names = ("SecondStage/Sizes", "SecondStageBoxPredictor/BoxEncodingPredictor")
    _, encodings = coder.add(
        graph,
        names,
        hidden,
        np.concatenate([sizes.reshape(-1, COLOURS, 2), np.zeros((1, COLOURS, 2))]),
        shifts.reshape(-1, COLOURS, 2),
    )
    return graph.reshape("SecondStageBoxPredictor/boxes", encodings, [1, -1])
