"""Mask R-CNN of the TensorFlow Object Detection API, rebuilt as three ONNX networks.

Between them the boxes are chosen, with numpy, as OpenCV's layers would: proposals, detections, and
those detections that are worth a mask. The numbers are those of `MaskRcnn`, many times as fast.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livesegment.errors import ModelError
from livesegment.families.base import Thresholds
from livesegment.families.mask_rows import (
    DETECTIONS,
    MASKS,
    fit_picture,
    kept_rows,
    read_instances,
)
from livesegment.families.rebuild.mask_rcnn_graph import MaskRcnnGraph
from livesegment.frame import Image
from livesegment.geometry import Letterbox
from livesegment.instances import Instances
from livesegment.network import Network, Tensors

Floats = NDArray[np.float32]


class RebuiltMaskRcnn:
    """Mask R-CNN on ONNX engines; see `Family`."""

    def __init__(
        self,
        graph: MaskRcnnGraph,
        networks: Sequence[Network],
        labels: Sequence[str],
        *,
        input_size: tuple[int, int] | None = None,
        proposals: int | None = None,
    ) -> None:
        """Take a graph and its networks.

        Args:
            graph: what goes on between the networks.
            networks: as the graph gives them.
            labels: class names.
            input_size: (width, height) that pictures are fitted into; None: as they are.
            proposals: lossy: so many boxes are looked at closely instead of the graph's own number.
        """
        self.labels = tuple(labels)
        self.networks = tuple(networks)
        self.graph = graph
        self._input_size = input_size
        self._choice = graph.proposal_choice.keeping(proposals or graph.proposal_choice.rows)

    def prepare(self, image: Image) -> tuple[Tensors, Letterbox]:
        """Fit the picture into the input size, if one is set; no padding is needed."""
        tensor, letterbox = fit_picture(image, self._input_size)
        return {self.graph.image: tensor}, letterbox

    def relay(self, tensors: Tensors, thresholds: Thresholds) -> Tensors | None:
        """Boxes for the second network; detections that are worth a mask for the third."""
        if MASKS in tensors:
            return None
        graph = self.graph
        features = tensors[graph.features]
        if graph.proposals not in tensors:
            return self.box_inputs(features, self.proposals(tensors))
        detections = {DETECTIONS: self.detections(tensors)}
        kept = kept_rows(detections, thresholds)
        if not len(kept):
            return None
        return {**self.mask_inputs(features, kept), **detections}

    def decode(self, tensors: Tensors, letterbox: Letterbox, thresholds: Thresholds) -> Instances:
        """Paste the masks; see `read_instances`."""
        return read_instances(tensors, letterbox, thresholds)

    def box_inputs(self, features: Floats, proposals: Floats) -> Tensors:
        """What the second network takes: (1, c, h, w) features, and proposals (1, 1, n, 7)."""
        crops = samples(proposals[0, 0, :, 3:], features.shape, self.graph.box_crop)
        return {self.graph.features: features, self.graph.proposals: proposals, **crops}

    def mask_inputs(self, features: Floats, rows: Floats) -> Tensors:
        """What the third network takes: (1, c, h, w) features, and detections (n, 7)."""
        crops = samples(rows[:, 3:], features.shape, self.graph.mask_crop)
        return {self.graph.features: features, **crops}

    def proposals(self, tensors: Tensors) -> Floats:
        """What OpenCV's first DetectionOutput makes of the first network's tensors.

        Returns:
            (1, 1, n, 7) rows of [0, class, score, x1, y1, x2, y2].

        Raises:
            ModelError: the tensors do not go together.
        """
        graph = self.graph
        encodings, scores = (tensors[name] for name in graph.proposal_tensors)
        (rows, columns), (height, width) = (
            tensors[name].shape[2:] for name in (graph.cells, graph.image)
        )
        boxes = graph.priors.boxes((rows, columns), (height, width))
        try:
            return self._choice.detections(encodings, scores, boxes, graph.priors.variances)
        except ValueError as error:
            raise ModelError(f"{graph.name}: {error}") from error

    def detections(self, tensors: Tensors) -> Floats:
        """What OpenCV's last DetectionOutput makes of the second network's tensors.

        Returns:
            (1, 1, n, 7) rows, as the proposals.

        Raises:
            ModelError: the tensors do not go together.
        """
        graph = self.graph
        encodings, scores = (tensors[name] for name in graph.detection_tensors)
        boxes = tensors[graph.proposals][0, 0, :, 3:]
        try:
            return graph.detection_choice.detections(encodings, scores, boxes)
        except ValueError as error:
            raise ModelError(f"{graph.name}: {error}") from error


def samples(boxes: Floats, features: Sequence[int], crop: tuple[int, int]) -> dict[str, Floats]:
    """Where crops take their samples, for either way of taking them.

    TensorFlow's crop_and_resize samples evenly from edge to edge of a box, 0 being the centre of
    the first cell and 1 that of the last. RoiAlign samples the middles of equal parts, and calls
    the centre of the first cell 1/2; so its boxes reach half a sample beyond the edges.

    Args:
        boxes: (n, 4) corners x1, y1, x2, y2 in 0..1.
        features: shape (1, channels, height, width) of what is cropped.
        crop: (height, width) of a crop, in samples.

    Returns:
        `rois`, (n, 4) boxes for RoiAlign in cells; `grid`, (1, n * height, width, 2) places x, y
        for GridSample in -1..1, the crops one below the other.
    """
    height, width = (np.float32(side - 1) for side in features[2:])
    last = np.array([crop[1] - 1, crop[0] - 1], np.float32)
    spans = np.array([width, height], np.float32)
    low, steps = boxes[:, :2] * spans, (boxes[:, 2:] - boxes[:, :2]) * spans / last
    first = low - steps / 2 + np.float32(0.5)
    rois = np.concatenate((first, first + steps * (last + 1)), axis=1)
    # A side of one cell has no distance to be measured in.
    scale = np.float32(2) / np.maximum(spans, 1)
    grid = np.empty((len(boxes), *crop, 2), np.float32)
    for axis, count in ((0, crop[1]), (1, crop[0])):
        index = np.arange(count, dtype=np.float32)
        places = (low[:, axis, None] + index * steps[:, axis, None]) * scale[axis] - np.float32(1)
        grid[..., axis] = places[:, None, :] if axis == 0 else places[:, :, None]
    return {"rois": rois, "grid": grid.reshape(1, -1, crop[1], 2)}
