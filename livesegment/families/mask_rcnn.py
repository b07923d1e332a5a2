"""Mask R-CNN of the TensorFlow Object Detection API, as OpenCV's DNN module runs it.

The mask head makes a mask for every row, padding included, and is most of the cost; so the graph
is cut behind the detections, and the second part runs for the rows that are kept. Nothing else
changes: boxes, scores and masks are the same bits.
"""

from collections.abc import Sequence

from livesegment.errors import ModelError
from livesegment.families.base import Thresholds
from livesegment.families.frozen_graph import check_frozen_graph
from livesegment.families.mask_rows import (
    DETECTIONS,
    MASKS,
    fit_picture,
    kept_rows,
    read_instances,
)
from livesegment.families.text_graph import TextGraph
from livesegment.frame import Image
from livesegment.geometry import Letterbox
from livesegment.instances import Instances
from livesegment.network import Format, Network, Tensors


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
        check_frozen_graph(weights, name)
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
        tensor, letterbox = fit_picture(image, self._input_size)
        return {"image_tensor": tensor}, letterbox

    def relay(self, tensors: Tensors, thresholds: Thresholds) -> Tensors | None:
        """The features, and the detections that are worth a mask."""
        rows = kept_rows(tensors, thresholds)
        if not len(rows):
            return None
        return {"features": tensors[self._features], "rois": rows[None, None]}

    def decode(self, tensors: Tensors, letterbox: Letterbox, thresholds: Thresholds) -> Instances:
        """Paste the masks; see `read_instances`."""
        return read_instances(tensors, letterbox, thresholds)
