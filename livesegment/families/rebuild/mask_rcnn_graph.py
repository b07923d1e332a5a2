"""The parts of a Mask R-CNN of the TensorFlow Object Detection API, each as an ONNX network.

OpenCV's text graph says where they meet: a PriorBox and two DetectionOutputs, which stay outside of
the networks because what is between them is chosen, not computed.

1. picture -> features, and encodings and scores of a box for each prior;
2. features, proposals -> crops -> encodings and scores for each class;
3. features, detections -> crops -> masks.
"""

from collections.abc import Collection
from functools import cached_property

from livesegment.errors import ModelError
from livesegment.families.frozen_graph import Constant, FrozenGraph, check_frozen_graph
from livesegment.families.mask_rows import DETECTIONS, MASKS
from livesegment.families.rebuild.detection_output import DetectionOutput, Priors
from livesegment.families.rebuild.layer_writer import LayerWriter, Tensor
from livesegment.families.rebuild.operation import AS_IT_IS, Operation
from livesegment.families.rebuild.tensorflow_layers import add_layer
from livesegment.families.text_graph import TextGraph
from livesegment.network import Dialect


class MaskRcnnGraph:
    """A text graph and its constants, taken apart."""

    def __init__(self, weights: bytes, graph: str, name: str) -> None:
        """Find the parts.

        Raises:
            ModelError: the files are damaged, or the graph has other parts.
        """
        check_frozen_graph(weights, name)
        self.name = name
        self._weights = weights
        try:
            self._text = TextGraph.parse(graph)
            self._operations = {node.name: Operation.read(node) for node in self._text.nodes}
        except ValueError as error:
            raise ModelError(f"{name}: the text graph cannot be read: {error}") from error
        try:
            self._find_parts()
        except (ValueError, KeyError, IndexError) as error:
            said = f"there is no node {error.args[0]}" if isinstance(error, KeyError) else error
            raise ModelError(
                f"{name}: the graph is no Mask R-CNN that can be rebuilt as ONNX: {said}",
                hint=AS_IT_IS,
            ) from error

    def _find_parts(self) -> None:
        final = self._of_kind(DETECTIONS, "DetectionOutput")
        proposals = self._proposals_of(final)
        priors = self._of_kind(proposals.inputs[2], "PriorBox")
        self.image = self._of_kind(priors.inputs[1], "Placeholder").name
        self.cells = priors.inputs[0]
        """The tensor of the network's cells, whose height and width the priors go by."""
        self.proposals = proposals.name
        self.proposal_tensors = proposals.inputs[0], proposals.inputs[1]
        self.detection_tensors = final.inputs[0], final.inputs[1]
        self.priors = Priors.read(priors)
        self.proposal_choice = DetectionOutput.read(proposals)
        self.detection_choice = DetectionOutput.read(final)
        after_proposals = self._text.downstream(proposals.name)
        after_detections = self._text.downstream(DETECTIONS)
        self._box_part = self._upstream(self.detection_tensors) & after_proposals
        self._mask_part = self._upstream([MASKS]) & after_detections
        outside = {
            name
            for part in (self._box_part, self._mask_part)
            for node in part
            for name in self._operations[node].inputs
            if name in self._operations
            and self._operations[name].kind != "Const"
            and name not in part
            and name not in {self.proposals, DETECTIONS}
        }
        if MASKS not in self._mask_part or len(outside) != 1:
            raise ValueError("boxes and masks are not both made from one tensor of features")
        self.features = outside.pop()
        self.box_crop = self._crop_in(self._box_part, self.proposals)
        self.mask_crop = self._crop_in(self._mask_part, DETECTIONS)

    @cached_property
    def _frozen(self) -> FrozenGraph:
        try:
            return FrozenGraph.parse(self._weights)
        except ValueError as error:
            raise ModelError(
                f"{self.name} is damaged: {error}",
                hint="fetch the file again: it may have been cut off",
            ) from error

    def networks(self, dialect: Dialect) -> tuple[bytes, bytes, bytes]:
        """The three networks, as an engine likes them; all dialects give the same numbers.

        Raises:
            ModelError: a node or a constant cannot be rebuilt.
        """
        outputs = (self.features, *self.proposal_tensors, self.cells)
        picture, made = self._write(self._upstream(outputs), self.image, 3, outputs, dialect)
        channels = made[0].channels
        if not channels:
            raise ModelError(f"{self.name}: how many channels {self.features} has is not told")
        boxes, masks = (
            self._write(part, self.features, channels, ends, dialect)[0]
            for part, ends in (
                (self._box_part, self.detection_tensors),
                (self._mask_part, (MASKS,)),
            )
        )
        return picture, boxes, masks

    def _write(
        self,
        part: Collection[str],
        source: str,
        channels: int,
        outputs: tuple[str, ...],
        dialect: Dialect,
    ) -> tuple[bytes, list[Tensor]]:
        """One network from one picture-like input, and what is known of its outputs."""
        to = LayerWriter(self._operations, self._constant, dialect)
        to.onnx.input(source, [1, channels, "height", "width"])
        to.tensors[source] = Tensor(source, 4, picture=True, channels=channels)
        for node in self._text.nodes:
            operation = self._operations[node.name]
            if node.name in part and node.name != source and operation.kind != "Const":
                add_layer(to, operation, self.name)
        made = [to.finished(name) for name in outputs]
        shapes = {
            name: [f"{name}:{axis}" for axis in range(tensor.axes)]
            for name, tensor in zip(outputs, made, strict=True)
        }
        return to.onnx.network(shapes), made

    def _constant(self, name: str) -> Constant | None:
        """The values of a constant of either file."""
        operation = self._operations.get(name)
        if operation is not None and operation.kind == "Const":
            value = operation.attributes.get("value")
            return None if value is None or isinstance(value, (int, float, str, list)) else value
        try:
            return self._frozen.constant(name) if name in self._frozen else None
        except ValueError as error:
            raise ModelError(f"{self.name} is damaged: constant {name}: {error}") from error

    def _of_kind(self, name: str, kind: str) -> Operation:
        operation = self._operations[name]
        if operation.kind != kind:
            raise ValueError(f"{name} is of type {operation.kind}, not {kind}")
        return operation

    def _proposals_of(self, final: Operation) -> Operation:
        """The DetectionOutput whose corners the final one starts from.

        Raises:
            ValueError: it starts from something else.
        """
        found = self._operations[final.inputs[2]]
        sliced = False
        while found.kind in {"Reshape", "Slice"}:
            if found.kind == "Slice":
                begins = self._constant(found.inputs[1])
                sliced = begins is not None and begins.ravel().tolist() == [0, 0, 0, 3]
            found = self._operations[found.inputs[0]]
        if found.kind != "DetectionOutput" or not sliced:
            raise ValueError(f"{final.name} does not start from the proposals' corners")
        return found

    def _crop_in(self, part: Collection[str], boxes: str) -> tuple[int, int]:
        """(height, width) of the crops that a part takes of some boxes.

        Raises:
            ValueError: there is not exactly one node that crops, or it crops something else.
        """
        crops = [self._operations[n] for n in part if self._operations[n].kind == "CropAndResize"]
        if len(crops) != 1 or crops[0].inputs[1] != boxes:
            raise ValueError(f"{len(crops)} crops are made after {boxes}")
        size = self._constant(crops[0].inputs[2])
        if size is None or size.size != 2:
            raise ValueError(f"the size of {crops[0].name} is not known")
        height, width = (int(side) for side in size.ravel())
        if not 2 <= min(height, width) <= max(height, width) <= 256:
            raise ValueError(f"the crops of {crops[0].name} are {width}x{height}")
        return height, width

    def _upstream(self, names: Collection[str]) -> set[str]:
        """Nodes that `names` need, and themselves."""
        found: set[str] = set()
        rest = list(names)
        while rest:
            name = rest.pop()
            if name in self._operations and name not in found:
                found.add(name)
                rest += self._operations[name].inputs
        return found
