"""Mask R-CNN run plainly and cut in two: time, and whether it is the same bits.

    python -m tests.benchmarks.mask_rcnn WEIGHTS.pb PICTURE [--size 854x480] [--runs 5]

WEIGHTS.pb has its text graph, WEIGHTS.pbtxt, beside it.
"""

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livesegment.cli.values import size
from livesegment.engines.opencv import IS_5, OpenCvEngine
from livesegment.families.base import Thresholds
from livesegment.families.mask_rcnn import DETECTIONS, MASKS, MaskRcnn
from livesegment.sources.capture import as_bgr


def main() -> None:
    """Run both and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--size", default="854x480")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    weights = given.weights.read_bytes()
    graph = given.weights.with_suffix(".pbtxt").read_text("utf-8")
    image = np.asarray(
        cv2.resize(as_bgr(cv2.imread(str(given.picture))), size(given.size, "--size")), np.uint8
    )

    family = MaskRcnn(weights, graph, (), name=given.weights.name)
    first, second = (OpenCvEngine(network) for network in family.networks)
    options: dict[str, Any] = {"engine": cv2.dnn.ENGINE_CLASSIC} if IS_5 else {}
    plain = cv2.dnn.readNetFromTensorflow(
        np.frombuffer(weights, np.uint8), np.frombuffer(graph.encode(), np.uint8), **options
    )
    thresholds = Thresholds()
    spent: dict[str, list[float]] = {"plain": [], "split": []}
    same = True
    for _ in range(given.runs + 1):
        started = time.perf_counter()
        inputs, _ = family.prepare(image)
        plain.setInput(inputs["image_tensor"])
        detections, masks = plain.forward([DETECTIONS, MASKS])
        between = time.perf_counter()
        inputs, _ = family.prepare(image)
        outputs = dict(first.run(inputs))
        rest = family.relay(outputs, thresholds)
        made = second.run(rest)[MASKS] if rest else masks[:0]
        spent["plain"].append(between - started)
        spent["split"].append(time.perf_counter() - between)
        kept = detections[0, 0, :, 2] > thresholds.score
        same &= np.array_equal(masks[np.flatnonzero(kept)], made)
        same &= rest is None or np.array_equal(detections[0, 0][kept], rest["rois"][0, 0])
    medians = {key: round(1000 * statistics.median(values[1:]), 1) for key, values in spent.items()}
    result = {
        "opencv": cv2.__version__,
        "size": given.size,
        "instances": int(kept.sum()),
        "same bits": bool(same),
        "milliseconds": medians,
        "ratio": round(medians["plain"] / medians["split"], 2),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
