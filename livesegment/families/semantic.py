"""Semantic segmentation: a class for every pixel, and each connected part of a class an instance.

As PP-HumanSeg (opencv/opencv_zoo, models/human_segmentation_pphumanseg: 192x192, RGB in -1..1,
(1, 2, h, w)), torchvision's DeepLab and FCN (`out`, (1, 21, h, w) logits), TensorFlow's DeepLab by
tf2onnx ((1, h, w) ids), mmsegmentation by mmdeploy ((1, 1, h, w) ids) and Ultralytics' semantic
head ((1, h, w) ids, letterboxed). Two people who touch are one instance: no network of this kind
tells them apart. `semantic_header` says what is assumed where a file does not tell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.errors import ModelError
from livesegment.families.base import Thresholds
from livesegment.families.onnx_header import OnnxHeader
from livesegment.families.semantic_header import (
    background,
    by_ultralytics,
    find_map,
    normalisation,
)
from livesegment.families.semantic_header import (
    input_size as read_input_size,
)
from livesegment.families.semantic_header import (
    labels as find_labels,
)
from livesegment.families.single_onnx import listed, read_header, resized
from livesegment.families.yolo_header import class_names
from livesegment.families.yolo_seg import PAD
from livesegment.frame import Image
from livesegment.geometry import Letterbox, pixel_centres, resample
from livesegment.instances import Instances, Mask
from livesegment.network import Format, Network, Tensors

LEAST_AREA = 1 / 2000
"""Parts smaller than this share of the map are noise."""
EXPORT_HINT = (
    "export a network with one map of classes: torch.onnx.export(net, torch.zeros(1, 3, 512, 512), "
    '"net.onnx"), its output (1, classes, h, w)'
)


def recognises(header: OnnxHeader) -> str:
    """What tells this family by a file's header, as half a sentence; empty: another family."""
    found = find_map(header)
    if found is None:
        return ""
    if found.channels == 0:
        return "one output, a map of class ids"
    return f"one output, a map of {found.channels} class" + "es" * (found.channels > 1)


@dataclass(frozen=True, slots=True)
class Part:
    """A connected part of one class, in cells of the map."""

    class_id: int
    score: float
    """Mean probability."""
    area: int
    """Cells."""
    box: tuple[int, int, int, int]
    """x1, y1, x2, y2, the last two exclusive."""
    around: NDArray[np.float32]
    """Probabilities in the box and up to two cells about it, 0 where another part is."""


