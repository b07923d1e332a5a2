"""Which family an ONNX file is of, told by what the file says of itself."""

from collections.abc import Callable
from dataclasses import dataclass

from livesegment.errors import ModelError
from livesegment.families import yolo_seg
from livesegment.families.onnx_header import OnnxHeader
from livesegment.store import Model


@dataclass(frozen=True, slots=True)
class Recognised:
    """A family, and how it was told."""

    family: str
    """A key of `FAMILIES`."""
    by: str
    """Half a sentence: "the predictions and prototypes among its outputs"."""


RECOGNISERS: dict[str, Callable[[OnnxHeader], str]] = {
    "yolo-seg": yolo_seg.recognises,
}
"""Family -> what says how it knew a header, empty where it does not; the first that knows wins."""


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
    try:
        header = OnnxHeader.parse(weights)
    except ValueError as error:
        raise ModelError(
            f"{name} is damaged or no ONNX model: {error}",
            hint="export or fetch the file again: it may have been cut off",
        ) from error
    for family, recognises in RECOGNISERS.items():
        if by := recognises(header):
            return Recognised(family, by)
    # The family that most files are of says best what it misses.
    return Recognised("yolo-seg", "nothing")
