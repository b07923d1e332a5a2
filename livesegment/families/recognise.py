"""Which family an ONNX file is of, told by what the file says of itself."""

from collections.abc import Callable
from dataclasses import dataclass

from livesegment.errors import ModelError
from livesegment.families import (
    rf_detr_seg,
    rtmdet_ins,
    semantic,
    torchvision_mask_rcnn,
    yolact,
    yolo_seg,
)
from livesegment.families.onnx_header import OnnxHeader
from livesegment.families.refusal import refusal
from livesegment.families.single_onnx import read_header
from livesegment.store import Model


@dataclass(frozen=True, slots=True)
class Recognised:
    """A family, and how it was told."""

    family: str
    """A key of `FAMILIES`."""
    by: str
    """Half a sentence: "the predictions and prototypes among its outputs"."""
    licence: str = ""
    """As the file states it; empty: it does not."""


RECOGNISERS: dict[str, Callable[[OnnxHeader], str]] = {
    "yolo-seg": yolo_seg.recognises,
    "yolact": yolact.recognises,
    "onnx-mask-rcnn": torchvision_mask_rcnn.recognises,
    "rtmdet-ins": rtmdet_ins.recognises,
    "rf-detr-seg": rf_detr_seg.recognises,
    "semantic": semantic.recognises,
}
"""Family -> what says how it knew a header, empty where it does not; the first that knows wins.

`semantic` comes last: it asks for least."""
LONGEST_LICENCE = 120


def recognise_model(model: Model) -> Recognised:
    """Find the family of a model of the user's.

    Raises:
        ModelError: a file cannot be read, is damaged, or of no known family.
    """
    if model.spec.family:
        return Recognised(model.spec.family, "the detections and masks that its text graph ends in")
    path = model.paths["weights"]
    try:
        return recognise(path.read_bytes(), str(path))
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror}") from error


def recognise(weights: bytes, name: str) -> Recognised:
    """Find the family of an ONNX file.

    Args:
        weights: the file's bytes.
        name: of the file, for messages.

    Raises:
        ModelError: the file is damaged, or of no known family.
    """
    header = read_header(weights, name)
    if header.metadata.get("task", "segment") not in {"segment", "semantic"}:
        raise refusal(header, name)
    for family, recognises in RECOGNISERS.items():
        if by := recognises(header):
            return Recognised(family, by, _licence(header))
    raise refusal(header, name)


def _licence(header: OnnxHeader) -> str:
    """What an exporter wrote of the licence, on one line: Ultralytics' does."""
    said = header.metadata.get("license", "") or header.metadata.get("licence", "")
    return " ".join(said.split())[:LONGEST_LICENCE]
