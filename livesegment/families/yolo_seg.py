"""YOLO segmentation networks (YOLOv5, v8, v9, 11 and 26, `-seg`) exported to ONNX.

Two outputs, found by their shapes: predictions (1, a, b), a row or column a candidate, and
prototypes (1, k, h, w). A mask is the sum of the prototypes weighted by the candidate's k
coefficients; as logits it is enlarged inside its box, and thresholded last.

Source: ultralytics/nn/modules/head.py and engine/exporter.py, read at 8.4.190. YOLO26 has two heads
there: the export takes the one with overlapping candidates, or with nms=False the one without.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.errors import ModelError
from livesegment.families.base import Thresholds
from livesegment.families.normalisation import write_planes
from livesegment.families.onnx_header import OnnxHeader
from livesegment.families.single_onnx import read_header
from livesegment.families.yolo_header import (
    EXPORT_HINT,
    STRIDES,
    class_names,
    output_names,
)
from livesegment.families.yolo_header import input_size as read_input_size
from livesegment.frame import Image
from livesegment.geometry import (
    Letterbox,
    clip_boxes,
    has_area,
    non_maximum_suppression,
    pixel_centres,
    pixel_regions,
    resample,
)
from livesegment.instances import Instances, Mask
from livesegment.network import Format, Network, Tensors

PAD = 114
"""Grey of the letterbox, as the networks were trained with."""
MOST_CLASSES = 1 << 16
"""Where a file does not say how many it has."""


def recognises(header: OnnxHeader) -> str:
    """What tells this family by a file's header, as half a sentence; empty: another family."""
    by_sides = {len(shape): shape for shape in header.outputs.values()}
    if len(header.outputs) != 2 or set(by_sides) != {3, 4}:
        return ""
    return "the predictions and prototypes among its outputs"


class Layout(Enum):
    """How candidates are laid out in the predictions."""

    COLUMNS = "columns"
    """YOLOv8, v9, 11: (1, 4 + classes + k, n): centre x, y, width, height, class scores, k."""
    ROWS = "rows"
    """YOLOv5: (1, n, 5 + classes + k): as above with an objectness before the class scores."""
    FINAL = "final"
    """YOLO26's head without NMS, and exports with NMS inside: (1, n, 6 + k): x1, y1, x2, y2, score,
    class, k. n is `max_det`, 300 unless asked otherwise, or all candidates if they are fewer."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What passed the score threshold, in input pixels."""

    boxes: NDArray[np.float32]
    """(n, 4) x1, y1, x2, y2."""
    scores: NDArray[np.float32]
    class_ids: NDArray[np.int32]
    coefficients: NDArray[np.float32]
    """(n, k)."""

    def take(self, rows: NDArray[np.intp]) -> "Candidates":
        """Some of them."""
        return Candidates(
            self.boxes[rows], self.scores[rows], self.class_ids[rows], self.coefficients[rows]
        )


