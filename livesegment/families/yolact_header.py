"""What the ONNX file of a YOLACT network says of itself, and the priors that go with it.

Its own code writes (dbolya/yolact, yolact.py): `loc` (1, n, 4), `conf` (1, n, 1 + classes),
`mask` (1, n, k) and `proto` (1, h, w, k), channels last; the forks that export to ONNX add the
priors (n, 4) or leave them out, order the outputs as they like, and may drop the first side.
"""

import math
from dataclasses import dataclass, field
from itertools import permutations, product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from livesegment.families.onnx_header import OnnxHeader

Shape: TypeAlias = tuple[int, ...]

EXPORT_HINT = (
    'export the raw outputs: torch.onnx.export(net, torch.zeros(1, 3, 550, 550), "yolact.onnx", '
    'output_names=["loc", "conf", "mask", "prior", "proto"])'
)
WORDS = {
    "boxes": ("loc", "box"),
    "classes": ("conf", "class", "score"),
    "coefficients": ("mask", "coef"),
    "priors": ("prior", "anchor"),
}
"""Role -> what its name may hold."""
BASE_SIDE = 550
SCALES = (24, 48, 96, 192, 384)
"""Side of the priors of each of the five grids, in pixels of a 550x550 input."""
RATIOS = (1.0, 0.5, 2.0)
FIRST_STRIDE = 8
PASCAL_SCALES = (32, 64, 128, 256, 512)
"""Of the one published network whose three priors are not square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Which output is what."""

    boxes: str
    classes: str
    coefficients: str
    prototypes: str
    priors: str = ""
    """Empty: not exported."""
    sizes: dict[str, Shape] = field(default_factory=dict)
    """Output -> shape without the batch."""

    @property
    def class_count(self) -> int:
        """Classes, the background not among them; 0: the file does not say."""
        return max(0, self.sizes[self.classes][-1] - 1)

    @property
    def candidates(self) -> int:
        """0: the file does not say."""
        return self.sizes[self.classes][0]

    @property
    def outputs(self) -> tuple[str, ...]:
        """All that are wanted."""
        wanted = (self.boxes, self.classes, self.coefficients, self.prototypes, self.priors)
        return tuple(name for name in wanted if name)


def find_roles(header: OnnxHeader) -> list[Roles]:
    """Who can be what by shape, and by name where shapes leave a choice.

    Returns:
        One where it is clear, none where it is no YOLACT, several where the names do not tell.
    """
    sizes = {name: without_batch(shape) for name, shape in header.outputs.items()}
    prototypes = [name for name, size in sizes.items() if len(size) == 3]
    rows = [name for name, size in sizes.items() if len(size) == 2]
    if len(prototypes) != 1 or len(rows) not in {3, 4} or len(rows) + 1 != len(sizes):
        return []
    if len({sizes[name][0] for name in rows} - {0}) > 1:
        return []
    fitting = [
        Roles(**dict(zip(WORDS, order, strict=False)), prototypes=prototypes[0], sizes=sizes)
        for order in permutations(rows)
        if _fits(order, prototypes[0], header.outputs, sizes)
    ]
    best = max(map(_named, fitting), default=0)
    return [roles for roles in fitting if _named(roles) == best]


def without_batch(shape: Shape) -> Shape:
    """A shape less the side of pictures, where it has one."""
    return shape[1:] if len(shape) == 4 or (len(shape) == 3 and shape[0] <= 1) else shape


def make_priors(size: tuple[int, int], count: int, *, pascal: bool = False) -> NDArray[np.float32]:
    """The priors of a published configuration, as its `make_priors` orders them.

    YOLACT has three a cell, and by an old fault that became part of the weights they are square;
    YOLACT++ has nine, of three scales by three ratios. Each grid is half the one before, rounded
    up.

    Args:
        size: (width, height) of the input in pixels.
        count: how many candidates the network has; 0: three a cell.
        pascal: whether it is the network that was trained on Pascal VOC.

    Returns:
        (n, 4) centre x, y, width, height, as shares of the input.

    Raises:
        ValueError: no configuration has so many.
    """
    first = [math.ceil(side / FIRST_STRIDE) for side in size]
    grids = [[math.ceil(side / 2**level) for side in first] for level in range(len(SCALES))]
    cells = sum(width * height for width, height in grids)
    each, rest = divmod(count or 3 * cells, cells)
    if rest or each not in {3, 9}:
        raise ValueError(f"{count} candidates, {cells} cells")
    pascal = pascal and each == 3
    enlarged = max(size) / BASE_SIDE
    sides = [float(s) for s in PASCAL_SCALES] if pascal else [int(s * enlarged) for s in SCALES]
    square = each == 3 and not pascal
    rows: list[NDArray[np.float64]] = []
    for (columns, lines), side in zip(grids, sides, strict=True):
        steps = (0,) if each == 3 else (0, 1, 2)
        shapes = [
            (s * r / size[0], (s * r / size[0] if square else s / r / size[1]))
            for s, r in product([side * 2 ** (step / 3) for step in steps], map(math.sqrt, RATIOS))
        ]
        y, x = np.indices((lines, columns)).reshape(2, -1, 1) + 0.5
        centres = np.concatenate((x / columns, y / lines), axis=1)
        rows.append(
            np.concatenate(
                (np.repeat(centres, each, axis=0), np.tile(shapes, (len(centres), 1))), axis=1
            )
        )
    return np.concatenate(rows).astype(np.float32)


def _fits(
    order: tuple[str, ...], prototypes: str, shapes: dict[str, Shape], sizes: dict[str, Shape]
) -> bool:
    """Whether rows in the order of `WORDS` have the shapes of their roles; 0 fits all."""
    boxes, classes, coefficients, *priors = (sizes[name][1] for name in order)
    channels = set(sizes[prototypes]) - {0}
    return (
        all(side in {0, 4} for side in (boxes, *priors))
        and classes != 1
        and (coefficients in channels or not (coefficients and 0 not in sizes[prototypes]))
        # Where only one of the two has a side for pictures, that one is no constant.
        and not (priors and len(shapes[order[0]]) < len(shapes[order[3]]))
    )


def _named(roles: Roles) -> int:
    """How many outputs have a name that speaks for their role."""
    return sum(
        any(word in getattr(roles, role).lower() for word in words) for role, words in WORDS.items()
    )
