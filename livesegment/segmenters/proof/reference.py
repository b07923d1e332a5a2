"""What a rebuilt model is compared with, part by part: other networks of the same model.

Each part gets what the reference's own parts before it made, so that a choice between two boxes of
nearly the same score, which may fall either way, does not hide what is behind it.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from livesegment.engines.base import EngineFactory
from livesegment.engines.registry import REFERENCE, engine_factory
from livesegment.families.mask_rcnn import MaskRcnn
from livesegment.families.mask_rows import DETECTIONS, MASKS
from livesegment.families.rebuild.conversion import Against
from livesegment.families.rebuild.mask_rcnn_graph import MaskRcnnGraph
from livesegment.families.rebuilt_mask_rcnn import RebuiltMaskRcnn
from livesegment.network import Format, Network, Tensors

Floats = NDArray[np.float32]


class Reference(Protocol):
    """One way of running a model."""

    against: Against
    name: str
    """Engine and version."""

    def tensors(self, inputs: Tensors) -> Tensors:
        """The features, and the tensors that proposals and detections are made from, and those."""
        ...

    def masks(self, features: Floats, rows: Floats) -> Floats:
        """The masks (n, classes, h, w) of rows (n, 7)."""
        ...


class Original:
    """The model as it is, on an OpenCV that reads it; see `Reference`."""

    against = Against.ORIGINAL

    def __init__(self, source: Network, graph: MaskRcnnGraph) -> None:
        factory = engine_factory(REFERENCE)
        self.name = f"{REFERENCE} {factory.version()}"
        outputs = (
            graph.features,
            *graph.proposal_tensors,
            graph.proposals,
            *graph.detection_tensors,
            DETECTIONS,
        )
        whole = Network(source.name, Format.TENSORFLOW, source.weights, outputs, source.graph)
        branch = MaskRcnn(source.weights, source.graph, (), name=source.name).networks[1]
        self._whole, self._branch = (
            factory(network, device="cpu", threads=None) for network in (whole, branch)
        )

    def tensors(self, inputs: Tensors) -> Tensors:
        """One run; see `Reference.tensors`."""
        return _copied(self._whole.run(inputs))

    def masks(self, features: Floats, rows: Floats) -> Floats:
        """The mask branch alone; see `Reference.masks`."""
        return self._branch.run({"features": features, "rois": rows[None, None]})[MASKS]


class Rebuilt:
    """The rebuilt model on an engine; see `Reference`."""

    against = Against.ENGINE

    def __init__(
        self, model: RebuiltMaskRcnn, factory: EngineFactory, name: str, threads: int | None = None
    ) -> None:
        self.name = name
        self.model = model
        self._first, self._second, self._third = (
            factory(network, device="cpu", threads=threads) for network in model.networks
        )

    def tensors(self, inputs: Tensors) -> Tensors:
        """The first two networks, each fed by the one before; see `Reference.tensors`."""
        found = {**inputs, **self.picture(inputs)}
        found[self.model.graph.proposals] = self.model.proposals(found)
        found |= self.boxes(found)
        found[DETECTIONS] = self.model.detections(found)
        return found

    def picture(self, inputs: Tensors) -> Tensors:
        """What the first network makes of a picture."""
        return _copied(self._first.run(inputs))

    def boxes(self, tensors: Tensors) -> Tensors:
        """What the second network makes of features and proposals."""
        graph = self.model.graph
        inputs = self.model.box_inputs(tensors[graph.features], tensors[graph.proposals])
        return _copied(self._second.run(inputs))

    def masks(self, features: Floats, rows: Floats) -> Floats:
        """The third network; see `Reference.masks`."""
        return self._third.run(self.model.mask_inputs(features, rows))[MASKS]


def _copied(tensors: Tensors) -> dict[str, Floats]:
    """The tensors for good: an engine's hold only until it runs again."""
    return {name: np.array(tensor, np.float32) for name, tensor in tensors.items()}
