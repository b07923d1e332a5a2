"""Drawn pictures, and whether a network's family found what is in them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.instances import Instances
from livesegment.segmenters.base import Segmenter
from livesegment.segmenters.load import load_segmenter
from livesegment.store import find_model
from tests.families.onnx_networks import GREEN, RED

every_engine = pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
"""OpenCV's DNN module reads some of these networks and not others; neither is a promise."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A grey picture with a red ellipse and a green rectangle, and where they are."""

    image: NDArray[np.uint8]
    """BGR."""
    red: NDArray[np.bool_]
    """(h, w)."""
    green: NDArray[np.bool_]

    @classmethod
    def of(cls, width: int, height: int) -> "Drawing":
        """One of any size; the ellipse is cut by the picture's left edge."""
        y, x = (np.indices((height, width)) + 0.5) / np.reshape([height, width], (2, 1, 1))
        red = np.asarray(((x - 0.15) / 0.3) ** 2 + ((y - 0.5) / 0.4) ** 2 < 1)
        green = np.asarray((x > 0.6) & (x < 0.9) & (y > 0.25) & (y < 0.8))
        image = np.full((height, width, 3), 127, np.uint8)
        image[red], image[green] = (0, 0, 255), (0, 255, 0)
        return cls(image, red, green)


def box_of(truth: NDArray[np.bool_]) -> list[int]:
    """x1, y1, x2, y2 of what is true, the last two exclusive."""
    ys, xs = np.nonzero(truth)
    return [int(v) for v in (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)]


def segmenter_of(
    network: bytes, folder: Path, engine: str, input_size: tuple[int, int] | None = None
) -> Segmenter:
    """A network's file, loaded as a user's own is: its family is told by its header."""
    path = folder / "colours.onnx"
    path.write_bytes(network)
    thresholds = Thresholds(score=0.3)
    return load_segmenter(find_model(str(path)), thresholds, engine=engine, input_size=input_size)


def check_found(
    segmenter: Segmenter,
    size: tuple[int, int],
    classes: tuple[str, str] = ("car", "person"),
    *,
    pixels: float = 1,
) -> None:
    """Red comes first, then green, each with its class, score, box and mask.

    Args:
        segmenter: what is tried.
        size: (width, height) of the picture.
        classes: names of red's and green's.
        pixels: how far off a box may be.
    """
    drawing = Drawing.of(*size)
    found = segmenter.segment(Frame(drawing.image, 0, 0.0, 0.0)).instances
    assert [segmenter.labels[i] for i in found.class_ids] == list(classes)
    np.testing.assert_allclose(found.scores, [RED, GREEN], atol=1e-3)
    for row, truth in enumerate((drawing.red, drawing.green)):
        np.testing.assert_allclose(found.boxes[row], box_of(truth), atol=pixels)
        mask = whole_mask(found, row, size)
        assert np.count_nonzero(mask & truth) / np.count_nonzero(mask | truth) > 0.95


def whole_mask(found: Instances, row: int, size: tuple[int, int]) -> NDArray[np.bool_]:
    """An instance's mask over the whole frame of `size` (width, height)."""
    mask = np.zeros((size[1], size[0]), np.bool_)
    x1, y1, x2, y2 = found.regions[row].tolist()
    mask[y1:y2, x1:x2] = found.masks[row]
    return mask