class Semantic:
    """A semantic segmentation network from an ONNX file's bytes; see `Family`."""

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
        found = find_map(header)
        if found is None:
            raise ModelError(
                f"{name}: outputs are {listed(header.outputs)}; no map of classes", hint=EXPORT_HINT
            )
        self._map = found
        self._input_size = read_input_size(header, name, input_size)
        self._normalisation = normalisation(header, name)
        self._letterboxed = by_ultralytics(header)
        self.labels = find_labels(header, name, found.channels, tuple(labels))
        named = bool(labels or class_names(header))
        self._background = background(self.labels, named=named)
        self.networks = (
            Network(name=name, format=Format.ONNX, weights=weights, outputs=(found.name,)),
        )

    def prepare(self, image: Image) -> tuple[Tensors, Letterbox]:
        """Stretch the picture to the input, or letterbox it where it was trained so."""
        height, width = image.shape[:2]
        size = self._input_size
        letterbox = Letterbox((width, height), size, size, 0, 0)
        if self._letterboxed:
            letterbox = Letterbox.fit((width, height), size)
        image = resized(image, letterbox.resized)
        if letterbox.resized != size:
            canvas = np.full((size[1], size[0], 3), PAD, np.uint8)
            left, top = letterbox.left, letterbox.top
            canvas[top : top + image.shape[0], left : left + image.shape[1]] = image
            image = canvas
        return {"image": self._normalisation.tensor(image)}, letterbox

    def relay(self, tensors: Tensors, thresholds: Thresholds) -> Tensors | None:
        """One network is all there is."""
        del tensors, thresholds
        return None

    def decode(self, tensors: Tensors, letterbox: Letterbox, thresholds: Thresholds) -> Instances:
        """The connected parts of each class but the background, best score first."""
        parts = [
            part
            for class_id, probabilities in self._classes(tensors[self._map.name], thresholds)
            for part in connected_parts(class_id, probabilities, thresholds.mask)
            if part.score > thresholds.score
        ]
        parts.sort(key=lambda part: (-part.score, -part.area))
        shape = tensors[self._map.name].shape
        grid = (shape[2], shape[1]) if len(shape) == 3 or self._map.axis == 3 else shape[:1:-1]
        rows: list[tuple[NDArray[np.float32], float, int, Mask]] = []
        for part in parts:
            if len(rows) == thresholds.max_instances:
                break
            box, mask = _enlarged(part, (grid[0], grid[1]), letterbox, thresholds.mask)
            if mask.size:
                rows.append((box, part.score, part.class_id, mask))
        return Instances.from_rows(
            [row[0] for row in rows],
            [min(1.0, max(0.0, row[1])) for row in rows],
            [row[2] for row in rows],
            [row[3] for row in rows],
        )

    def _classes(
        self, scores: NDArray[np.float32], thresholds: Thresholds
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Each class that is asked for, with its probability in every cell, (h, w).

        Raises:
            ModelError: the map is of another shape than the file said.
        """
        sides = {3, 4} if self._map.channels <= 1 else {4}
        if scores.ndim not in sides or len(scores) != 1:
            raise self._misshapen(scores)
        channels = scores[0]
        if channels.ndim == 3:
            channels = channels.transpose(2, 0, 1) if self._map.axis == 3 else channels
        else:
            channels = channels[None]
        if len(channels) != (self._map.channels or 1):
            raise self._misshapen(scores)
        if self._map.channels == 0:
            yield from self._by_id(channels[0], thresholds)
            return
        ids = [i for i in range(len(channels)) if self._asked_for(i, thresholds)]
        yield from zip(ids, _probabilities(channels, ids), strict=True)

    def _by_id(
        self, ids: NDArray[np.float32], thresholds: Thresholds
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Certainty, 0 or 1, for every id in the map that is a class."""
        # A network with one class says 1 for it and 0 for nothing.
        first = 1 if len(self.labels) == 1 else 0
        for value in np.unique(ids[np.isfinite(ids)]).tolist():
            class_id = int(value) - first
            if 0 <= class_id < len(self.labels) and self._asked_for(class_id, thresholds):
                yield class_id, (ids == value).astype(np.float32)

    def _asked_for(self, class_id: int, thresholds: Thresholds) -> bool:
        """Whether a class is wanted; the background only by its own name."""
        wanted = thresholds.wanted(np.array([class_id], np.int32))
        return bool(wanted[0]) and (
            class_id not in self._background or thresholds.class_ids is not None
        )

    def _misshapen(self, scores: NDArray[np.float32]) -> ModelError:
        return ModelError(
            f"{self._name}: a map {scores.shape} of {self._map.channels or 'no'} channels was not "
            "to be expected from its header",
            hint=EXPORT_HINT,
        )


def connected_parts(
    class_id: int, probabilities: NDArray[np.float32], threshold: float
) -> Iterator[Part]:
    """The parts of one class that are large enough.

    Args:
        class_id: of the class.
        probabilities: (h, w) in 0..1.
        threshold: a cell belongs to the class when it is more probable than this.
    """
    inside = (probabilities > threshold).astype(np.uint8)
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(inside)
    numbers = np.asarray(numbers)
    height, width = probabilities.shape
    for i in range(1, count):
        x, y, w, h, area = stats[i].tolist()
        if area < LEAST_AREA * height * width:
            continue
        rows = slice(max(0, y - 2), min(height, y + h + 2))
        columns = slice(max(0, x - 2), min(width, x + w + 2))
        near = numbers[rows, columns]
        around = np.where((near == i) | (near == 0), probabilities[rows, columns], 0)
        score = float(around[near == i].mean(dtype=np.float64))
        yield Part(class_id, score, area, (x, y, x + w, y + h), np.asarray(around, np.float32))


def _enlarged(
    part: Part, grid: tuple[int, int], letterbox: Letterbox, threshold: float
) -> tuple[NDArray[np.float32], Mask]:
    """A part's box and mask in frame pixels; an empty mask where no pixel is in it.

    Args:
        part: in cells of the map.
        grid: (columns, rows) of the map.
        letterbox: how the frame lies in the input.
        threshold: probability, 0..1.
    """
    cell = (letterbox.input_size[0] / grid[0], letterbox.input_size[1] / grid[1])
    x1, y1, x2, y2 = part.box
    # Between two cells the edge may lie anywhere: up to one cell beyond the part's own.
    reach = np.array([[x1 - 1, y1 - 1, x2 + 1, y2 + 1]], np.float32) * np.array([*cell * 2])
    low, high = letterbox.to_frame(reach.astype(np.float32))[0].reshape(2, 2)
    left, top = np.maximum(np.floor(low), 0).astype(int).tolist()
    right, bottom = np.minimum(np.ceil(high), letterbox.frame_size).astype(int).tolist()
    box = np.zeros(4, np.float32)
    if right <= left or bottom <= top:
        return box, np.zeros((0, 0), np.bool_)
    xs = letterbox.to_input_x(pixel_centres(left, right)) / cell[0] - max(0, x1 - 2)
    ys = letterbox.to_input_y(pixel_centres(top, bottom)) / cell[1] - max(0, y1 - 2)
    mask: Mask = resample(part.around, ys, xs) > threshold
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        return box, np.zeros((0, 0), np.bool_)
    first, last, upper, lower = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
    box[:] = left + first, top + upper, left + last, top + lower
    return box, np.ascontiguousarray(mask[upper:lower, first:last])


def _probabilities(
    channels: NDArray[np.float32], ids: Sequence[int]
) -> Iterator[NDArray[np.float32]]:
    """Probabilities of some classes; what is no probability yet, as its sums tell, is made one.

    Args:
        channels: (classes, h, w).
        ids: which are wanted.
    """
    if not ids:
        return
    if len(channels) == 1:
        only = channels[0]
        certain = np.all((only >= 0) & (only <= 1))
        yield from [only if certain else np.asarray(0.5 + 0.5 * np.tanh(only / 2), np.float32)]
        return
    totals = channels.sum(axis=0)
    if np.all(channels >= 0) and np.all(np.abs(totals - 1) < 0.05):
        yield from (channels[i] for i in ids)
        return
    highest = channels.max(axis=0)
    grown = np.exp(channels - highest)
    totals = grown.sum(axis=0)
    yield from (np.asarray(grown[i] / totals, np.float32) for i in ids)
