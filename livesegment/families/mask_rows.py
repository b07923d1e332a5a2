"""What a Mask R-CNN's last tensors say, whichever networks made them.

`detection_out_final` is (1, 1, n, 7), rows of [picture, class, score, x1, y1, x2, y2] in 0..1,
padded with zero rows; `detection_masks` is (n, classes, 15, 15) probabilities.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.errors import ModelError
from livesegment.families.base import Thresholds
from livesegment.families.normalisation import write_planes
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
from livesegment.network import Tensors

DETECTIONS = "detection_out_final"
MASKS = "detection_masks"
LEAST_SIDE = 16
"""Pixels; smaller pictures are enlarged: a convolution fails on less than its own padding."""


def fit_picture(
    image: Image, input_size: tuple[int, int] | None
) -> tuple[NDArray[np.float32], Letterbox]:
    """A picture as a tensor (1, 3, h, w), RGB, 0..255, fitted into a size, if one is set.

    No padding is needed.
    """
    height, width = image.shape[:2]
    fitted = Letterbox.fit((width, height), input_size or (width, height))
    sides = max(LEAST_SIDE, fitted.resized[0]), max(LEAST_SIDE, fitted.resized[1])
    letterbox = Letterbox((width, height), sides, sides, 0, 0)
    if letterbox.resized != letterbox.frame_size:
        resized = cv2.resize(image, letterbox.resized, interpolation=cv2.INTER_AREA)
        image = np.asarray(resized, np.uint8)
    tensor = np.empty((1, 3, sides[1], sides[0]), np.float32)
    write_planes(image, tensor[0])
    return tensor, letterbox


def kept_rows(tensors: Tensors, thresholds: Thresholds) -> NDArray[np.float32]:
    """Rows of the detections that pass, best first, (n, 7).

    Raises:
        ModelError: the detections are of another shape.
    """
    rows = tensors[DETECTIONS]
    if rows.ndim != 4 or rows.shape[3] != 7:
        raise ModelError(f"{DETECTIONS} must be (1, 1, n, 7), got {rows.shape}")
    rows = rows[0, 0]
    passes = (rows[:, 2] > thresholds.score) & thresholds.wanted(rows[:, 1].astype(np.int32))
    kept: NDArray[np.float32] = rows[passes]
    order = np.argsort(-kept[:, 2], kind="stable")[: thresholds.max_instances]
    return np.ascontiguousarray(kept[order])


def read_instances(tensors: Tensors, letterbox: Letterbox, thresholds: Thresholds) -> Instances:
    """Paste each mask at its box's unclipped place, then crop to the frame.

    Clipping the box first would squeeze the mask of an object that is half outside: a third
    of its overlap with the truth is lost.

    Args:
        tensors: with the detections, and the masks where there are any.
        letterbox: how the frame was fitted into the input.
        thresholds: those that the masks were made for.

    Raises:
        ModelError: the tensors are of another shape.
    """
    if MASKS not in tensors:
        return Instances.empty()
    rows, masks = kept_rows(tensors, thresholds), tensors[MASKS]
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
