"""Reading back what was recorded."""

from pathlib import Path
from typing import Any

import cv2

from livesegment.frame import Image


def read_back(path: Path) -> tuple[list[Image], float]:
    """Pictures and rate of a film."""
    capture: Any = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    assert capture.isOpened(), f"{path} is no film"
    images = []
    while True:
        arrived, picture = capture.read()
        if not arrived:
            break
        images.append(picture)
    fps = capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    return images, fps
