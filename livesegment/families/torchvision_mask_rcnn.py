"""Mask R-CNN as torchvision exports it to ONNX, and as the ONNX Model Zoo has it.

Both give boxes (n, 4) in input pixels, labels (n,), scores (n,) and masks (n, 1, h, w) of
probabilities, after their own non-maximum suppression. What differs:

* torchvision (torchvision/models/detection/transform.py, roi_heads.py) takes RGB in 0..1;
  normalising and resizing, to 800 and at most 1333 pixels, are in the graph, and so is pasting:
  masks are as large as the input. A list of pictures is exported as (3, h, w), a batch as
  (1, 3, h, w). Classes have COCO's ids.
* The Zoo's MaskRCNN-10 and -12 (onnx/models, mask-rcnn/README.md), from maskrcnn-benchmark, take
  (3, h, w) in BGR less a mean, resized and padded with zeros below and to the right to multiples
  of 32; masks are 28x28, to be spread over their boxes. Classes are COCO's 80 counted from 1.

Outputs of an export without names are numbers, in any order: labels and scores are told apart by
their types.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from livesegment.errors import ModelError
from livesegment.families.base import Thresholds
from livesegment.families.coco import COCO_BY_ID, COCO_FROM_1
from livesegment.families.mask_rows import paste_mask
from livesegment.families.normalisation import IMAGENET, UNIT, Normalisation
from livesegment.families.onnx_header import OnnxHeader
from livesegment.families.single_onnx import (
    PictureInput,
    check_class,
    listed,
    read_header,
    resized,
)
from livesegment.families.whole_masks import cut_mask
from livesegment.frame import Image
from livesegment.geometry import Letterbox, clip_boxes, has_area
from livesegment.instances import Instances
from livesegment.network import Format, Network, Tensors

EXPORT_HINT = (
    'export it with torch.onnx.export(model.eval(), [picture], "mask_rcnn.onnx", '
    'output_names=["boxes", "labels", "scores", "masks"])'
)
SHORT, LONG = 800, 1333
"""Sides, in pixels, that pictures were given in training: short ones that, long ones at most."""
ZOO_STRIDE = 32
ZOO = Normalisation((122.7717, 115.9465, 102.9801), (1, 1, 1))
ZOO_INPUT = "image"
ZOO_MASK_SIDE = 28
WHOLE_NUMBERS = frozenset({2, 3, 4, 5, 6, 7, 12, 13})
"""TensorProto.DataType of integers, with and without sign."""


class Outputs(NamedTuple):
    """Which output is what."""

    boxes: str
    labels: str
    scores: str
    masks: str


NAMES = Outputs("boxes", "labels", "scores", "masks")


def recognises(header: OnnxHeader) -> str:
    """What tells this family by a file's header, as half a sentence; empty: another family."""
    if find_outputs(header) is None:
        return ""
    return "the boxes, labels, scores and masks among its outputs, " + (
        "as the ONNX Model Zoo's Mask R-CNN has them"
        if is_zoo(header)
        else "as torchvision exports Mask R-CNN"
    )


def find_outputs(header: OnnxHeader) -> Outputs | None:
    """Who is what by names, else by shapes and types; None: no Mask R-CNN of these."""
    shapes = header.outputs
    if len(shapes) != 4:
        return None
    if set(shapes) == set(NAMES):
        found = NAMES
    else:
        by_sides = {len(shape): name for name, shape in shapes.items()}
        flat = [name for name, shape in shapes.items() if len(shape) == 1]
        # Whole numbers sort first: labels, then scores.
        flat.sort(key=lambda name: header.types.get(name) not in WHOLE_NUMBERS)
        if len(flat) != 2 or set(by_sides) != {1, 2, 4}:
            return None
        if header.types.get(flat[1]) in WHOLE_NUMBERS:
            return None
        found = Outputs(by_sides[2], flat[0], flat[1], by_sides[4])
    boxes, masks = shapes[found.boxes], shapes[found.masks]
    # A shape may be missing altogether, where a loop made the tensor.
    fits = (not boxes or (len(boxes) == 2 and boxes[1] in {0, 4})) and (
        not masks or (len(masks) == 4 and masks[1] in {0, 1})
    )
    return found if fits else None


def is_zoo(header: OnnxHeader) -> bool:
    """Whether a Mask R-CNN is the Zoo's: its outputs have no names, its masks are not pasted."""
    outputs = find_outputs(header)
    if outputs is None or outputs == NAMES:
        return False
    name, shape = next(iter(header.inputs.items()), ("", ()))
    small = header.outputs[outputs.masks][2:] == (ZOO_MASK_SIDE, ZOO_MASK_SIDE)
    return len(shape) == 3 and (small or name == ZOO_INPUT)


