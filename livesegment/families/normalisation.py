"""From a picture's bytes to the numbers that a network was trained on."""

import ast
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.errors import ModelError
from livesegment.families.onnx_header import OnnxHeader
from livesegment.frame import Image

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Normalisation:
    """What is taken off each colour and what the rest is divided by."""

    mean: Colour
    """Red, green, blue, of 0..255."""
    deviation: Colour
    channels_last: bool = False
    """Whether the tensor is (1, h, w, 3) and not (1, 3, h, w)."""

    @classmethod
    def stated(cls, header: OnnxHeader, name: str) -> "Normalisation | None":
        """What the file's metadata say, under `mean` and `std`; None where they say nothing.

        No exporter writes them: they are for the user of a network that was trained otherwise.

        Raises:
            ModelError: they are no three numbers.
        """
        said = [header.metadata.get(key, "") for key in ("mean", "std")]
        if not all(said):
            return None
        try:
            mean, deviation = (tuple(float(part) for part in ast.literal_eval(t)) for t in said)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            mean = deviation = ()
        if len(mean) != 3 or len(deviation) != 3 or not all(part > 0 for part in deviation):
            raise ModelError(
                f"{name}: metadata mean {said[0]!r} and std {said[1]!r} are not three numbers each",
                hint='write them as "[123.7, 116.3, 103.5]": red, green, blue, of 0..255',
            )
        return cls((mean[0], mean[1], mean[2]), (deviation[0], deviation[1], deviation[2]))

    def tensor(self, image: Image) -> NDArray[np.float32]:
        """The network's input for a BGR picture that has its size already."""
        rgb = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.float32)
        rgb -= np.array(self.mean, np.float32)
        rgb /= np.array(self.deviation, np.float32)
        return (
            rgb[None] if self.channels_last else np.ascontiguousarray(rgb.transpose(2, 0, 1)[None])
        )


def write_planes(image: Image, planes: NDArray[np.float32], *, scale: float = 1.0) -> None:
    """Write a picture as planes of red, green and blue.

    Into an array of numpy's: that asks the system for large pages, where OpenCV's own
    `blobFromImage` can spend three times the time of its work on getting small ones.

    Args:
        image: (h, w, 3) BGR.
        planes: (3, h, w) float32, written to; may be part of a larger array.
        scale: what every value is multiplied by.
    """
    ordered = np.ascontiguousarray(image.transpose(2, 0, 1)[::-1])
    np.multiply(ordered, np.float32(scale), out=planes)


IMAGENET = Normalisation((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
"""torchvision's and most others': mean and deviation of ImageNet's pictures."""
CENTRED = Normalisation((127.5, 127.5, 127.5), (127.5, 127.5, 127.5))
"""-1..1, as PaddleSeg and TensorFlow's DeepLab have it."""
UNIT = Normalisation((0, 0, 0), (255, 255, 255))
"""0..1, as Ultralytics and Darknet have it."""
BYTES = Normalisation((0, 0, 0), (1, 1, 1))
"""0..255, for networks that normalise by themselves."""
