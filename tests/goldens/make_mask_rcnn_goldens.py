"""Write the golden answer of a Mask R-CNN of TensorFlow's, as an OpenCV that reads it gives it.

    python -m tests.goldens.make_mask_rcnn_goldens [WEIGHTS.pb GRAPH.pbtxt] > GOLDEN.json

Without files it is the built-in model's. OpenCV runs the whole graph by itself here; of livesegment
there is only the picture, and how it becomes a tensor. The answers belong into
`livesegment/segmenters/proof/goldens`.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from livesegment.builtin import colour_shapes
from livesegment.engines import capabilities
from livesegment.network import Format, Network
from livesegment.segmenters.proof.engine_proof import MASKS_COMPARED, proof_picture
from livesegment.segmenters.proof.golden import sum_of

OUTPUTS = ["detection_out_final", "detection_masks"]
DIGITS = 7
"""Significant ones; float32 has no more."""


def main() -> None:
    """Read the files, run them, print the answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    files = parser.parse_args().files
    weights, graph = colour_shapes.build()
    if files:
        weights, graph = files[0].read_bytes(), files[1].read_text("utf-8")
    net = capabilities.reader(Format.TENSORFLOW)(
        np.frombuffer(weights, np.uint8), np.frombuffer(graph.encode(), np.uint8)
    )
    net.setInput(cv2.dnn.blobFromImage(proof_picture(), swapRB=True))
    found, masks = net.forward(OUTPUTS)
    rows = found[0, 0]
    there = np.flatnonzero((rows[:, 5] > rows[:, 3]) & (rows[:, 6] > rows[:, 4]))
    own = [masks[i, int(rows[i, 1])] for i in there[:MASKS_COMPARED]]
    answer = {
        "model": files[0].name if files else "colour-shapes",
        "sum": sum_of(Network("", Format.TENSORFLOW, weights, (), graph)),
        "name": f"OpenCV {cv2.__version__}",
        "rows": [_short(row) for row in rows[there]],
        "masks": [[_short(line) for line in mask] for mask in own],
    }
    print(json.dumps(answer, indent=1))  # noqa: T201 -- this is the output


def _short(numbers: np.ndarray) -> list[float]:
    return [float(f"{number:.{DIGITS}g}") for number in numbers]


if __name__ == "__main__":
    main()
