"""Make the README's picture: the built-in model on the synthetic scene, in four styles.

It is called as `python docs/pictures/make.py`.
"""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from livesegment.compositing.look import Look, Style, compose
from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.segmenters.load import load_segmenter
from livesegment.sources.synthetic import Scene
from livesegment.store import find_model

SECONDS = 4.3
"""A moment at which one shape is partly hidden and another partly outside."""
STYLES = (Style.FILL, Style.CONTOUR, Style.BLUR_BACKGROUND, Style.BLUR_OBJECTS)


def main() -> None:
    """Write styles.jpg beside this file."""
    segmenter = load_segmenter(find_model("colour-shapes"), Thresholds())
    image = Scene().picture(SECONDS)
    found = segmenter.segment(Frame(image, 0, 0.0, SECONDS)).instances
    look = Look()
    tiles = [
        compose(image, found, segmenter.labels, replace(look, style=style)) for style in STYLES
    ]
    picture = np.vstack([np.hstack(tiles[:2]), np.hstack(tiles[2:])])
    cv2.imwrite(str(Path(__file__).with_name("styles.jpg")), picture)


if __name__ == "__main__":
    main()
