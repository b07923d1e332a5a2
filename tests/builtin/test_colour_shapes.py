"""The built-in network against pictures whose content is known, since the test draws it."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from livesegment.builtin.colour_shapes import LABELS, build
from livesegment.engines.opencv import OpenCvEngine
from livesegment.families.base import Family, Thresholds
from livesegment.families.mask_rows import MASKS, kept_rows
from livesegment.families.registry import load_family
from livesegment.network import Tensors
from livesegment.segmenters.proof.engine_proof import EngineProof
from livesegment.store import find_model

PAINT = {"red": (40, 40, 220), "green": (40, 220, 40), "blue": (220, 40, 40)}
"""Blue, green, red: OpenCV's order."""

Picture = NDArray[np.uint8]
Region = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Found:
    """A detection, its mask pasted into the picture."""

    label: str
    score: float
    box: NDArray[np.float32]
    """x1, y1, x2, y2 in pixels."""
    region: Region


@dataclass(frozen=True, slots=True)
class Shapes:
    """The network, as it is where OpenCV reads that, else as it is rebuilt."""

    family: Family
    engines: list[OpenCvEngine]

    def run(self, picture: Picture) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Its rows (n, 7) and their masks (n, 3, 15, 15)."""
        inputs: Tensors | None
        inputs, _ = self.family.prepare(picture)
        tensors: dict[str, NDArray[np.float32]] = {}
        for engine in self.engines:
            if inputs is not None:
                tensors |= inputs
                tensors |= engine.run(inputs)
                inputs = self.family.relay(tensors, Thresholds(score=0))
        if MASKS not in tensors:
            return np.empty((0, 7), np.float32), np.empty((0, 3, 15, 15), np.float32)
        return kept_rows(tensors, Thresholds(score=0)), tensors[MASKS]


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Shapes:
    """The network, loaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVESEGMENT_HOME", str(tmp_path_factory.mktemp("home")))
        model = find_model("colour-shapes")
        family = load_family(model, None, OpenCvEngine.formats, EngineProof("opencv"))
        return Shapes(family, [OpenCvEngine(network) for network in family.networks])


def background(seed: int, width: int = 640, height: int = 360) -> Picture:
    """A grey gradient with dull patches and noise."""
    random = np.random.default_rng(seed)
    ramp = np.add.outer(
        np.linspace(0, random.uniform(-50, 50), height),
        np.linspace(0, random.uniform(-50, 50), width),
    )
    picture = np.repeat(128 + ramp[..., None], 3, axis=2)
    for _ in range(5):
        middle = random.uniform((0, 0), (width, height)).astype(int).tolist()
        radii = random.uniform(20, 120, 2).astype(int).tolist()
        dull = random.uniform(70, 180) + random.uniform(-20, 20, 3)
        cv2.ellipse(picture, middle, radii, 0, 0, 360, dull.tolist(), cv2.FILLED)
    picture += random.normal(0, 8, picture.shape)
    noisy: Picture = np.clip(picture, 0, 255).astype(np.uint8)
    return noisy


def draw(picture: Picture, label: str, outline: NDArray[np.float64]) -> Region:
    """Fill a polygon (n, 2) with paint; returns the pixels that it covers."""
    cover = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(cover, [np.round(outline * 8).astype(np.int32)], 255, cv2.LINE_AA, 3)
    share = cover[..., None] / 255
    picture[:] = np.round(picture * (1 - share) + np.array(PAINT[label]) * share)
    return cover > 127


def ellipse(x: float, y: float, width: float, height: float) -> NDArray[np.float64]:
    """Outline of an ellipse about (x, y)."""
    angles = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    return np.array([x, y]) + np.stack(
        [np.cos(angles) * width / 2, np.sin(angles) * height / 2], axis=1
    )


