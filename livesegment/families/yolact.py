"""YOLACT and YOLACT++ exported to ONNX with their raw outputs.

Bolya et al., "YOLACT: Real-time Instance Segmentation", ICCV 2019, and its code, dbolya/yolact:
a box is a prior moved by `loc` (`decode` in layers/box_utils.py), a mask the sigmoid of the
prototypes weighted by tanh coefficients (`postprocess` in layers/output_utils.py). The picture
is stretched to the input, whatever its shape (`FastBaseTransform` in utils/augmentations.py).

Assumed, as no file tells: the mean and deviation of the ResNet networks (Darknet-53's are 0 and
255: write metadata `mean` and `std` into the file), and where priors are not exported, those of the
published configurations. YOLACT++'s rescoring of masks is a second network and is not run.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livesegment.errors import ModelError
from livesegment.families.base import Thresholds
from livesegment.families.known_classes import COCO, PASCAL_VOC, numbered
from livesegment.families.normalisation import Normalisation
from livesegment.families.onnx_header import OnnxHeader
from livesegment.families.single_onnx import PictureInput, listed, read_header, resized
from livesegment.families.yolact_header import BASE_SIDE, EXPORT_HINT, find_roles, make_priors
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

RESNET = Normalisation((123.68, 116.78, 103.94), (58.40, 57.12, 57.38))
VARIANCES = (0.1, 0.2)
"""What `loc` is in units of: the place in tenths of the prior's side, the side's logarithm in
fifths."""
LARGEST = 30.0
"""Beyond this e to the power of a side is no size of anything."""
PUBLISHED = {len(COCO): COCO, len(PASCAL_VOC): PASCAL_VOC}


def recognises(header: OnnxHeader) -> str:
    """What tells this family by a file's header, as half a sentence; empty: another family."""
    return "the boxes, classes, coefficients and prototypes of YOLACT" if find_roles(header) else ""


class Yolact:
    """A YOLACT network from an ONNX file's bytes; see `Family`."""

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
        found = find_roles(header)
        if len(found) != 1:
            raise ModelError(
                f"{name}: outputs are {listed(header.outputs)}; "
                + ("their names and shapes do not tell which is which" if found else "no YOLACT"),
                hint=EXPORT_HINT,
            )
        self._roles = found[0]
        self._input = PictureInput.of(header, name)
        self._input_size = self._input.agreed(input_size, name) or (BASE_SIDE, BASE_SIDE)
        self._normalisation = Normalisation.stated(header, name) or RESNET
        classes = self._roles.class_count
        self.labels = tuple(labels) or PUBLISHED.get(classes or len(COCO), numbered(classes))
        if classes and len(self.labels) != classes:
            raise ModelError(
                f"{name} finds {classes} classes, but {len(self.labels)} names are given",
                hint="the background has no name of its own",
            )
        self._priors = None if self._roles.priors else self._published_priors()
        self.networks = (
            Network(name=name, format=Format.ONNX, weights=weights, outputs=self._roles.outputs),
        )

    def prepare(self, image: Image) -> tuple[Tensors, Letterbox]:
        """Stretch the picture to the input."""
        height, width = image.shape[:2]
        letterbox = Letterbox((width, height), self._input_size, self._input_size, 0, 0)
        planes = self._normalisation.tensor(resized(image, self._input_size))[0]
        return self._input.tensors(planes), letterbox

    def relay(self, tensors: Tensors, thresholds: Thresholds) -> Tensors | None:
        """One network is all there is."""
        del tensors, thresholds
        return None

    def decode(self, tensors: Tensors, letterbox: Letterbox, thresholds: Thresholds) -> Instances:
        """Candidates above the threshold under their best class, the best of each heap."""
        moves, scores, coefficients, prototypes, priors = self._read(tensors)
        best = scores[:, 1:].max(axis=1)
        passing = np.flatnonzero(best > thresholds.score)
        class_ids = scores[passing, 1:].argmax(axis=1).astype(np.int32)
        wanted = thresholds.wanted(class_ids)
        passing, class_ids = passing[wanted], class_ids[wanted]
        boxes = _boxes(moves[passing], priors[passing]) * np.array([*self._input_size * 2])
        boxes = np.asarray(boxes, np.float32)
        kept = non_maximum_suppression(
            boxes, best[passing], class_ids, thresholds.nms, limit=thresholds.max_instances
        )
        clipped = clip_boxes(letterbox.to_frame(boxes[kept]), letterbox.frame_size)
        kept, clipped = kept[has_area(clipped)], clipped[has_area(clipped)]
        return Instances.from_rows(
            clipped,
            np.clip(best[passing[kept]], 0, 1),
            class_ids[kept],
            [
                _mask(prototypes, coefficients[row], box, letterbox.frame_size, thresholds.mask)
                for row, box in zip(passing[kept], clipped, strict=True)
            ],
        )

    def _published_priors(self) -> NDArray[np.float32]:
        try:
            return make_priors(
                self._input_size, self._roles.candidates, pascal=self.labels == PASCAL_VOC
            )
        except ValueError as error:
            raise ModelError(
                f"{self._name}: its priors are not exported, and no published YOLACT has so many "
                f"at {self._input_size[0]}x{self._input_size[1]}: {error}",
                hint=EXPORT_HINT,
            ) from error

    def _read(self, tensors: Tensors) -> list[NDArray[np.float32]]:
        """Boxes, scores, coefficients, prototypes (h, w, k) and priors, without the batch.

        Raises:
            ModelError: their shapes do not go together.
        """
        roles = self._roles
        found = [tensors[name] for name in roles.outputs]
        found = [
            item[0] if item.ndim == sides + 1 and len(item) == 1 else item
            for item, sides in zip(found, (2, 2, 2, 3, 2), strict=False)
        ]
        moves, classes, coefficients, prototypes = found[:4]
        priors = found[4] if self._priors is None else self._priors
        rows = [moves, classes, coefficients, priors]
        k = coefficients.shape[-1]
        if prototypes.ndim == 3 and prototypes.shape[2] != k == prototypes.shape[0]:
            prototypes = np.ascontiguousarray(prototypes.transpose(1, 2, 0))
        good = (
            all(item.ndim == 2 and len(item) == len(moves) for item in rows)
            and (moves.shape[1], priors.shape[1]) == (4, 4)
            and prototypes.ndim == 3
            and prototypes.shape[2] == k
            and classes.shape[1] == len(self.labels) + 1
        )
        if not good:
            shapes = ", ".join(str(item.shape) for item in (*rows, prototypes))
            raise ModelError(
                f"{self._name}: boxes, classes, coefficients, priors and prototypes {shapes} with "
                f"{len(self.labels)} classes and the background fit no YOLACT",
                hint=EXPORT_HINT,
            )
        return [moves, _probabilities(classes), coefficients, prototypes, priors]


