"""What families of a single ONNX network share: its header, and the picture that goes in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.errors import ModelError
from livesegment.families.onnx_header import OnnxHeader
from livesegment.frame import Image
from livesegment.network import Tensors


@dataclass(frozen=True, slots=True)
class PictureInput:
    """The one input of a network: a picture of three channels, channels first."""

    name: str
    sides: int
    """4, or 3 where the network takes a picture without a batch around it."""
    size: tuple[int, int] | None
    """(width, height) in pixels; None: not fixed."""

    @classmethod
    def of(cls, header: OnnxHeader, name: str) -> Self:
        """Find it in a header.

        Raises:
            ModelError: `name`, the file, has other inputs.
        """
        shapes = list(header.inputs.values())
        shape = shapes[0] if len(shapes) == 1 else ()
        batch, channels = (shape[:-3], shape[-3]) if len(shape) in {3, 4} else ((), -1)
        if channels not in {0, 3} or any(side > 1 for side in batch):
            raise ModelError(f"{name}: the input must be one (1, 3, h, w) tensor, got {shapes}")
        height, width = shape[-2:]
        size = (width, height) if width and height else None
        return cls(next(iter(header.inputs)), len(shape), size)

    def agreed(self, asked: tuple[int, int] | None, name: str) -> tuple[int, int] | None:
        """The size (width, height) that is fixed or asked for, or None.

        Raises:
            ModelError: another size is asked for than the file has.
        """
        if self.size and asked and self.size != asked:
            raise ModelError(
                f"{name} is fixed to {self.size[0]}x{self.size[1]}, so --input-size cannot change "
                "it",
                hint="leave --input-size out, or export the model again at that size",
            )
        return self.size or asked

    def tensors(self, planes: NDArray[np.float32]) -> Tensors:
        """The network's inputs for planes (3, h, w)."""
        return {self.name: planes if self.sides == 3 else planes[None]}


def read_header(weights: bytes, name: str) -> OnnxHeader:
    """The header of a file called `name`; no engine gets one that refers to other files.

    Raises:
        ModelError: the bytes are no ONNX model, or not all of it.
    """
    try:
        header = OnnxHeader.parse(weights)
    except ValueError as error:
        raise ModelError(
            f"{name} is damaged or no ONNX model: {error}",
            hint="export or fetch the file again: it may have been cut off",
        ) from error
    if header.external:
        raise ModelError(
            f"{name} keeps its weights in another file, {header.external}",
            hint="put them into one, in Python: import onnx; "
            f'onnx.save(onnx.load("{name}"), "whole.onnx"); or torch.onnx.export(..., '
            "external_data=False)",
        )
    return header


def listed(shapes: dict[str, tuple[int, ...]]) -> str:
    """Names and shapes of tensors, for messages."""
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "none"


def check_class(class_ids: NDArray[np.integer], labels: Sequence[str], name: str) -> None:
    """Make sure that every class found has a name.

    Raises:
        ModelError: one has none.
    """
    highest = int(class_ids.max(initial=-1))
    if highest >= len(labels):
        raise ModelError(
            f"{name}: class {highest} found, but only {len(labels)} classes have names",
            hint="write the class names, one a line, into a .names file beside the model",
        )


def resized(image: Image, size: tuple[int, int]) -> Image:
    """The picture at `size` (width, height); bilinear, as the networks' own code does it."""
    if (image.shape[1], image.shape[0]) == size:
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
