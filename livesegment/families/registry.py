"""Families by name: a model's description and files become a family."""

from collections.abc import Callable, Mapping

from livesegment.builtin import colour_shapes
from livesegment.errors import ModelError
from livesegment.families.base import Family
from livesegment.families.mask_rcnn import MaskRcnn
from livesegment.families.yolo_seg import YoloSeg
from livesegment.spec import ModelSpec
from livesegment.store import Model, find_spec

Size = tuple[int, int] | None


def _mask_rcnn(model: Model, contents: Mapping[str, bytes], size: Size) -> Family:
    weights = _needed(model, contents, "weights")
    try:
        graph = _needed(model, contents, "graph").decode("utf-8")
    except UnicodeDecodeError as error:
        raise ModelError(f"{model.paths['graph']} is no text graph: {error}") from error
    labels = model.spec.labels or find_spec("mask-rcnn-inception-v2-coco").labels
    return MaskRcnn(weights, graph, labels, name=str(model.paths["weights"]), input_size=size)


def _yolo_seg(model: Model, contents: Mapping[str, bytes], size: Size) -> Family:
    return YoloSeg(
        _needed(model, contents, "weights"),
        name=str(model.paths["weights"]),
        labels=model.spec.labels,
        input_size=size,
    )


def _builtin(model: Model, contents: Mapping[str, bytes], size: Size) -> Family:
    del contents
    weights, graph = colour_shapes.build()
    return MaskRcnn(weights, graph, model.spec.labels, name=model.spec.name, input_size=size)


FAMILIES: dict[str, Callable[[Model, Mapping[str, bytes], Size], Family]] = {
    "mask-rcnn": _mask_rcnn,
    "yolo-seg": _yolo_seg,
    "builtin": _builtin,
}


def load_family(model: Model, input_size: Size = None) -> Family:
    """Read a model's files into its family.

    Args:
        model: description and paths.
        input_size: (width, height) asked for, over the description's.

    Raises:
        ModelError: a file cannot be read or is not what the family expects.
    """
    make = FAMILIES.get(model.spec.family)
    if make is None:
        raise unknown_family(model.spec)
    contents: dict[str, bytes] = {}
    for role, path in model.paths.items():
        try:
            contents[role] = path.read_bytes()
        except OSError as error:
            raise ModelError(f"cannot read {path}: {error.strerror}") from error
    return make(model, contents, input_size or model.spec.input_size)


def _needed(model: Model, contents: Mapping[str, bytes], role: str) -> bytes:
    if role not in contents:
        raise ModelError(
            f"the description of {model.spec.name} names no {role} file",
            hint=f'add a [[files]] table with role = "{role}"',
        )
    return contents[role]


def unknown_family(spec: ModelSpec) -> ModelError:
    """The error for a description whose family nothing reads."""
    return ModelError(
        f"model {spec.name} is of family {spec.family!r}, which this version cannot read",
        hint=f"known families: {', '.join(sorted([*FAMILIES, 'motion']))}",
    )