class YoloSeg:
    """A YOLO segmentation network from an ONNX file's bytes; see `Family`."""

    def __init__(
        self,
        weights: bytes,
        *,
        name: str,
        labels: Sequence[str] = (),
        input_size: tuple[int, int] | None = None,
    ) -> None:
        header = read_header(weights, name)
        self._name = name
        task = header.metadata.get("task", "segment")
        if task != "segment":
            raise ModelError(f"{name} was made to {task}, not to segment", hint=EXPORT_HINT)
        self._predictions, self._prototypes = output_names(header, name)
        self._input_size = read_input_size(header, name, input_size)
        named = tuple(labels) or class_names(header)
        fixed = [header.outputs[key] for key in (self._predictions, self._prototypes)]
        if all(all(shape) for shape in fixed):
            _, classes = self._layout(fixed[0], fixed[1], len(named))
            named = named or tuple(f"class {i}" for i in range(classes))
        self.labels = named
        self.networks = (
            Network(
                name=name,
                format=Format.ONNX,
                weights=weights,
                outputs=(self._predictions, self._prototypes),
            ),
        )

    def prepare(self, image: Image) -> tuple[Tensors, Letterbox]:
        """Letterbox the picture: aspect kept, grey around it, RGB in 0..1."""
        height, width = image.shape[:2]
        letterbox = Letterbox.fit((width, height), self._input_size)
        resized = image
        if letterbox.resized != (width, height):
            fitted = cv2.resize(image, letterbox.resized, interpolation=cv2.INTER_LINEAR)
            resized = np.asarray(fitted, np.uint8)
        tensor = np.full((1, 3, self._input_size[1], self._input_size[0]), PAD / 255, np.float32)
        top, left = letterbox.top, letterbox.left
        bottom, right = top + letterbox.resized[1], left + letterbox.resized[0]
        write_planes(resized, tensor[0, :, top:bottom, left:right], scale=1 / 255)
        return {"images": tensor}, letterbox

    def relay(self, tensors: Tensors, thresholds: Thresholds) -> Tensors | None:
        """One network is all there is."""
        del tensors, thresholds
        return None

    def decode(self, tensors: Tensors, letterbox: Letterbox, thresholds: Thresholds) -> Instances:
        """Candidates above the threshold, the best of each heap, each with its mask."""
        predictions, prototypes = tensors[self._predictions], tensors[self._prototypes]
        layout, classes = self._layout(predictions.shape, prototypes.shape, len(self.labels))
        found = _candidates(predictions[0], layout, classes, thresholds)
        if layout is Layout.FINAL:
            kept = np.argsort(-found.scores, kind="stable")[: thresholds.max_instances]
        else:
            kept = non_maximum_suppression(
                found.boxes,
                found.scores,
                found.class_ids,
                thresholds.nms,
                limit=thresholds.max_instances,
            )
        boxes = clip_boxes(letterbox.to_frame(found.boxes[kept]), letterbox.frame_size)
        inside = has_area(boxes)
        found, boxes = found.take(kept[inside]), boxes[inside]
        return Instances.from_rows(
            boxes,
            np.clip(found.scores, 0, 1),
            found.class_ids,
            [
                assemble_mask(prototypes[0], found.coefficients[i], box, letterbox, thresholds.mask)
                for i, box in enumerate(boxes)
            ],
        )

    def _layout(
        self, predictions: Sequence[int], prototypes: Sequence[int], classes: int
    ) -> tuple[Layout, int]:
        """The layout of candidates, and the number of classes; 0 classes: not known yet.

        Raises:
            ModelError: the shapes fit no layout.
        """
        if len(predictions) != 3 or len(prototypes) != 4:
            raise ModelError(
                f"{self._name}: predictions {tuple(predictions)} and prototypes "
                f"{tuple(prototypes)} fit no YOLO segmentation head",
                hint=EXPORT_HINT,
            )
        _, a, b = predictions
        k = prototypes[1]
        cells = sum(
            math.ceil(self._input_size[0] / s) * math.ceil(self._input_size[1] / s) for s in STRIDES
        )
        if b == cells and a > 4 + k and classes in {0, a - 4 - k}:
            return Layout.COLUMNS, a - 4 - k
        if a == 3 * cells and b > 5 + k and classes in {0, b - 5 - k}:
            return Layout.ROWS, b - 5 - k
        # As many rows as YOLOv5 has are never final: one class makes them just as long.
        if b == 6 + k and a != 3 * cells:
            return Layout.FINAL, classes
        if classes:
            _, found = self._layout(predictions, prototypes, 0)
            raise ModelError(
                f"{self._name} finds {found} classes, but {classes} names are given",
                hint="a .names or .txt file beside the model is taken for its names, a line each",
            )
        raise ModelError(
            f"{self._name}: predictions {tuple(predictions)} with {k} prototypes "
            "fit no YOLO segmentation head",
            hint=EXPORT_HINT,
        )


