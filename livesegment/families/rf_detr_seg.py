"""RF-DETR-Seg (Roboflow) as its own `export` writes it to ONNX.

roboflow/rf-detr, rfdetr/export: `dets` (1, q, 4) centre x, y, width, height as shares of the
picture, `labels` (1, q, c) logits, and masks (1, q, h, w) logits over the whole picture; exports
before 1.5.0 give the masks a number for a name. The picture is stretched to the input, which is
square, bilinear, RGB, normalised as ImageNet's.

What its PostProcess (rfdetr/models/postprocess.py) does is done here: a sigmoid a class, the best
pairs of query and class, as many as there are queries, no suppression; masks enlarged as logits,
half-pixel bilinear. A mask is cut to its box here, where that code lets it run over.

The published networks have 91 classes, COCO's ids. One that was trained further has its own from
0 and one more for no object; exports of late versions name them in the metadata.
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from livesegment.errors import ModelError
from livesegment.families.base import Thresholds
from livesegment.families.coco import COCO_BY_ID
from livesegment.families.known_classes import numbered
from livesegment.families.normalisation import IMAGENET, Normalisation
from livesegment.families.onnx_header import OnnxHeader
from livesegment.families.single_onnx import PictureInput, listed, read_header, resized
from livesegment.families.whole_masks import cut_mask, logit
from livesegment.frame import Image
from livesegment.geometry import Letterbox, clip_boxes, has_area
from livesegment.instances import Instances
from livesegment.network import Format, Network, Tensors

EXPORT_HINT = "export it with rfdetr: RFDETRSegMedium().export()"
METADATA = "rfdetr_inference"
"""Key under which late versions write JSON about the network."""
MOST_CLASSES = 10_000
"""A class id beyond this in the metadata is none."""


class Outputs(NamedTuple):
    """Which output is what."""

    dets: str
    labels: str
    masks: str


def recognises(header: OnnxHeader) -> str:
    """What tells this family by a file's header, as half a sentence; empty: another family."""
    if find_outputs(header) is None:
        return ""
    return "the dets, labels and masks among its outputs, as rfdetr exports them"


def find_outputs(header: OnnxHeader) -> Outputs | None:
    """Who is what, by shapes and then by names; None: no RF-DETR-Seg, or not to be told."""
    shapes = header.outputs
    wide = [name for name, shape in shapes.items() if len(shape) == 3]
    masks = [name for name, shape in shapes.items() if len(shape) == 4]
    # Networks for key points have as many outputs, of as many sides.
    if len(shapes) != 3 or len(wide) != 2 or len(masks) != 1 or "keypoints" in shapes:
        return None
    queries = {shape[1] for shape in shapes.values()} - {0}
    boxes = [name for name in wide if shapes[name][2] == 4]
    if len(boxes) != 1:
        boxes = [name for name in wide if name == "dets" and shapes[name][2] in {0, 4}]
    if len(queries) > 1 or len(boxes) != 1:
        return None
    labels = next(name for name in wide if name != boxes[0])
    return Outputs(boxes[0], labels, masks[0])


