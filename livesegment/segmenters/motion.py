"""Whatever moves before a fixed camera: background subtraction, no network, no weights.

Each pixel's past is a mixture of Gaussians (Zivkovic, "Improved adaptive Gaussian mixture model
for background subtraction", ICPR 2004, in OpenCV as MOG2); pixels that do not fit theirs are
foreground, and each connected part of the foreground that is large enough is an instance.
"""

import time

import cv2
import numpy as np

from livesegment.families.base import Thresholds
from livesegment.frame import Frame, Image
from livesegment.geometry import Letterbox, clip_boxes, pixel_regions
from livesegment.instances import Instances, Segmentation

WORKING_SIZE = (480, 480)
"""Frames are fitted into this before they are compared; (width, height) in pixels."""
HISTORY = 300
"""Frames that the background remembers."""
LEARNING_FRAMES = 10
"""Until the background is known, nothing is said to move."""
MIN_AREA = 1 / 1500
"""Parts smaller than this share of the picture are noise."""
SHADOW_OR_LESS = 200
"""MOG2 marks shadows 127 and foreground 255."""


class MotionSegmenter:
    """Finds what moves; see `Segmenter`."""

    def __init__(self, thresholds: Thresholds, labels: tuple[str, ...] = ("motion",)) -> None:
        self.thresholds = thresholds
        self.labels = labels
        self._model = _background()
        self._seen = 0
        self._size: tuple[int, int] | None = None

    def warm_up(self) -> None:
        """Nothing to warm: the background is learnt from the first frames."""

    def describe(self) -> str:
        """What runs."""
        return f"OpenCV {cv2.__version__} background subtraction on cpu"

    def segment(self, frame: Frame) -> Segmentation:
        """Find what moves in `frame`; see `Segmenter.segment`."""
        started = time.perf_counter()
        if frame.size != self._size:
            self._size, self._seen = frame.size, 0
            self._model = _background()
        letterbox = Letterbox.fit(frame.size, WORKING_SIZE)
        small = cv2.resize(frame.image, letterbox.resized, interpolation=cv2.INTER_AREA)
        # OpenCV's own rate is so quick at first that slow objects dissolve into the background.
        rate = -1 if self._seen < LEARNING_FRAMES else 1 / HISTORY
        foreground = np.asarray(self._model.apply(small, learningRate=rate), np.uint8)
        self._seen += 1
        inferred = time.perf_counter()
        if self._seen <= LEARNING_FRAMES:
            instances = Instances.empty()
        else:
            instances = moving_parts(foreground, frame.size, self.thresholds)
        timings = {"infer": inferred - started, "decode": time.perf_counter() - inferred}
        return Segmentation(instances, frame.index, frame.captured_at, frame.size, timings)


def _background() -> cv2.BackgroundSubtractorMOG2:
    return cv2.createBackgroundSubtractorMOG2(history=HISTORY, detectShadows=True)


def moving_parts(foreground: Image, size: tuple[int, int], thresholds: Thresholds) -> Instances:
    """The connected parts of a foreground picture.

    Args:
        foreground: (h, w) uint8 as MOG2 gives it, smaller than the frame.
        size: (width, height) of the frame.
        thresholds: a part's score is the share of its box that it fills; the score threshold is
            not applied to it, as it is no probability.

    Returns:
        Largest first.
    """
    if not thresholds.wanted(np.zeros(1, np.int32)).all():
        return Instances.empty()
    height, width = foreground.shape[:2]
    moving = (foreground > SHADOW_OR_LESS).astype(np.uint8)
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    moving = np.asarray(cv2.morphologyEx(moving, cv2.MORPH_OPEN, ellipse), np.uint8)
    moving = np.asarray(cv2.morphologyEx(moving, cv2.MORPH_CLOSE, ellipse, iterations=3), np.uint8)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(moving)
    areas = stats[:, cv2.CC_STAT_AREA]
    large = [i for i in range(1, count) if areas[i] >= MIN_AREA * width * height]
    large.sort(key=lambda i: -areas[i])
    scale = np.array([size[0] / width, size[1] / height] * 2, np.float32)
    boxes, scores, masks = [], [], []
    for i in large[: thresholds.max_instances]:
        x, y, w, h, area = stats[i].tolist()
        box = clip_boxes(np.array([[x, y, x + w, y + h]], np.float32) * scale, size)
        x1, y1, x2, y2 = pixel_regions(box)[0].tolist()
        if x2 <= x1 or y2 <= y1:
            continue
        part = (parts[y : y + h, x : x + w] == i).astype(np.float32)
        masks.append(np.asarray(cv2.resize(part, (x2 - x1, y2 - y1))) > thresholds.mask)
        boxes.append(box[0])
        scores.append(area / (w * h))
    return Instances.from_rows(boxes, scores, np.zeros(len(boxes), np.int32), masks)