def _probabilities(classes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Class probabilities; some exports leave the softmax out, which the rows' sums tell."""
    if len(classes) and np.all(classes >= 0) and np.all(np.abs(classes.sum(axis=1) - 1) < 0.05):
        return classes
    grown = np.exp(classes - classes.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True), np.float32)


def _boxes(moves: NDArray[np.float32], priors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 4) x1, y1, x2, y2 as shares of the input."""
    centres = priors[:, :2] + moves[:, :2] * VARIANCES[0] * priors[:, 2:]
    halves = priors[:, 2:] * np.exp(np.minimum(moves[:, 2:] * VARIANCES[1], LARGEST)) / 2
    return np.concatenate((centres - halves, centres + halves), axis=1)


def _mask(
    prototypes: NDArray[np.float32],
    coefficients: NDArray[np.float32],
    box: NDArray[np.float32],
    frame_size: tuple[int, int],
    threshold: float,
) -> Mask:
    """One instance's mask at the frame's own resolution.

    As YOLACT does: the sigmoid is taken in the prototypes' grid, and enlarged after.

    Args:
        prototypes: (h, w, k) over the whole frame.
        coefficients: (k,).
        box: (4,) x1, y1, x2, y2 in frame pixels, clipped to the frame.
        frame_size: (width, height).
        threshold: probability, 0..1.

    Returns:
        A mask of the pixels that `box` touches.
    """
    height, width, _ = prototypes.shape
    x1, y1, x2, y2 = pixel_regions(box[None])[0].tolist()
    xs = pixel_centres(x1, x2) * (width / frame_size[0])
    ys = pixel_centres(y1, y2) * (height / frame_size[1])
    # One cell more on each side: interpolation reads it.
    left, right = max(0, int(xs[0]) - 1), min(width, int(xs[-1]) + 2)
    top, bottom = max(0, int(ys[0]) - 1), min(height, int(ys[-1]) + 2)
    logits = prototypes[top:bottom, left:right] @ coefficients
    # tanh and not exp: it cannot overflow.
    probabilities = np.asarray(0.5 + 0.5 * np.tanh(logits / 2), np.float32)
    return resample(probabilities, ys - top, xs - left) > threshold
