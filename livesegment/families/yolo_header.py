"""What the ONNX file of a YOLO segmentation network says of itself."""

import ast
import math

from livesegment.errors import ModelError
from livesegment.families.onnx_header import OnnxHeader

STRIDES = (8, 16, 32)
"""Input pixels a cell, for each of the three grids of candidates."""
EXPORT_HINT = "export a -seg model: yolo export model=yolov8n-seg.pt format=onnx"


def output_names(header: OnnxHeader, name: str) -> tuple[str, str]:
    """Names of the predictions and the prototypes, told apart by their number of sides."""
    by_sides = {len(shape): output for output, shape in header.outputs.items()}
    if len(header.outputs) != 2 or set(by_sides) != {3, 4}:
        shapes = ", ".join(f"{key} {shape}" for key, shape in header.outputs.items()) or "none"
        raise ModelError(
            f"{name}: outputs are {shapes}; a YOLO segmentation model has predictions with 3 "
            "sides and prototypes with 4",
            hint=EXPORT_HINT,
        )
    return by_sides[3], by_sides[4]


def input_size(header: OnnxHeader, name: str, asked: tuple[int, int] | None) -> tuple[int, int]:
    """(width, height) of the network's input.

    Raises:
        ModelError: the file fixes another size than was asked for, or holds no picture input.
    """
    shapes = list(header.inputs.values())
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][0] > 1 or shapes[0][1] not in {0, 3}:
        raise ModelError(f"{name}: the input must be one (1, 3, h, w) tensor, got {shapes}")
    _, _, height, width = shapes[0]
    if height and width:
        if asked is not None and asked != (width, height):
            raise ModelError(
                f"{name} is fixed to {width}x{height}, so --input-size cannot change it",
                hint=f"export it with imgsz={max(asked)}, or with dynamic=True",
            )
        return width, height
    if asked is None:
        stated = _literal(header.metadata.get("imgsz", ""))
        sides = stated if isinstance(stated, list) else []
        usable = len(sides) == 2 and all(isinstance(side, int) and side > 0 for side in sides)
        asked = (sides[1], sides[0]) if usable else (640, 640)
    stride = max(STRIDES)
    return math.ceil(asked[0] / stride) * stride, math.ceil(asked[1] / stride) * stride


def class_names(header: OnnxHeader) -> tuple[str, ...]:
    """Class names in the order of ids, from the metadata; empty where it has none."""
    names = _literal(header.metadata.get("names", ""))
    if isinstance(names, dict):
        try:
            return tuple(str(names[key]) for key in sorted(names, key=int))
        except (TypeError, ValueError):
            return ()
    return tuple(str(name) for name in names) if isinstance(names, list) else ()


def _literal(text: str) -> object:
    """A Python literal, or None where the text is none."""
    try:
        value: object = ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return value