class OnnxMaskRcnn:
    """Mask R-CNN from an ONNX file's bytes; see `Family`."""

    def __init__(
        self,
        weights: bytes,
        *,
        name: str,
        labels: Sequence[str] = (),
        input_size: tuple[int, int] | None = None,
    ) -> None:
        header = read_header(weights, name)
        found = find_outputs(header)
        if found is None:
            raise ModelError(
                f"{name}: outputs are {listed(header.outputs)}; a Mask R-CNN has boxes (n, 4), "
                "whole labels (n,), scores (n,) and masks (n, 1, h, w)",
                hint=EXPORT_HINT,
            )
        self._name = name
        self._outputs = found
        self._zoo = is_zoo(header)
        self._input = PictureInput.of(header, name)
        self._input_size = self._input.agreed(input_size, name)
        self.labels = tuple(labels) or (COCO_FROM_1 if self._zoo else COCO_BY_ID)
        self.networks = (
            Network(name=name, format=Format.ONNX, weights=weights, outputs=tuple(found)),
        )

    def prepare(self, image: Image) -> tuple[Tensors, Letterbox]:
        """Resize the picture, keeping its aspect; what padding there is lies below and right."""
        letterbox = self._fitted((image.shape[1], image.shape[0]))
        normalisation = ZOO if self._zoo else UNIT
        planes = normalisation.tensor(resized(image, letterbox.resized))[0]
        width, height = letterbox.input_size
        canvas = np.zeros((3, height, width), np.float32)
        if not self._zoo:
            # What becomes zero inside the network, as its own padding is.
            canvas[:] = np.reshape(IMAGENET.mean, (3, 1, 1))
            canvas /= 255
        canvas[:, : letterbox.resized[1], : letterbox.resized[0]] = (
            planes[::-1] if self._zoo else planes
        )
        return self._input.tensors(canvas), letterbox

    def relay(self, tensors: Tensors, thresholds: Thresholds) -> Tensors | None:
        """One network is all there is."""
        del tensors, thresholds
        return None

    def decode(self, tensors: Tensors, letterbox: Letterbox, thresholds: Thresholds) -> Instances:
        """The rows that pass, best first, each mask cut to its box."""
        boxes, labels, scores, masks = (tensors[name] for name in self._outputs)
        n = len(boxes)
        if boxes.shape != (n, 4) or labels.shape != (n,) or scores.shape != (n,):
            raise ModelError(
                f"{self._name}: boxes {boxes.shape}, labels {labels.shape} and scores "
                f"{scores.shape} are not (n, 4), (n,) and (n,)",
                hint=EXPORT_HINT,
            )
        if not n:
            return Instances.empty()
        pasted = self._are_pasted(masks.shape, n, letterbox)
        class_ids = labels.astype(np.int32)
        passing = np.flatnonzero((scores > thresholds.score) & thresholds.wanted(class_ids))
        order = np.argsort(-scores[passing], kind="stable")[: thresholds.max_instances]
        rows = passing[order]
        # A mask is spread over its box as predicted: clipped first, the mask of an object half
        # outside would be squeezed.
        wholes = letterbox.to_frame(boxes[rows])
        clipped = clip_boxes(wholes, letterbox.frame_size)
        inside = has_area(clipped) & np.isfinite(wholes).all(axis=1)
        rows, wholes, clipped = rows[inside], wholes[inside], clipped[inside]
        check_class(class_ids[rows], self.labels, self._name)
        return Instances.from_rows(
            clipped,
            np.clip(scores[rows], 0, 1),
            class_ids[rows],
            [
                cut_mask(masks[row, 0], cut, letterbox, thresholds.mask)
                if pasted
                else paste_mask(masks[row, 0], whole, cut, thresholds.mask)
                for row, whole, cut in zip(rows.tolist(), wholes, clipped, strict=True)
            ],
        )

    def _fitted(self, frame_size: tuple[int, int]) -> Letterbox:
        """Where a frame lies in the input."""
        if self._input_size:
            size = Letterbox.fit(frame_size, self._input_size).resized
        else:
            ratio = min(SHORT / min(frame_size), LONG / max(frame_size))
            if not self._zoo:
                # torchvision enlarges by itself; a larger picture would only be shrunk by it, and
                # its masks, as large as the picture, cost a gigabyte a hundred at 1080p.
                ratio = min(1.0, ratio)
            size = (max(1, round(frame_size[0] * ratio)), max(1, round(frame_size[1] * ratio)))
        padded = self._input.size or size
        if self._zoo and not self._input.size:
            padded = (_whole_strides(size[0]), _whole_strides(size[1]))
        return Letterbox(frame_size, padded, size, 0, 0)

    def _are_pasted(self, shape: Sequence[int], n: int, letterbox: Letterbox) -> bool:
        """Whether masks lie over the whole input, not over their boxes.

        Raises:
            ModelError: they do neither.
        """
        if len(shape) == 4 and tuple(shape[:2]) == (n, 1):
            height, width = shape[2:]
            if not self._zoo and (width, height) == letterbox.input_size:
                return True
            if height == width and height:
                return False
        raise ModelError(
            f"{self._name}: masks {tuple(shape)} are neither ({n}, 1, 28, 28) nor as large as the "
            f"input, {letterbox.input_size[0]}x{letterbox.input_size[1]}",
            hint=EXPORT_HINT,
        )


def _whole_strides(side: int) -> int:
    return math.ceil(side / ZOO_STRIDE) * ZOO_STRIDE
