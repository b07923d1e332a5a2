"""Families by name: a model's description and files become a family."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from livesegment.builtin import colour_shapes
from livesegment.errors import ModelError
from livesegment.families.base import Family
from livesegment.families.mask_rcnn import MaskRcnn
from livesegment.families.recognise import recognise
from livesegment.families.yolo_seg import YoloSeg
from livesegment.network import Format
from livesegment.spec import ModelSpec
from livesegment.store import Model, find_spec


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
    labels = request.model.spec.labels or find_spec("mask-rcnn-inception-v2-coco").labels
    return MaskRcnn(weights, graph, labels, name=request.name, input_size=request.input_size)


def _yolo_seg(request: Request) -> Family:
    return YoloSeg(
        request.needed("weights"),
        name=request.name,
        labels=request.model.spec.labels,
        input_size=request.input_size,
    )


def _builtin(request: Request) -> Family:
    weights, graph = colour_shapes.build()
    spec = request.model.spec
    return MaskRcnn(weights, graph, spec.labels, name=spec.name, input_size=request.input_size)


FAMILIES: dict[str, Callable[[Request], Family]] = {
    "mask-rcnn": _mask_rcnn,
    "yolo-seg": _yolo_seg,
    "builtin": _builtin,
}


def load_family(
    model: Model,
    input_size: tuple[int, int] | None = None,
    formats: frozenset[Format] = frozenset(Format),
) -> Family:
    """Read a model's files into its family.

    Args:
        model: description and paths.
        input_size: (width, height) asked for, over the description's.
        formats: what the engine reads; a family that can be had in several takes the one it
            prefers.

    Raises:
        ModelError: a file cannot be read or is not what the family expects.
        EngineError: the family cannot be had in any of the formats.
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
    return FAMILIES[family](Request(model, contents, size, formats))


def unknown_family(spec: ModelSpec) -> ModelError:
    """The error for a description whose family nothing reads."""
    return ModelError(
        f"model {spec.name} is of family {spec.family!r}, which this version cannot read",
        hint=f"known families: {', '.join(sorted([*FAMILIES, 'motion']))}",
    )
