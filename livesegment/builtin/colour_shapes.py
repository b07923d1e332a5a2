"""A Mask R-CNN that finds saturated red, green and blue shapes; every weight is set by hand.

It has the parts and the outputs of a Mask R-CNN of TensorFlow's Object Detection API, but each of
its weights has a meaning, so what it has to find in a drawn picture is known beforehand.

1. Features, one cell every 4 pixels: how much of the cell each colour covers.
2. Proposals, one cell every 8 pixels: a flood fill tells every cell of a shape how far that shape
   reaches to each side, which makes a box of every cell, the same for all cells of a shape.
3. Box head: in a crop of the features, the run of colour from the middle outwards gives the box
   to about a pixel, and tells a shape that ends inside of the crop from one that goes on.
4. Mask head: the cover by each colour in a second crop, made for the refined box.
"""

import numpy as np

from livesegment.builtin.box_head import add_detections
from livesegment.builtin.features import CHANNELS, COLOURS, FULL, add_features
from livesegment.builtin.graph_text import GraphBuilder
from livesegment.builtin.proposals import add_proposals

LABELS = ("red", "green", "blue")
"""What the class ids 0, 1, 2 stand for."""
MASK = 15
"""Samples along a side of a mask."""


def build() -> tuple[bytes, str]:
    """Make the network; the same bytes at each call.

    Its input `image_tensor` is (1, 3, height, width), RGB, 0..255, from 3x3 on. It returns
    `detection_out_final`, (1, 1, 32, 7) rows of [0, class, score, x1, y1, x2, y2], corners in
    0..1, zeros behind the last; and `detection_masks`, (32, 3, 15, 15) probabilities.

    Shapes of 30 to 500 pixels are found, painted so that one of red, green and blue is ahead of the
    others by 120 of 255 or more. Shapes of one colour are told apart if 12 pixels lie between.

    Returns:
        The frozen graph and the text graph that `cv2.dnn.readNetFromTensorflow` reads.
    """
    graph = GraphBuilder()
    features = add_features(graph, graph.placeholder("image_tensor", 3))
    detections = add_detections(graph, features, add_proposals(graph, features))
    _add_masks(graph, features, detections)
    return graph.frozen(), graph.text()


def _add_masks(graph: GraphBuilder, features: str, detections: str) -> str:
    """Add the mask head; returns `detection_masks`, (DETECTIONS, COLOURS, MASK, MASK).

    A mask's samples are the middles of 15 equal parts of the box, at 1/30, 3/30 ... 29/30 of it.
    A crop's samples lie on the box's edges too, at 0/30, 1/30 ... 30/30 for 31 of them: every
    second one is the middle of a part. Weights 1 2 1 in both directions take in its surroundings.
    """
    side = 2 * MASK + 1
    size = graph.integers("CropAndResize_1/crop_size", [side, side])
    crops = graph.node(
        "CropAndResize_1",
        "CropAndResize",
        [features, detections, size],
        method="bilinear",
        extrapolation_value=0.0,
    )
    # Logits 8 (cover - 1/2): near the outline a probability is about the cover, so that it can be
    # interpolated and cut at 1/2; steeper ones would make steps of the outline.
    tent = np.outer([1, 2, 1], [1, 2, 1]) / 16
    weights = np.zeros((3, 3, CHANNELS, COLOURS))
    for colour in range(COLOURS):
        weights[:, :, colour, colour] = 8 / FULL * tent
    logits = graph.convolution(
        "SecondStageBoxPredictor_1/Conv",
        crops,
        weights,
        [-4] * COLOURS,
        stride=2,
        padding="VALID",
    )
    return graph.node("detection_masks", "Sigmoid", [logits])
