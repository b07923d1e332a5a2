"""Make the README's pictures from the synthetic scene and the built-in model.

It is called as `python docs/pictures/make.py`.
"""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from livesegment.carrying.base import Carrier
from livesegment.carrying.carried import CarriedCarrier
from livesegment.carrying.hold import HoldCarrier
from livesegment.carrying.quality import Quality
from livesegment.compositing.look import Look, Style, compose
from livesegment.families.base import Thresholds
from livesegment.frame import Frame, Image
from livesegment.segmenters.base import Segmenter
from livesegment.segmenters.load import load_segmenter
from livesegment.sources.synthetic import FPS, Scene
from livesegment.store import find_model

SECONDS = 4.3
"""A moment at which one shape is partly hidden and another partly outside."""
STYLES = (Style.FILL, Style.CONTOUR, Style.BLUR_BACKGROUND, Style.BLUR_OBJECTS)
LATENCY = 15
"""Frames from taking one to its result, half a second: a slow network."""
SHOWN = (45, 52, 59)


def styles(segmenter: Segmenter) -> Image:
    """One moment of the scene in four styles."""
    image = Scene().picture(SECONDS)
    found = segmenter.segment(Frame(image, 0, 0.0, SECONDS)).instances
    tiles = [
        compose(image, found, segmenter.labels, replace(Look(), style=style)) for style in STYLES
    ]
    return np.vstack([np.hstack(tiles[:2]), np.hstack(tiles[2:])])


def strip(segmenter: Segmenter, carrier: Carrier) -> Image:
    """Three frames with the masks that a viewer would see with a result every half second."""
    scene, tiles, pending = Scene(), [], None
    for index in range(SHOWN[-1] + 1):
        frame = Frame(scene.picture(index / FPS), index, index / FPS, index / FPS)
        if index % LATENCY == 0:
            if pending is not None:
                carrier.correct(pending)
            carrier.expect(index)
            pending = segmenter.segment(frame)
        instances = carrier.advance(frame)
        if index in SHOWN:
            tiles.append(compose(frame.image, instances, segmenter.labels, Look()))
    return np.hstack(tiles)


def main() -> None:
    """Write the pictures beside this file."""
    here = Path(__file__).parent
    segmenter = load_segmenter(find_model("colour-shapes"), Thresholds())
    cv2.imwrite(str(here / "styles.jpg"), styles(segmenter))
    rows = [strip(segmenter, carrier) for carrier in (HoldCarrier(), CarriedCarrier(Quality.MID))]
    both = np.vstack(rows)
    cv2.imwrite(str(here / "held-and-carried.jpg"), cv2.resize(both, None, fx=0.6, fy=0.6))


if __name__ == "__main__":
    main()
