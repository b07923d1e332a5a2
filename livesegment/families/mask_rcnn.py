"""Mask R-CNN of the TensorFlow Object Detection API, as OpenCV's DNN module runs it.

The graph ends in `detection_out_final`, (1, 1, n, 7) rows of [picture, class, score, x1, y1, x2,
y2] in 0..1, padded with zero rows, and `detection_masks`, (n, classes, 15, 15) probabilities.
The mask head makes a mask for every row, padding included, and is most of the cost; so the graph
is cut behind the detections, and the second part runs for the rows that are kept. Nothing else
changes: boxes, scores and masks are the same bits.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.errors import ModelError
from livesegment.families.base import Thresholds
from livesegment.families.protobuf import messages
from livesegment.families.text_graph import TextGraph
from livesegment.frame import Image
from livesegment.geometry import (
    Letterbox,
    clip_boxes,
    has_area,
    pixel_centres,
    pixel_regions,
    resample,
)
from livesegment.instances import Instances, Mask
from livesegment.network import Format, Network, Tensors

DETECTIONS = "detection_out_final"
MASKS = "detection_masks"
LEAST_SIDE = 16
"""Pixels; smaller pictures are enlarged: a convolution fails on less than its own padding."""


class MaskRcnn:
    """Mask R-CNN from a frozen graph and its text graph; see `Family`."""

    def __init__(
        self,
        weights: bytes,
        graph: str,
        labels: Sequence[str],
        *,
        name: str,
        input_size: tuple[int, int] | None = None,
    ) -> None:
        _check_frozen_graph(weights, name)
        self.labels = tuple(labels)
        self._input_size = input_size
        try:
            whole = TextGraph.parse(graph)
        except ValueError as error:
            raise ModelError(f"{name}: the text graph cannot be read: {error}") from error
        if DETECTIONS not in whole or MASKS not in whole:
            raise ModelError(
                f"{name}: the text graph has no {DETECTIONS} and {MASKS}: it is no Mask R-CNN"
            )
        branch = whole.downstream(DETECTIONS)
        features = whole.inputs_of(branch) - {DETECTIONS}
        if MASKS not in branch or len(features) != 1:
            raise ModelError(f"{name}: the masks are not made from the detections in this graph")
        self._features = features.pop()
        # The channel count of the placeholder is not read by OpenCV's importer: any will do.
        inputs = {self._features: ("features", (-1,) * 4), DETECTIONS: ("rois", (-1, -1, -1, 7))}
        self.networks = (
            Network(
                name=name,
                format=Format.TENSORFLOW,
                weights=weights,
                graph=whole.without(branch),
                outputs=(DETECTIONS, self._features),
            ),
            Network(
                name=f"{name}, mask branch",
                format=Format.TENSORFLOW,
                weights=weights,
                graph=whole.branch(branch, inputs),
                outputs=(MASKS,),
            ),
        )

    def prepare(self, image: Image) -> tuple[Tensors, Letterbox]:
        """Fit the picture into the input size, if one is set; no padding is needed."""
        height, width = image.shape[:2]
        fitted = Letterbox.fit((width, height), self._input_size or (width, height))
        sides = max(LEAST_SIDE, fitted.resized[0]), max(LEAST_SIDE, fitted.resized[1])
        letterbox = Letterbox((width, height), sides, sides, 0, 0)
        if letterbox.resized != letterbox.frame_size:
            resized = cv2.resize(image, letterbox.resized, interpolation=cv2.INTER_AREA)
            image = np.asarray(resized, np.uint8)
        blob = cv2.dnn.blobFromImage(image, swapRB=True)
        return {"image_tensor": np.asarray(blob, np.float32)}, letterbox

    def relay(self, tensors: Tensors, thresholds: Thresholds) -> Tensors | None:
        """The features, and the detections that are worth a mask."""
        rows = self._kept(tensors, thresholds)
        if not len(rows):
            return None
        return {"features": tensors[self._features], "rois": rows[None, None]}

    def decode(self, tensors: Tensors, letterbox: Letterbox, thresholds: Thresholds) -> Instances:
        """Paste each mask at its box's unclipped place, then crop to the frame.

        Clipping the box first would squeeze the mask of an object that is half outside: a third
        of its overlap with the truth is lost.
        """
        if MASKS not in tensors:
            return Instances.empty()
        rows, masks = self._kept(tensors, thresholds), tensors[MASKS]
        if masks.ndim != 4:
            raise ModelError(f"{MASKS} must be (n, classes, h, w), got {masks.shape}")
        if len(rows) != len(masks):
            raise ModelError(f"{len(masks)} masks came for {len(rows)} detections")
        class_ids = rows[:, 1].astype(np.int32)
        if class_ids.max(initial=0) >= masks.shape[1]:
            raise ModelError(f"class {class_ids.max()} found, masks are for {masks.shape[1]}")
        pasted = letterbox.to_frame(
            rows[:, 3:] * np.array([*letterbox.input_size, *letterbox.input_size], np.float32)
        )
        boxes = clip_boxes(pasted, letterbox.frame_size)
        kept = np.flatnonzero(has_area(boxes))
        return Instances.from_rows(
            boxes[kept],
            rows[kept, 2],
            class_ids[kept],
            [
                paste_mask(masks[i, class_ids[i]], pasted[i], boxes[i], thresholds.mask)
                for i in kept.tolist()
            ],
        )

    @staticmethod
    def _kept(tensors: Tensors, thresholds: Thresholds) -> NDArray[np.float32]:
        """Rows of the detections that pass, best first, (n, 7)."""
        rows = tensors[DETECTIONS]
        if rows.ndim != 4 or rows.shape[3] != 7:
            raise ModelError(f"{DETECTIONS} must be (1, 1, n, 7), got {rows.shape}")
        rows = rows[0, 0]
        passes = (rows[:, 2] > thresholds.score) & thresholds.wanted(rows[:, 1].astype(np.int32))
        kept: NDArray[np.float32] = rows[passes]
        order = np.argsort(-kept[:, 2], kind="stable")[: thresholds.max_instances]
        return np.ascontiguousarray(kept[order])


def paste_mask(
    mask: NDArray[np.float32],
    box: NDArray[np.float32],
    clipped: NDArray[np.float32],
    threshold: float,
) -> Mask:
    """A small mask spread over its box, thresholded, cut to the frame.

    Args:
        mask: (h, w) probabilities.
        box: (4,) x1, y1, x2, y2 in frame pixels, as predicted, perhaps outside of the frame.
        clipped: (4,) the same cut to the frame.
        threshold: 0..1.

    Returns:
        A mask of the pixels that `clipped` touches.
    """
    height, width = mask.shape
    x1, y1, x2, y2 = pixel_regions(clipped[None])[0].tolist()
    left, top, right, bottom = box.astype(np.float64).tolist()
    xs = (pixel_centres(x1, x2) - left) * (width / max(right - left, 1e-6))
    ys = (pixel_centres(y1, y2) - top) * (height / max(bottom - top, 1e-6))
    return resample(mask, ys, xs) > threshold


def _check_frozen_graph(weights: bytes, name: str) -> None:
    """Look at the outside of a frozen graph: OpenCV 5 crashes on a text file.

    Raises:
        ModelError: the bytes are no GraphDef with nodes.
    """
    if weights.startswith(b"version https://git-lfs"):
        raise ModelError(
            f"{name} is a Git LFS pointer, not the weights", hint="fetch it with: git lfs pull"
        )
    try:
        nodes = sum(1 for _ in messages(memoryview(weights), 1))
    except ValueError as error:
        raise ModelError(
            f"{name} is damaged or no TensorFlow graph: {error}",
            hint="fetch the file again: it may have been cut off",
        ) from error
    if nodes == 0:
        raise ModelError(f"{name} is empty: a TensorFlow graph with nodes is needed")
