"""Families by name: a model's description and files become a family."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from livesegment.builtin import colour_shapes
from livesegment.errors import EngineError, ModelError, UsageError
from livesegment.families import rf_detr_seg, yolo_header
from livesegment.families.base import Family
from livesegment.families.mask_rcnn import MaskRcnn
from livesegment.families.rebuild.conversion import Proof, convert
from livesegment.families.rebuild.operation import AS_IT_IS
from livesegment.families.rebuilt_mask_rcnn import RebuiltMaskRcnn
from livesegment.families.recognise import recognise
from livesegment.families.rf_detr_seg import RfDetrSeg
from livesegment.families.rtmdet_ins import RtmdetIns
from livesegment.families.semantic import Semantic
from livesegment.families.single_onnx import read_header
from livesegment.families.torchvision_mask_rcnn import OnnxMaskRcnn
from livesegment.families.yolact import Yolact
from livesegment.families.yolo_seg import YoloSeg
from livesegment.network import Format
from livesegment.spec import ModelSpec
from livesegment.store import Model, find_spec, read_labels


def _unsaid(_: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Words:
    """Who is told of what happens while a model is made ready."""

    progress: Callable[[str], None] = _unsaid
    """Called with what takes a while, as it begins."""
    remark: Callable[[str], None] = _unsaid
    """Called with what whoever uses the model should know."""


NO_WORDS = Words()


@dataclass(frozen=True, slots=True)
class Request:
    """What a family is to be made of."""

    model: Model
    contents: Mapping[str, bytes]
    """Role -> the file's bytes."""
    input_size: tuple[int, int] | None
    """(width, height) in pixels; None: the family's own choice."""
    formats: frozenset[Format]
    """What the engine reads."""
    proof: Proof | None = None
    """Compares a rebuilt model with its origin, on the engine that will run it."""
    lossy_proposals: int | None = None
    """At most so many boxes are looked at closely, where a family can do that."""
    words: Words = NO_WORDS

    @property
    def name(self) -> str:
        """For messages: the file."""
        return str(self.model.paths["weights"])

    def needed(self, role: str) -> bytes:
        """A file's bytes.

        Raises:
            ModelError: the description names no such file.
        """
        if role not in self.contents:
            raise ModelError(
                f"the description of {self.model.spec.name} names no {role} file",
                hint=f'add a [[files]] table with role = "{role}"',
            )
        return self.contents[role]


def _mask_rcnn(request: Request) -> Family:
    weights, text = request.needed("weights"), request.needed("graph")
    try:
        graph = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ModelError(f"{request.model.paths['graph']} is no text graph: {error}") from error
    named = request.model.spec.labels or read_labels(request.model.unsaid_labels)
    labels = named or find_spec("mask-rcnn-inception-v2-coco").labels
    return _tensorflow(request, weights, graph, labels, request.name)


def _builtin(request: Request) -> Family:
    weights, graph = colour_shapes.build()
    spec = request.model.spec
    return _tensorflow(request, weights, graph, spec.labels, spec.name)


def _tensorflow(
    request: Request, weights: bytes, graph: str, labels: tuple[str, ...], name: str
) -> Family:
    """A Mask R-CNN as it is where the engine reads that, else rebuilt as ONNX.

    Raises:
        ModelError: it cannot be rebuilt, or gives other numbers then.
        EngineError: nothing is there to rebuild it with, or to prove that it is the same.
    """
    size = request.input_size
    if Format.TENSORFLOW in request.formats:
        return MaskRcnn(weights, graph, labels, name=name, input_size=size)
    if request.proof is None:
        raise EngineError(
            f"{name} is a TensorFlow model, which this engine does not read",
            hint=AS_IT_IS,
        )
    made = convert(weights, graph, name, request.proof, progress=request.words.progress)
    if not made.proved:
        request.words.remark(f"{name} as ONNX: {made.verdict}")
    return RebuiltMaskRcnn(
        made.graph, made.networks, labels, input_size=size, proposals=request.lossy_proposals
    )


NAMES_INSIDE = (yolo_header.class_names, rf_detr_seg.class_names)
"""What finds the class names that a file holds."""


class _OneFile(Protocol):
    """The class of a family that is one ONNX file."""

    def __call__(
        self,
        weights: bytes,
        *,
        name: str,
        labels: Sequence[str],
        input_size: tuple[int, int] | None,
    ) -> Family: ...


def _one_file(kind: _OneFile) -> Callable[[Request], Family]:
    def make(request: Request) -> Family:
        weights, labels = request.needed("weights"), request.model.spec.labels
        beside = request.model.unsaid_labels
        if not labels and beside is not None and beside.is_file():
            header = read_header(weights, request.name)
            if not any(names(header) for names in NAMES_INSIDE):
                labels = read_labels(beside)
        return kind(
            weights,
            name=request.name,
            labels=labels,
            input_size=request.input_size,
        )

    return make


FAMILIES: dict[str, Callable[[Request], Family]] = {
    "mask-rcnn": _mask_rcnn,
    "yolo-seg": _one_file(YoloSeg),
    "yolact": _one_file(Yolact),
    "onnx-mask-rcnn": _one_file(OnnxMaskRcnn),
    "rtmdet-ins": _one_file(RtmdetIns),
    "rf-detr-seg": _one_file(RfDetrSeg),
    "semantic": _one_file(Semantic),
    "builtin": _builtin,
}


def load_family(
    model: Model,
    input_size: tuple[int, int] | None = None,
    formats: frozenset[Format] = frozenset(Format),
    proof: Proof | None = None,
    lossy_proposals: int | None = None,
    words: Words = NO_WORDS,
) -> Family:
    """Read a model's files into its family.

    Args:
        model: description and paths.
        input_size: (width, height) asked for, over the description's.
        formats: what the engine reads; a family that can be had in several takes the one it
            prefers.
        proof: what compares a model that has to be rebuilt with its origin.
        lossy_proposals: at most so many boxes are looked at closely, for speed; None: as many as
            the model wants.
        words: who is told what happens.

    Raises:
        ModelError: a file cannot be read or is not what the family expects.
        EngineError: the family cannot be had in any of the formats.
        UsageError: the family always looks at all boxes, and fewer are asked for.
    """
    family = model.spec.family
    if family not in FAMILIES and family:
        raise unknown_family(model.spec)
    contents: dict[str, bytes] = {}
    for role, path in model.paths.items():
        try:
            contents[role] = path.read_bytes()
        except OSError as error:
            raise ModelError(f"cannot read {path}: {error.strerror}") from error
    if not family:
        family = recognise(contents["weights"], str(model.paths["weights"])).family
    size = input_size or model.spec.input_size
    made = FAMILIES[family](Request(model, contents, size, formats, proof, lossy_proposals, words))
    if lossy_proposals is not None and not isinstance(made, RebuiltMaskRcnn):
        raise UsageError(
            "fewer proposals are for a TensorFlow Mask R-CNN that is rebuilt as ONNX",
            hint="leave --lossy-proposals out, or add --engine openvino or --engine onnxruntime",
        )
    return made


def unknown_family(spec: ModelSpec) -> ModelError:
    """The error for a description whose family nothing reads."""
    return ModelError(
        f"model {spec.name} is of family {spec.family!r}, which this version cannot read",
        hint=f"known families: {', '.join(sorted([*FAMILIES, 'motion']))}",
    )
