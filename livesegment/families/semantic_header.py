"""What the ONNX file of a semantic segmentation network says of itself.

The output is a map of the picture: (1, classes, h, w) or (1, h, w, classes) scores, one of them
where there is only something and nothing, or (1, h, w) or (1, 1, h, w) class ids. Ids are told by
their type: a network that ends in ArgMax gives whole numbers.
"""

from dataclasses import dataclass

from livesegment.errors import ModelError
from livesegment.families.known_classes import CITYSCAPES, PASCAL_VOC, numbered
from livesegment.families.normalisation import BYTES, CENTRED, IMAGENET, UNIT, Normalisation
from livesegment.families.onnx_header import OnnxHeader
from livesegment.families.yolo_header import class_names

FLOATS = frozenset({0, 1, 10, 11, 16})
"""TensorProto.DataType: unknown, float, float16, double, bfloat16."""
UINT8 = 2
MOST_CLASSES = 200
"""More channels are a feature map, as of a backbone or of SAM's encoder."""
COARSEST = 33
"""A cell is at most so many input pixels wide: DeepLab's are 8 or 16, a backbone's 32."""
DEFAULT_SIDE = 512
PUBLISHED = {
    1: ("foreground",),
    2: ("background", "person"),
    len(PASCAL_VOC) + 1: ("background", *PASCAL_VOC),
    len(CITYSCAPES): CITYSCAPES,
}
NO_BACKGROUND = frozenset({1, 19, 150, 171})
"""Numbers of classes of networks for which every pixel is something: Cityscapes, ADE20K, COCO."""


@dataclass(frozen=True, slots=True)
class Map:
    """The output that is a map of the picture."""

    name: str
    channels: int
    """Classes; 0: the output is class ids."""
    axis: int
    """Of the channels, in the output as it comes."""


def find_map(header: OnnxHeader) -> Map | None:
    """The one output that can be a map, or None; auxiliary ones, as of torchvision, are left."""
    if picture(header) is None:
        return None
    names = [name for name in header.outputs if not name.lower().startswith("aux")]
    return _as_map(header, names[0]) if len(names) == 1 else None


def picture(header: OnnxHeader) -> tuple[int, int, bool] | None:
    """(width, height, channels last) of the one picture that goes in; a side of 0 is not fixed."""
    shapes = list(header.inputs.values())
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][0] > 1:
        return None
    _, a, b, c = shapes[0]
    if a == 3 or (a == 0 and c != 3):
        return c, b, False
    return (b, a, True) if c == 3 else None


def input_size(header: OnnxHeader, name: str, asked: tuple[int, int] | None) -> tuple[int, int]:
    """(width, height) of the network's input.

    Raises:
        ModelError: the file fixes another size than was asked for.
    """
    width, height, _ = picture(header) or (0, 0, False)
    if not (width and height):
        return asked or (DEFAULT_SIDE, DEFAULT_SIDE)
    if asked is not None and asked != (width, height):
        raise ModelError(
            f"{name} is fixed to {width}x{height}, so --input-size cannot change it",
            hint="export it again at the size wanted, or leave --input-size out",
        )
    return width, height


def by_ultralytics(header: OnnxHeader) -> bool:
    """Whether the picture is letterboxed and in 0..1, as Ultralytics has it."""
    return header.metadata.get("author") == "Ultralytics"


def normalisation(header: OnnxHeader, name: str) -> Normalisation:
    """What the picture's numbers are to be.

    The file's metadata `mean` and `std` come first. No exporter writes them, so else it is assumed:
    bytes as they are where the input takes bytes; Ultralytics' 0..1; -1..1 where the input is
    called `x`, as PaddlePaddle calls it, or channels come last, as TensorFlow has them; else
    ImageNet's mean and deviation.

    Raises:
        ModelError: the metadata hold something else.
    """
    _, _, channels_last = picture(header) or (0, 0, False)
    key = next(iter(header.inputs), "")
    if stated := Normalisation.stated(header, name):
        base = stated
    elif header.types.get(key) == UINT8:
        base = BYTES
    elif by_ultralytics(header):
        base = UNIT
    else:
        base = CENTRED if key == "x" or channels_last else IMAGENET
    return Normalisation(base.mean, base.deviation, channels_last)


def labels(header: OnnxHeader, name: str, channels: int, given: tuple[str, ...]) -> tuple[str, ...]:
    """Class names: those given, else the file's, else those that networks of so many have.

    Raises:
        ModelError: another number of names is given, or nothing says what ids there are.
    """
    named = given or class_names(header)
    if channels == 0 and not named:
        raise ModelError(
            f"{name} gives class ids and does not say of what",
            hint="put the class names, one a line in the order of ids, into a file beside it, "
            "of the same name with .names",
        )
    if channels and named and len(named) != channels:
        raise ModelError(
            f"{name} tells {channels} classes apart, but {len(named)} names are given",
            hint="the background needs a name too where the network has one",
        )
    return named or PUBLISHED.get(channels) or ("background", *numbered(channels)[1:])


def background(names: tuple[str, ...], *, named: bool) -> frozenset[int]:
    """The classes that are no object.

    Args:
        names: of the classes.
        named: whether the user or the file gave them; if not, the first is none unless it is known
            that networks of so many classes have no background.
    """
    blank = frozenset(
        i for i, name in enumerate(names) if name.strip("_ ").lower() in {"background", "unlabeled"}
    )
    if blank or named or len(names) in NO_BACKGROUND:
        return blank
    return frozenset({0})


def _as_map(header: OnnxHeader, name: str) -> Map | None:
    shape, whole = header.outputs[name], header.types.get(name, 0) not in FLOATS
    width, height, channels_last = picture(header) or (0, 0, False)
    if len(shape) == 3 and shape[0] <= 1:
        fits = _same_view(shape[2], shape[1], width, height)
        known = all(shape[1:]) and width and height
        return Map(name, 0 if whole else 1, 1) if fits and (known or whole) else None
    if len(shape) != 4 or shape[0] > 1:
        return None
    first = Map(name, shape[1], 1) if _same_view(shape[3], shape[2], width, height) else None
    last = Map(name, shape[3], 3) if _same_view(shape[2], shape[1], width, height) else None
    either = (last, first) if channels_last else (first, last)
    found = next((item for item in either if item and 1 <= item.channels <= MOST_CLASSES), None)
    if found and whole:
        return Map(name, 0, found.axis) if found.channels == 1 else None
    return found


def _same_view(columns: int, rows: int, width: int, height: int) -> bool:
    """Whether a grid can be the input's: of its shape, no finer, and not too coarse."""
    if not (columns and rows and width and height):
        return True
    return (
        columns <= width
        and rows <= height
        and columns * COARSEST >= width
        and rows * COARSEST >= height
        # Rounding at each halving may lose a cell a side.
        and abs(columns * height - rows * width) <= 2 * max(width, height)
    )
