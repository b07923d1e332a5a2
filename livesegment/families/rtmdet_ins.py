"""RTMDet-Ins (OpenMMLab) as mmdeploy exports it to ONNX for ONNX Runtime.

mmdeploy's rewriter of `RTMDetInsHead.predict_by_feat` (mmdeploy/codebase/mmdet/models/dense_heads/
rtmdet_ins_head.py) gives `dets` (1, n, 5) x1, y1, x2, y2, score in input pixels, after its own
non-maximum suppression, `labels` (1, n) from 0, and `masks` (1, n, h, w), as large as the input,
after the sigmoid and before any threshold. One row of zeros is added to `dets` and sorted to the
end (mmdeploy/mmcv/ops/nms.py); where the export keeps the best k rows, that row has no mask.

The picture (mmdetection, configs/rtmdet/rtmdet_l_8xb32-300e_coco.py) is BGR, resized to 640x640
with its aspect kept, padded with grey 114 below and to the right, then normalised.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from livesegment.errors import ModelError
from livesegment.families.base import Thresholds
from livesegment.families.known_classes import COCO
from livesegment.families.normalisation import IMAGENET, Normalisation
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
from livesegment.protobuf import messages, text

EXPORT_HINT = (
    "export it with mmdeploy's tools/deploy.py and "
    "configs/mmdet/instance-seg/instance-seg_rtmdet-ins_onnxruntime_static-640x640.py"
)
DEFAULT_SIDE = 640
STRIDE = 32
"""Sides of an input that is not fixed are multiples of this, in pixels."""
PAD = 114
"""Grey of the padding."""


class Outputs(NamedTuple):
    """Which output is what."""

    dets: str
    labels: str
    masks: str


def recognises(header: OnnxHeader) -> str:
    """What tells this family by a file's header, as half a sentence; empty: another family."""
    if find_outputs(header) is None:
        return ""
    return "the dets, labels and masks among its outputs, as mmdeploy exports RTMDet-Ins"


def find_outputs(header: OnnxHeader) -> Outputs | None:
    """Who is what, by their number of sides; None: no RTMDet-Ins."""
    by_sides = {len(shape): name for name, shape in header.outputs.items()}
    if len(header.outputs) != 3 or set(by_sides) != {2, 3, 4}:
        return None
    found = Outputs(by_sides[3], by_sides[2], by_sides[4])
    dets, labels = header.outputs[found.dets], header.outputs[found.labels]
    if dets[2] not in {0, 5} or (labels[1] and dets[1] and labels[1] != dets[1]):
        return None
    return found


class RtmdetIns:
    """An RTMDet-Ins network from an ONNX file's bytes; see `Family`."""

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
                f"{name}: outputs are {listed(header.outputs)}; RTMDet-Ins has dets (1, n, 5), "
                "labels (1, n) and masks (1, n, h, w)",
                hint=EXPORT_HINT,
            )
        if _crops_regions(weights):
            raise ModelError(
                f"{name} is a two-stage network of mmdeploy's, such as its Mask R-CNN: its "
                "pictures are prepared in ways that the file does not tell",
                hint="of mmdeploy's networks RTMDet-Ins can be read; a Mask R-CNN as torchvision "
                "exports it",
            )
        self._name = name
        self._outputs = found
        self._input = PictureInput.of(header, name)
        width, height = self._input.agreed(input_size, name) or (DEFAULT_SIDE, DEFAULT_SIDE)
        if self._input.size is None:
            width, height = (math.ceil(side / STRIDE) * STRIDE for side in (width, height))
        self._input_size = width, height
        self._normalisation = Normalisation.stated(header, name) or IMAGENET
        self.labels = tuple(labels) or COCO
        self.networks = (
            Network(name=name, format=Format.ONNX, weights=weights, outputs=tuple(found)),
        )

    def prepare(self, image: Image) -> tuple[Tensors, Letterbox]:
        """Fit the picture into the upper left corner, grey below or to the right of it."""
        frame_size = (image.shape[1], image.shape[0])
        size = Letterbox.fit(frame_size, self._input_size).resized
        letterbox = Letterbox(frame_size, self._input_size, size, 0, 0)
        canvas = np.full((self._input_size[1], self._input_size[0], 3), PAD, np.uint8)
        canvas[: size[1], : size[0]] = resized(image, size)
        # The planes are blue, green, red.
        planes = self._normalisation.tensor(canvas)[0, ::-1]
        return self._input.tensors(np.ascontiguousarray(planes)), letterbox

    def relay(self, tensors: Tensors, thresholds: Thresholds) -> Tensors | None:
        """One network is all there is."""
        del tensors, thresholds
        return None

    def decode(self, tensors: Tensors, letterbox: Letterbox, thresholds: Thresholds) -> Instances:
        """The rows that pass, best first, each mask cut to its box."""
        dets, labels, masks = (tensors[name] for name in self._outputs)
        self._check(dets.shape, labels.shape, masks.shape)
        rows, scores, class_ids = dets[0], dets[0, :, 4], labels[0].astype(np.int32)
        passes = (scores > thresholds.score) & thresholds.wanted(class_ids)
        passes[masks.shape[1] :] = False
        passing = np.flatnonzero(passes)
        order = np.argsort(-scores[passing], kind="stable")[: thresholds.max_instances]
        kept = passing[order]
        boxes = clip_boxes(letterbox.to_frame(rows[kept, :4]), letterbox.frame_size)
        inside = has_area(boxes)
        kept, boxes = kept[inside], boxes[inside]
        check_class(class_ids[kept], self.labels, self._name)
        return Instances.from_rows(
            boxes,
            np.clip(scores[kept], 0, 1),
            class_ids[kept],
            [
                cut_mask(masks[0, row], box, letterbox, thresholds.mask)
                for row, box in zip(kept.tolist(), boxes, strict=True)
            ],
        )

    def _check(self, dets: Sequence[int], labels: Sequence[int], masks: Sequence[int]) -> None:
        """Raise ModelError where the outputs are not of this family's shapes."""
        n = dets[1] if len(dets) == 3 else 0
        width, height = self._input_size
        if tuple(dets) != (1, n, 5) or tuple(labels) != (1, n):
            raise ModelError(
                f"{self._name}: dets {tuple(dets)} and labels {tuple(labels)} are not (1, n, 5) "
                "and (1, n)",
                hint=EXPORT_HINT,
            )
        if tuple(masks) not in {(1, n, height, width), (1, n - 1, height, width)}:
            raise ModelError(
                f"{self._name}: masks {tuple(masks)} are not {(1, n, height, width)}, as large as "
                "the input",
                hint=EXPORT_HINT,
            )


def _crops_regions(weights: bytes) -> bool:
    """Whether a graph crops regions of interest, under whatever name an operator does it."""
    try:
        return any(
            "roi" in text(node, 4).lower()
            for graph in messages(memoryview(weights), 7)
            for node in messages(graph, 1)
        )
    except ValueError:
        return False  # a damaged node: the engine says better what is wrong with it