def rectangle(
    x: float, y: float, width: float, height: float, degrees: float = 0
) -> NDArray[np.float64]:
    """Outline of a rectangle about (x, y), turned."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [width / 2, height / 2]
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turned: NDArray[np.float64] = corners @ [[cosine, sine], [-sine, cosine]] + [x, y]
    return turned


def triangle(x: float, y: float, side: float) -> NDArray[np.float64]:
    """Outline of a triangle about (x, y) that stands on a side."""
    return np.array([[x - side / 2, y + side / 2], [x + side / 2, y + side / 2], [x, y - side / 2]])


def detect(net: Shapes, picture: Picture) -> list[Found]:
    """Run the network."""
    rows, masks = net.run(picture)
    height, width = picture.shape[:2]
    assert masks.shape == (len(rows), 3, 15, 15)
    return [
        Found(
            label=LABELS[int(row[1])],
            score=float(row[2]),
            box=row[3:] * np.array([width, height, width, height]),
            region=paste(
                mask[int(row[1])], row[3:] * np.array([width, height, width, height]), picture.shape
            ),
        )
        for row, mask in zip(rows, masks, strict=True)
    ]


def paste(mask: NDArray[np.float32], box: NDArray[np.float32], shape: tuple[int, ...]) -> Region:
    """Spread a mask over its box, cut at 1/2; its samples are the middles of 15 equal parts."""
    x1, y1, x2, y2 = box.tolist()
    xs = ((np.arange(shape[1]) + 0.5 - x1) * 15 / (x2 - x1) - 0.5).astype(np.float32)
    ys = ((np.arange(shape[0]) + 0.5 - y1) * 15 / (y2 - y1) - 0.5).astype(np.float32)
    x_map, y_map = np.meshgrid(xs, ys)
    spread = cv2.remap(mask, x_map, y_map, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = np.outer((ys > -0.5) & (ys < 14.5), (xs > -0.5) & (xs < 14.5))
    region: Region = (np.asarray(spread) > 0.5) & inside
    return region


def iou(one: Region, other: Region) -> float:
    """Intersection over union."""
    return float((one & other).sum() / (one | other).sum())


def extent(region: Region) -> NDArray[np.intp]:
    """x1, y1, x2, y2 of the pixels that are set."""
    ys, xs = np.nonzero(region)
    return np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])


def check(found: list[Found], truth: dict[str, Region], *, least_iou: float = 0.93) -> None:
    """One detection a shape, one shape a label, each where it was drawn."""
    assert sorted(one.label for one in found) == sorted(truth)
    for one in found:
        assert one.score > 0.95
        assert iou(one.region, truth[one.label]) > least_iou
        np.testing.assert_allclose(one.box, extent(truth[one.label]), atol=6)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(
    "outline",
    [
        rectangle(300, 170, 60, 60),
        rectangle(301, 173, 170, 65),
        rectangle(203, 150, 120, 90, degrees=25),
        ellipse(320, 180, 90, 160),
        ellipse(411, 199, 62, 61),
        triangle(330, 180, 130),
        ellipse(320, 180, 300, 300),
    ],
    ids=["square", "bar", "turned", "ellipse", "small circle", "triangle", "large circle"],
)
def test_a_shape_is_found_with_its_colour_box_and_mask(
    net: Shapes, label: str, outline: NDArray[np.float64]
) -> None:
    """Every shape in every colour."""
    picture = background(1)
    region = draw(picture, label, outline)
    check(detect(net, picture), {label: region})


@pytest.mark.parametrize("seed", range(12))
def test_three_shapes_wherever_they_are(net: Shapes, seed: int) -> None:
    """Boxes do not depend on how the shapes lie to the network's grid."""
    random = np.random.default_rng(seed)
    picture = background(seed)
    truth = {}
    for place, label in enumerate(random.permutation(LABELS).tolist()):
        x, y = random.uniform((100, 100), (113, 260)) + np.array([210 * place, 0])
        width, height = random.uniform(60, 170, 2)
        outlines = rectangle(x, y, width, height), ellipse(x, y, width, height)
        truth[label] = draw(picture, label, outlines[random.integers(2)])
    check(detect(net, picture), truth)