class RfDetrSeg:
    """An RF-DETR-Seg network from an ONNX file's bytes; see `Family`."""

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
                f"{name}: outputs are {listed(header.outputs)}; RF-DETR-Seg has dets (1, q, 4), "
                "labels (1, q, classes) and masks (1, q, h, w)",
                hint=EXPORT_HINT,
            )
        self._name = name
        self._outputs = found
        self._input = PictureInput.of(header, name)
        size = self._input.agreed(input_size, name)
        if size is None:
            raise ModelError(
                f"{name} does not say how large its input is",
                hint="give --input-size, such as 432 for RFDETRSegMedium",
            )
        self._input_size = size
        self._normalisation = Normalisation.stated(header, name) or IMAGENET
        columns = header.outputs[found.labels][2]
        self.labels = tuple(labels) or class_names(header) or _unnamed(columns)
        if columns:
            self._check_columns(columns)
        self.networks = (
            Network(name=name, format=Format.ONNX, weights=weights, outputs=tuple(found)),
        )

    def prepare(self, image: Image) -> tuple[Tensors, Letterbox]:
        """Stretch the picture over the whole input."""
        frame_size = (image.shape[1], image.shape[0])
        letterbox = Letterbox(frame_size, self._input_size, self._input_size, 0, 0)
        planes = self._normalisation.tensor(resized(image, self._input_size))[0]
        return self._input.tensors(planes), letterbox

    def relay(self, tensors: Tensors, thresholds: Thresholds) -> Tensors | None:
        """One network is all there is."""
        del tensors, thresholds
        return None

    def decode(self, tensors: Tensors, letterbox: Letterbox, thresholds: Thresholds) -> Instances:
        """The best pairs of query and class, each mask cut to its box."""
        dets, logits, masks = (tensors[name] for name in self._outputs)
        self._check(dets.shape, logits.shape, masks.shape)
        # The class that comes after those with names is none.
        named = logits[0, :, : len(self.labels)]
        probabilities = 1 / (1 + np.exp(-np.clip(named, -88, 88)))
        wanted = thresholds.wanted(np.arange(named.shape[1]))
        queries, class_ids = np.nonzero((probabilities > thresholds.score) & wanted)
        scores = probabilities[queries, class_ids]
        limit = min(thresholds.max_instances, dets.shape[1])
        best = np.argsort(-scores, kind="stable")[:limit]
        queries, class_ids, scores = queries[best], class_ids[best], scores[best]
        centres, halves = dets[0, queries, :2], dets[0, queries, 2:] / 2
        shares = np.concatenate((centres - halves, centres + halves), axis=1)
        boxes = np.asarray(shares * np.array([*letterbox.frame_size] * 2), np.float32)
        boxes = clip_boxes(boxes, letterbox.frame_size)
        inside = has_area(boxes)
        limit_of_mask = logit(thresholds.mask)
        return Instances.from_rows(
            boxes[inside],
            scores[inside],
            class_ids[inside],
            [
                cut_mask(masks[0, query], box, letterbox, limit_of_mask)
                for query, box in zip(queries[inside].tolist(), boxes[inside], strict=True)
            ],
        )

    def _check(self, dets: Sequence[int], labels: Sequence[int], masks: Sequence[int]) -> None:
        """Raise ModelError where the outputs are not of this family's shapes."""
        queries = dets[1] if len(dets) == 3 else 0
        if (
            tuple(dets) != (1, queries, 4)
            or (len(labels), *labels[:2]) != (3, 1, queries)
            or (len(masks), *masks[:2]) != (4, 1, queries)
        ):
            raise ModelError(
                f"{self._name}: dets {tuple(dets)}, labels {tuple(labels)} and masks "
                f"{tuple(masks)} are not (1, q, 4), (1, q, classes) and (1, q, h, w)",
                hint=EXPORT_HINT,
            )
        self._check_columns(labels[2])

    def _check_columns(self, columns: int) -> None:
        """Raise ModelError where the network has other classes than there are names for."""
        if columns - len(self.labels) not in {0, 1}:
            raise ModelError(
                f"{self._name} has {columns} classes, the last of them perhaps for no object, but "
                f"{len(self.labels)} have names",
                hint="write the class names, one a line, into a .names file beside the model",
            )


def _unnamed(columns: int) -> tuple[str, ...]:
    """Names for classes that nothing names; 0 columns: not known how many."""
    return COCO_BY_ID if columns in {0, len(COCO_BY_ID)} else numbered(columns)


def class_names(header: OnnxHeader) -> tuple[str, ...]:
    """Class names in the order of ids, from the metadata; empty where it has none."""
    try:
        stated = json.loads(header.metadata.get(METADATA, "{}"))
        names = {int(number): str(name) for number, name in stated["class_id_to_name"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ()
    if not names or min(names) < 0 or max(names) > MOST_CLASSES:
        return ()
    return tuple(names.get(i, f"class {i}") for i in range(max(names) + 1))
