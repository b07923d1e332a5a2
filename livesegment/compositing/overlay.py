"""Masks drawn onto a picture, each inside its own box.

All functions draw into the picture they are given. Nothing here touches a pixel outside an
instance's box, and nothing makes a full-frame mask: at 1080p that is the difference between one
and a hundred milliseconds.
"""

import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from livesegment.compositing.palette import Colour, ink
from livesegment.frame import Image
from livesegment.instances import Instances, Mask

FONT = cv2.FONT_HERSHEY_SIMPLEX


def parts(picture: Image, instances: Instances) -> Iterator[tuple[Image, Mask]]:
    """The part of the picture under each mask, and the mask; worst score first.

    Drawn in this order, the surest instance lies on top.
    """
    regions = instances.regions.tolist()
    for i in reversed(range(len(instances))):
        x1, y1, x2, y2 = regions[i]
        yield picture[y1:y2, x1:x2], instances.masks[i]


def fill(picture: Image, instances: Instances, colours: Sequence[Colour], alpha: float) -> None:
    """Tint each object.

    Args:
        picture: (h, w, 3) BGR, drawn into.
        instances: what to draw.
        colours: one for each instance.
        alpha: 0 leaves the picture, 1 is the plain colour.
    """
    for (part, mask), colour in zip(parts(picture, instances), reversed(colours), strict=True):
        if not mask.size:
            continue  # OpenCV refuses pictures without a pixel
        tinted = cv2.addWeighted(plain(part.shape, colour), alpha, part, 1 - alpha, 0)
        cv2.copyTo(tinted, mask.view(np.uint8), part)


def outline(
    picture: Image, instances: Instances, colours: Sequence[Colour], thickness: int
) -> None:
    """Draw each object's outline: its outermost `thickness` pixels.

    What erosion takes away is the outline; that is quicker than tracing and drawing a contour.
    """
    around = np.ones((2 * thickness + 1, 2 * thickness + 1), np.uint8)
    for (part, mask), colour in zip(parts(picture, instances), reversed(colours), strict=True):
        if not mask.size:
            continue
        whole = mask.view(np.uint8)
        core = cv2.erode(whole, around, borderType=cv2.BORDER_CONSTANT, borderValue=(0,))
        cv2.copyTo(plain(part.shape, colour), cv2.subtract(whole, core), part)


def plain(shape: Sequence[int], colour: Colour) -> Image:
    """A picture of one colour; drawn, as that is five times as fast as numpy's assignment."""
    picture = np.empty(shape, np.uint8)
    cv2.rectangle(picture, (0, 0), (shape[1], shape[0]), colour, cv2.FILLED)
    return picture


def tag(
    picture: Image,
    instances: Instances,
    colours: Sequence[Colour],
    texts: Sequence[str],
    scale: float,
) -> None:
    """Write each object's text on a plate of its colour above its box, or inside at the top.

    Args:
        picture: (h, w, 3) BGR, drawn into.
        instances: what to name.
        colours: one for each instance.
        texts: one for each instance; ASCII, which is all that OpenCV's fonts have.
        scale: 1 writes letters about 20 pixels high.
    """
    height, width = picture.shape[:2]
    pad = max(2, round(6 * scale))
    corners = instances.regions[:, :2].tolist()
    for i in reversed(range(len(instances))):
        x, top = corners[i]
        (text_width, text_height), below = cv2.getTextSize(texts[i], FONT, scale, 1)
        plate_width, plate_height = text_width + 2 * pad, text_height + below + pad
        x = max(0, min(x, width - plate_width))
        y = top - plate_height if top >= plate_height else min(top, max(0, height - plate_height))
        corner = (x + plate_width - 1, y + plate_height - 1)
        cv2.rectangle(picture, (x, y), corner, colours[i], cv2.FILLED)
        place = (x + pad, y + text_height + pad // 2)
        cv2.putText(picture, texts[i], place, FONT, scale, ink(colours[i]), 1, cv2.LINE_AA)


def union(
    size: tuple[int, int], instances: Instances, *, margin: float = 0.0, least: int = 0
) -> Image:
    """Where any object is: (h, w) uint8, 0 or 1.

    Args:
        size: (width, height) of the frame.
        instances: the objects.
        margin: by which each is grown on all sides, of the root of its box's area.
        least: pixels by which each is grown at least.
    """
    width, height = size
    together = np.zeros((height, width), np.uint8)
    for (x1, y1, x2, y2), mask in zip(instances.regions.tolist(), instances.masks, strict=True):
        if not mask.size:
            continue
        by = max(least, round(margin * math.sqrt(mask.size)))
        grown = mask.view(np.uint8)
        if by:
            around = np.ones((2 * by + 1, 2 * by + 1), np.uint8)
            room = cv2.copyMakeBorder(grown, by, by, by, by, cv2.BORDER_CONSTANT, value=0)
            grown = np.asarray(cv2.dilate(room, around), np.uint8)
        left, top = max(0, x1 - by), max(0, y1 - by)
        part = together[top : y2 + by, left : x2 + by]
        high, wide = part.shape
        x, y = left - x1 + by, top - y1 + by
        np.maximum(part, grown[y : y + high, x : x + wide], out=part)
    return together