def assemble_mask(
    prototypes: NDArray[np.float32],
    coefficients: NDArray[np.float32],
    box: NDArray[np.float32],
    letterbox: Letterbox,
    threshold: float,
) -> Mask:
    """One instance's mask at the frame's own resolution.

    Args:
        prototypes: (k, h, w) over the whole network input.
        coefficients: (k,).
        box: (4,) x1, y1, x2, y2 in frame pixels, clipped to the frame.
        letterbox: how the frame lies in the input.
        threshold: probability, 0..1.

    Returns:
        A mask of the pixels that `box` touches. As in the networks' own code, column i belongs to
        the box when x1 <= i < x2, rows likewise.
    """
    _, height, width = prototypes.shape
    x1, y1, x2, y2 = pixel_regions(box[None])[0].tolist()
    cell_x, cell_y = width / letterbox.input_size[0], height / letterbox.input_size[1]
    xs = letterbox.to_input_x(pixel_centres(x1, x2)) * cell_x
    ys = letterbox.to_input_y(pixel_centres(y1, y2)) * cell_y
    left, right = _cells(xs, width)
    top, bottom = _cells(ys, height)
    logits = np.tensordot(coefficients, prototypes[:, top:bottom, left:right], 1)
    xs, ys = xs - left, ys - top
    # Ultralytics enlarges the prototypes until the padding is a whole number of cells; for
    # objects of a dozen pixels the second interpolation shows, so it is done here too.
    factor = _refinement(letterbox.left * cell_x, letterbox.top * cell_y)
    if factor > 1:
        rows, columns = logits.shape[0] * factor, logits.shape[1] * factor
        logits = resample(
            logits, pixel_centres(0, rows) / factor, pixel_centres(0, columns) / factor
        )
        xs, ys = xs * factor, ys * factor
    limit = math.log(threshold / (1 - threshold)) if 0 < threshold < 1 else math.inf
    mask = resample(logits, ys, xs) > (limit if threshold > 0 else -math.inf)
    mask[:, 0] &= x1 >= box[0]
    mask[0] &= y1 >= box[1]
    return mask


def _cells(positions: NDArray[np.float64], count: int) -> tuple[int, int]:
    """First and past-last cell that interpolation at `positions` reads, once or twice."""
    first = max(0, min(count - 1, math.floor(positions[0] - 1)))
    last = max(first + 1, min(count, math.ceil(positions[-1] + 1)))
    return first, last


def _refinement(left: float, top: float) -> int:
    """How much finer a grid must be for padding of so many cells to be whole: 1, 2 or 4."""
    whole = (f for f in (1, 2) if (left * f).is_integer() and (top * f).is_integer())
    return next(whole, 4)


def _candidates(
    predictions: NDArray[np.float32], layout: Layout, classes: int, thresholds: Thresholds
) -> Candidates:
    """The candidates that pass score and class, whatever their layout."""
    if layout is Layout.FINAL:
        rows = predictions[predictions[:, 4] > thresholds.score]
        # Half precision, or a damaged file, may give a class that is none.
        rows = rows[(rows[:, 5] >= 0) & (rows[:, 5] < (classes or MOST_CLASSES))]
        ids = rows[:, 5].astype(np.int32)
        wanted = thresholds.wanted(ids)
        return Candidates(rows[wanted, :4], rows[wanted, 4], ids[wanted], rows[wanted, 6:])
    head = 4 if layout is Layout.COLUMNS else 5
    # Classes first, candidates second: the maximum over classes then runs along memory.
    columns = predictions if layout is Layout.COLUMNS else predictions.T
    per_class = columns[head : head + classes]
    if layout is Layout.ROWS:
        per_class = per_class * columns[4]
    best = per_class.max(axis=0)
    passing = np.flatnonzero(best > thresholds.score)
    class_ids = per_class[:, passing].argmax(axis=0).astype(np.int32)
    wanted = thresholds.wanted(class_ids)
    passing, class_ids = passing[wanted], class_ids[wanted]
    rows = columns[:, passing].T
    half = rows[:, 2:4] / 2
    boxes = np.concatenate((rows[:, :2] - half, rows[:, :2] + half), axis=1, dtype=np.float32)
    return Candidates(boxes, best[passing], class_ids, rows[:, head + classes :])