@pytest.mark.parametrize(
    ("x", "y"),
    [(0, 180), (640, 180), (320, 0), (320, 360), (0, 0), (640, 360)],
    ids=["left", "right", "top", "bottom", "first corner", "last corner"],
)
@pytest.mark.parametrize("outline", [rectangle, ellipse], ids=["rectangle", "ellipse"])
def test_a_shape_may_be_partly_outside(
    net: Shapes,
    outline: Callable[[float, float, float, float], NDArray[np.float64]],
    x: float,
    y: float,
) -> None:
    """Half of it is enough, and the box ends at the frame."""
    picture = background(2)
    truth = {"green": draw(picture, "green", outline(x, y, 110, 130))}
    check(detect(net, picture), truth)


def test_shapes_of_different_colours_may_overlap(net: Shapes) -> None:
    """What can be seen of the lower one is found, and no more."""
    picture = background(3)
    red = draw(picture, "red", rectangle(200, 160, 150, 120))
    blue = draw(picture, "blue", rectangle(270, 220, 120, 100))
    green = draw(picture, "green", rectangle(330, 180, 70, 150, degrees=10))
    check(
        detect(net, picture),
        {"red": red & ~blue & ~green, "blue": blue & ~green, "green": green},
    )


def test_a_shape_on_another_is_found_beside_it(net: Shapes) -> None:
    """Both boxes are right though one lies in the other."""
    picture = background(4)
    blue = draw(picture, "blue", rectangle(320, 180, 170, 160))
    red = draw(picture, "red", ellipse(300, 190, 70, 70))
    found = {one.label: one for one in detect(net, picture)}
    assert sorted(found) == ["blue", "red"]
    assert iou(found["red"].region, red) > 0.93
    np.testing.assert_allclose(found["blue"].box, extent(blue), atol=3)


def test_neighbours_of_one_colour_are_two(net: Shapes) -> None:
    """Twenty pixels are gap enough."""
    picture = background(5)
    regions = [draw(picture, "red", rectangle(x, 180, 100, 120)) for x in (200, 320)]
    found = sorted(detect(net, picture), key=lambda one: float(one.box[0]))
    assert [one.label for one in found] == ["red", "red"]
    for one, region in zip(found, regions, strict=True):
        assert iou(one.region, region) > 0.93


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_found_where_nothing_is_saturated(net: Shapes, seed: int) -> None:
    """Dull patches and noise are no shapes."""
    assert detect(net, background(seed)) == []


@pytest.mark.parametrize("value", [0, 128, 255])
def test_nothing_is_found_in_an_even_picture(net: Shapes, value: int) -> None:
    """All rows are padding."""
    assert detect(net, np.full((360, 640, 3), value, np.uint8)) == []


def test_a_speck_in_the_first_corner_is_not_taken_for_the_padding(net: Shapes) -> None:
    """Empty rows of the proposals are crops of the corner, and must stay empty."""
    picture = background(6)
    picture[:20, :20] = PAINT["red"]
    assert detect(net, picture) == []


@pytest.mark.parametrize(
    ("width", "height"), [(320, 240), (640, 480), (1280, 720), (641, 363), (333, 251)]
)
def test_any_size_of_picture_will_do(net: Shapes, width: int, height: int) -> None:
    """Shapes keep their size in pixels."""
    picture = background(7, width, height)
    truth = {"blue": draw(picture, "blue", ellipse(width / 2, height / 2, 120, 90))}
    check(detect(net, picture), truth)


@pytest.mark.parametrize(("width", "height"), [(16, 16), (7, 5), (3, 3)])
def test_tiny_pictures_hold_nothing(net: Shapes, width: int, height: int) -> None:
    """But do no harm."""
    assert detect(net, np.full((height, width, 3), 90, np.uint8)) == []


def test_each_build_is_the_same() -> None:
    """Byte for byte."""
    assert build() == build()
