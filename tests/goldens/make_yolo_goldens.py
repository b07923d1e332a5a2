# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "ultralytics==8.4.190",
#     "onnxruntime==1.32.0",
#     "onnx==1.23.2",
#     "torch==2.15.0",
#     "torchvision==0.29.2",
#     "opencv-python==5.0.0.93",
#     "numpy==2.4.6",
#     "pycocotools==2.0.11",
# ]
# ///
"""Write golden answers of a YOLO segmentation network, decoded by the ultralytics package.

Ultralytics is the reference decoder: nothing of livesegment is imported here, so that the answers
are a second opinion. README.md beside this file says how to run it.
"""

import argparse
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco_mask  # type: ignore[import-untyped,unused-ignore]
from ultralytics import YOLO  # type: ignore[import-not-found,attr-defined,unused-ignore]

SCORE = 0.5
NMS = 0.45
MAX_INSTANCES = 100
PACKAGES = ("ultralytics", "onnxruntime", "torch", "numpy", "pycocotools")


def made_by() -> str:
    """Name the exact versions that decide the answers."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{packages}, OpenCV {cv2.__version__}, Python {platform.python_version()}"


def run_lengths(mask: npt.NDArray[np.bool_]) -> str:
    """Compress a full-frame mask.

    Args:
        mask: bool (h, w).

    Returns:
        The `counts` string of a COCO compressed run-length encoding.
    """
    encoded: Any = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    return str(encoded["counts"], "ascii")


def describe(result: Any) -> dict[str, Any]:
    """Turn one picture's `ultralytics.engine.results.Results` into plain values.

    Args:
        result: the decoded picture; its masks are at the picture's own size.

    Returns:
        `size` as [h, w] and `instances`, highest score first, boxes as xyxy in picture pixels.
    """
    height, width = result.orig_shape
    instances: list[dict[str, Any]] = []
    if result.masks is not None:
        columns = zip(
            result.boxes.cls.int().tolist(),
            result.boxes.conf.tolist(),
            result.boxes.xyxy.tolist(),
            result.masks.data.cpu().numpy() > 0,
            strict=True,
        )
        instances = [
            {
                "class_id": class_id,
                "score": round(score, 4),
                "bbox": [round(edge, 1) for edge in box],
                "counts": run_lengths(mask),
            }
            for class_id, score, box, mask in columns
        ]
    return {"size": [height, width], "instances": instances}


def write(path: Path, pictures: dict[str, dict[str, Any]]) -> None:
    """Write the answers as JSON, one picture a line, so that a diff shows which one changed.

    Args:
        path: the file to write.
        pictures: what `describe` gave, by the picture's file name.
    """
    head = {"made_by": made_by(), "score": SCORE, "nms": NMS}
    lines = [f"{json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    rows = [
        f"{json.dumps(name)}: {json.dumps(pictures[name], separators=(',', ':'))}"
        for name in sorted(pictures)
    ]
    path.write_text(
        "{\n" + "\n".join(lines) + '\n"images": {\n' + ",\n".join(rows) + "\n}\n}\n",
        encoding="utf-8",
    )


def main() -> None:
    """Decode every JPEG of a folder and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="a YOLO segmentation network as ONNX")
    parser.add_argument("images", type=Path, help="a folder of .jpg pictures")
    parser.add_argument("output", type=Path, help="the JSON file to write")
    options = parser.parse_args()

    model = YOLO(str(options.model), task="segment")
    pictures: dict[str, dict[str, Any]] = {}
    for path in sorted(options.images.glob("*.jpg")):
        (result,) = model.predict(
            str(path),
            conf=SCORE,
            iou=NMS,
            max_det=MAX_INSTANCES,
            agnostic_nms=False,
            retina_masks=True,
            rect=False,
            device="cpu",
            verbose=False,
        )
        pictures[path.name] = describe(result)
    write(options.output, pictures)


if __name__ == "__main__":
    main()
