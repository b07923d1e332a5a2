"""Moving pictures whose masks are known, and a segmenter that is late."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.carrying.base import Carrier
from livesegment.frame import Frame, Image
from livesegment.instances import Instances, Mask, Segmentation

FPS = 30.0
SIZE = (480, 360)
Truth: TypeAlias = Callable[[int], Instances]
Picture: TypeAlias = Callable[[int], Image]


def texture(size: tuple[int, int] = SIZE, seed: int = 0) -> Image:
    """A picture with edges at every scale; (width, height)."""
    rng = np.random.default_rng(seed)
    whole = np.zeros((size[1], size[0], 3), np.float32)
    for cells, height in ((8, 70), (24, 45), (60, 25)):
        coarse = rng.normal(0, height, (cells, cells, 3)).astype(np.float32)
        whole += cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    return np.clip(whole + 128, 0, 255).astype(np.uint8)


def disc(
    centre: tuple[float, float], radius: float, size: tuple[int, int] = SIZE
) -> NDArray[np.bool_]:
    """A full-frame mask (h, w)."""
    y, x = np.mgrid[: size[1], : size[0]]
    inside: NDArray[np.bool_] = np.hypot(x - centre[0], y - centre[1]) <= radius
    return inside


def found(
    masks: Iterable[NDArray[np.bool_]], class_ids: Iterable[int] | None = None, score: float = 0.9
) -> Instances:
    """Full-frame masks (h, w) as instances; empty ones are left out."""
    masks = list(masks)
    ids = list(class_ids) if class_ids is not None else [0] * len(masks)
    rows: list[tuple[tuple[int, int, int, int], int, Mask]] = []
    for mask, class_id in zip(masks, ids, strict=True):
        x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
        if width:
            rows.append(
                ((x, y, x + width, y + height), class_id, mask[y : y + height, x : x + width])
            )
    return Instances.from_rows(
        [row[0] for row in rows],
        [score] * len(rows),
        [row[1] for row in rows],
        [row[2] for row in rows],
    )


def whole(instances: Instances, size: tuple[int, int] = SIZE) -> NDArray[np.bool_]:
    """All masks as one, (h, w)."""
    together = np.zeros((size[1], size[0]), bool)
    for (x1, y1, x2, y2), mask in zip(instances.regions.tolist(), instances.masks, strict=True):
        together[y1:y2, x1:x2] |= mask
    return together


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union; 1 where both are empty."""
    union = np.count_nonzero(one | other)
    return float(np.count_nonzero(one & other) / union) if union else 1.0


def frame(image: Image, index: int, at: float | None = None) -> Frame:
    """A frame of a film of 30 a second."""
    return Frame(image, index, index / FPS if at is None else at, index / FPS)


def result(instances: Instances, of: Frame) -> Segmentation:
    """What a segmenter says of a frame."""
    return Segmentation(instances, of.index, of.captured_at, of.size)


def play(
    carrier: Carrier,
    picture: Picture,
    truth: Truth,
    frames: int,
    latency: int,
    *,
    expects: bool = True,
) -> Iterator[tuple[int, Instances]]:
    """Run a film with a segmenter that takes `latency` frames and the newest frame when free.

    Yields:
        The frame's number and what is shown on it.
    """
    taken: Frame | None = None
    for index in range(frames):
        newest = frame(picture(index), index)
        if taken is not None and index - taken.index >= latency:
            carrier.correct(result(truth(taken.index), taken))
            taken = None
        if taken is None:
            taken = newest
            if expects:
                carrier.expect(index)
        yield index, carrier.advance(newest)
