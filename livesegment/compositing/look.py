"""How the picture looks: style, colours, labels; and the one function that makes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from livesegment.compositing import overlay
from livesegment.compositing.palette import colours
from livesegment.frame import Image
from livesegment.instances import Instances


class Style(StrEnum):
    """What is done with the objects, or with everything else."""

    FILL = "fill"
    CONTOUR = "contour"
    CUTOUT = "cutout"
    BLUR_BACKGROUND = "blur-background"
    REPLACE_BACKGROUND = "replace-background"
    BLUR_OBJECTS = "blur-objects"


LABELLED = frozenset({Style.FILL, Style.CONTOUR})
"""Styles that name the objects; the others are pictures in their own right."""
HIDING = frozenset({Style.BLUR_OBJECTS})
"""Styles that keep objects from being seen."""
HIDDEN = (96, 16, 56)
"""BGR of a picture that is hidden as a whole."""
MARGIN = 0.12
"""By which hidden objects are grown on all sides, of the root of their boxes' areas: masks miss
edges, and what moves is ahead of its mask."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """How the picture is to look."""

    style: Style = Style.FILL
    alpha: float = 0.6
    """How strongly objects are tinted, 0..1."""
    background: Image | None = None
    """What `replace-background` puts behind the objects; fitted to the frame. None: green."""

    def __post_init__(self) -> None:
        if not 0 <= self.alpha <= 1:
            raise ValueError(f"alpha must be in 0..1, got {self.alpha}")


GREEN = (64, 177, 0)
"""BGR of a studio's green screen."""


def compose(
    image: Image,
    instances: Instances,
    labels: Sequence[str],
    look: Look,
    *,
    covered: bool = True,
) -> Image:
    """The picture of a frame and what was found in it.

    Args:
        image: (h, w, 3) BGR; not written to.
        instances: in pixels of `image`.
        labels: class names in the order of class ids.
        look: how.
        covered: whether `instances` tells of this very frame; else a style that hides objects
            hides everything.

    Returns:
        A new picture, read-only, since every sink gets the same one.
    """
    if look.style in HIDING and not covered:
        picture = _concealed(image)
    else:
        picture = _STYLES[look.style](image, instances, look)
    if look.style in LABELLED:
        shown = colours(instances)
        line = max(1, round(min(image.shape[:2]) / 360))
        overlay.outline(picture, instances, shown, line + (look.style is Style.CONTOUR))
        scale = float(np.clip(min(image.shape[:2]) / 1000, 0.4, 1.2))
        overlay.tag(picture, instances, shown, captions(instances, labels), scale)
    picture.flags.writeable = False
    return picture


def label_of(class_id: int, labels: Sequence[str]) -> str:
    """A class's name, or its number where the model has no name for it."""
    return labels[class_id] if class_id < len(labels) else f"class {class_id}"


def captions(instances: Instances, labels: Sequence[str]) -> list[str]:
    """Class, track and score of each instance."""
    names = [label_of(class_id, labels) for class_id in instances.class_ids.tolist()]
    if instances.track_ids is not None:
        tracks = instances.track_ids.tolist()
        names = [f"{n} #{t}" if t else n for n, t in zip(names, tracks, strict=True)]
    return [f"{n} {s:.2f}" for n, s in zip(names, instances.scores.tolist(), strict=True)]


def _fill(image: Image, instances: Instances, look: Look) -> Image:
    picture = image.copy()
    overlay.fill(picture, instances, colours(instances), look.alpha)
    return picture


def _contour(image: Image, instances: Instances, look: Look) -> Image:
    del instances, look
    return image.copy()


def _cutout(image: Image, instances: Instances, look: Look) -> Image:
    del look
    return _in_front(image, instances, np.zeros_like(image))


def _blur_background(image: Image, instances: Instances, look: Look) -> Image:
    del look
    return _in_front(image, instances, _blurred(image))


def _replace_background(image: Image, instances: Instances, look: Look) -> Image:
    height, width = image.shape[:2]
    if look.background is None:
        behind = np.full_like(image, GREEN)
    elif look.background.shape[:2] == (height, width):
        behind = look.background.copy()
    else:
        behind = _cover(look.background, (width, height))
    return _in_front(image, instances, behind)


def _blur_objects(image: Image, instances: Instances, look: Look) -> Image:
    """Make objects unrecognisable: a mosaic, over the mask and a margin around it."""
    del look
    height, width = image.shape[:2]
    picture = image.copy()
    least = max(1, round(min(height, width) / 120))
    hidden = overlay.union((width, height), instances, margin=MARGIN, least=least)
    block = max(8, round(min(height, width) / 24))
    small = (max(1, width // block), max(1, height // block))
    coarse = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    mosaic = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
    cv2.copyTo(mosaic, hidden, picture)
    return picture


def _concealed(image: Image) -> Image:
    """A picture that shows nothing, and says why; a mosaic would leave plain parts as they are."""
    picture = overlay.plain(image.shape, HIDDEN)
    height, width = image.shape[:2]
    scale = min(height, width) / 500
    place = (round(width * 0.05), height // 2)
    ink = (255, 255, 255)
    cv2.putText(picture, "hidden: no masks", place, overlay.FONT, scale, ink, 1, cv2.LINE_AA)
    return picture


def _in_front(image: Image, instances: Instances, behind: Image) -> Image:
    """The objects of `image` in front of another picture, which is drawn into."""
    for (part, mask), (under, _) in zip(
        overlay.parts(image, instances), overlay.parts(behind, instances), strict=True
    ):
        cv2.copyTo(part, mask.view(np.uint8), under)
    return behind


def _blurred(image: Image) -> Image:
    """A strong blur, made at a quarter of the size, where it costs a sixteenth."""
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(1, width // 4), max(1, height // 4)))
    radius = max(1, round(min(height, width) / 120)) * 2 + 1
    small = cv2.GaussianBlur(small, (radius, radius), 0)
    return np.asarray(cv2.resize(small, (width, height)), np.uint8)


def _cover(image: Image, size: tuple[int, int]) -> Image:
    """An image scaled to cover `size` (width, height), what sticks out cut away."""
    ratio = max(size[0] / image.shape[1], size[1] / image.shape[0])
    width = max(size[0], round(image.shape[1] * ratio))
    height = max(size[1], round(image.shape[0] * ratio))
    scaled = np.asarray(cv2.resize(image, (width, height)), np.uint8)
    x, y = (width - size[0]) // 2, (height - size[1]) // 2
    return scaled[y : y + size[1], x : x + size[0]].copy()


_STYLES = {
    Style.FILL: _fill,
    Style.CONTOUR: _contour,
    Style.CUTOUT: _cutout,
    Style.BLUR_BACKGROUND: _blur_background,
    Style.REPLACE_BACKGROUND: _replace_background,
    Style.BLUR_OBJECTS: _blur_objects,
}
