"""Decode and overlay of 30 instances at 1080p: masks that cover their box, and full-frame masks.

    python -m tests.benchmarks.overlay [--runs 15]

One thread. Both sides start from the same boxes and the same 15x15 mask probabilities (Mask R-CNN)
and end with the same tinted picture. The full-frame side does what notebooks do: a (1080, 1920)
mask for each object, and boolean indexing.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.compositing import overlay
from livesegment.compositing.look import Look, compose
from livesegment.compositing.palette import colours
from livesegment.families.mask_rows import paste_mask
from livesegment.frame import Image
from livesegment.geometry import clip_boxes
from livesegment.instances import Instances

SIZE = (1920, 1080)
COUNT = 30
LABELS = tuple(f"thing {i}" for i in range(10))


def scene() -> tuple[Image, NDArray[np.float32], NDArray[np.float32]]:
    """A noisy picture, 30 boxes of 80 to 320 pixels a side, and their masks."""
    rng = np.random.default_rng(1)
    image = rng.integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8)
    sides = rng.uniform(80, 320, (COUNT, 2))
    corners = rng.uniform(0, 1, (COUNT, 2)) * (np.array(SIZE) - sides)
    boxes = np.concatenate((corners, corners + sides), axis=1).astype(np.float32)
    ys, xs = np.mgrid[-1:1:15j, -1:1:15j]
    masks = np.stack([1 / (1 + np.exp(8 * (xs**2 + ys**2 - 0.8)))] * COUNT).astype(np.float32)
    return image, boxes, masks


def decode(boxes: NDArray[np.float32], masks: NDArray[np.float32]) -> Instances:
    """Masks in their boxes."""
    clipped = clip_boxes(boxes, SIZE)
    crops = [
        paste_mask(mask, box, cut, 0.5)
        for mask, box, cut in zip(masks, boxes, clipped, strict=True)
    ]
    return Instances.from_rows(clipped, np.full(COUNT, 0.9), np.arange(COUNT) % 10, crops)


def full_frame(image: Image, boxes: NDArray[np.float32], masks: NDArray[np.float32]) -> Image:
    """Masks as large as the frame, tinted by boolean indexing."""
    picture = image.copy()
    for i, (x1, y1, x2, y2) in enumerate(boxes.astype(int).tolist()):
        whole = np.zeros((SIZE[1], SIZE[0]), np.bool_)
        whole[y1:y2, x1:x2] = cv2.resize(masks[i], (x2 - x1, y2 - y1)) > 0.5
        picture[whole] = (0.4 * picture[whole] + 0.6 * np.array([40, 200, 90])).astype(np.uint8)
    return picture


def milliseconds(work: Callable[[], object], runs: int) -> float:
    """Median of several runs after one to warm up."""
    work()
    spent = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        spent.append(1000 * (time.perf_counter() - started))
    return round(statistics.median(spent), 2)


def main() -> None:
    """Run both and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    cv2.setNumThreads(1)
    image, boxes, masks = scene()
    found = decode(boxes, masks)
    ours = {
        "decode": milliseconds(lambda: decode(boxes, masks), runs),
        "tint": milliseconds(lambda: overlay.fill(image.copy(), found, colours(found), 0.6), runs),
        "overlay (tint, outlines, labels)": milliseconds(
            lambda: compose(image, found, LABELS, Look()), runs
        ),
    }
    theirs = {"decode and tint": milliseconds(lambda: full_frame(image, boxes, masks), runs)}
    ratio = theirs["decode and tint"] / (ours["decode"] + ours["tint"])
    result = {
        "opencv": cv2.__version__,
        "milliseconds, masks in their boxes": ours,
        "milliseconds, full-frame masks": theirs,
        "ratio, decode and tint": round(ratio, 1),
        "megabytes of masks": {
            "in their boxes": round(sum(mask.nbytes for mask in found.masks) / 1e6, 2),
            "full-frame": round(COUNT * SIZE[0] * SIZE[1] / 1e6, 2),
        },
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
