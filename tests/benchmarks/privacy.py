"""How much of a person can be seen in a picture that hides persons: shares of pixels, by truth.

    python -m tests.benchmarks.privacy SEQUENCE MODEL.onnx [--fps 30] [--engine onnxruntime]

SEQUENCE is JPEGImages/NAME of DAVIS, beside Annotations/NAME; it is played as a camera would give
it. A pixel counts as clear where it and those around it are as they were, or nearly.
"""

import argparse
import statistics
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.carrying.carried import CarriedCarrier
from livesegment.compositing.look import Look, Style
from livesegment.families.base import Thresholds
from livesegment.frame import Image
from livesegment.pipeline.controls import Controls
from livesegment.pipeline.meter import Meter
from livesegment.pipeline.mode import Masks
from livesegment.pipeline.pipeline import Pipeline
from livesegment.pipeline.presenter import Presenter
from livesegment.segmenters.load import load_segmenter
from livesegment.sinks.base import Ending, View
from livesegment.sources.images import ImagesSource
from livesegment.sources.realtime import RealtimeSource
from livesegment.store import find_model

NEARLY = 4
"""Most difference of a channel, of 255, that leaves a pixel as it was."""
AROUND = np.ones((5, 5), np.uint8)


def clear_share(original: Image, picture: Image, truth: NDArray[np.bool_]) -> float:
    """The share of the pixels of `truth` that can be seen as they are."""
    same = (cv2.absdiff(original, picture).max(axis=2) <= NEARLY).astype(np.uint8)
    clear = cv2.erode(same, AROUND).astype(bool)
    return float(clear[truth].mean()) if truth.any() else 0.0


@dataclass
class Watcher:
    """Compares every view with the truth; see `Sink`."""

    annotations: list[Path]
    stage = "watch"
    before: list[float] = field(default_factory=list)
    """Shares of the frames before the first result, and after it."""
    after: list[float] = field(default_factory=list)

    def write(self, view: View) -> bool:
        """Compare one."""
        data = np.fromfile(self.annotations[view.frame.index], np.uint8)
        truth = np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED))
        person = np.asarray(truth.reshape(*truth.shape[:2], -1).any(axis=2), np.bool_)
        share = clear_share(view.frame.image, view.picture, person)
        (self.before if view.key_frame is None else self.after).append(share)
        return True

    def idle(self, remade: View | None) -> bool:
        """Nothing to answer."""
        del remade
        return True

    def close(self, ending: Ending) -> None:
        """Nothing to finish."""


def main() -> None:
    """Play the sequence and print what could be seen."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sequence", type=Path)
    parser.add_argument("model")
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--engine", default="onnxruntime")
    arguments = parser.parse_args()
    folder: Path = arguments.sequence
    annotations = sorted((folder.parents[1] / "Annotations" / folder.name).glob("*.png"))
    thresholds = Thresholds(class_ids=frozenset({0}))
    segmenter = load_segmenter(find_model(arguments.model), thresholds, engine=arguments.engine)
    segmenter.warm_up()
    watcher, meter = Watcher(annotations), Meter()
    controls = Controls(segmenter, Look(Style.BLUR_OBJECTS))
    presenter = Presenter(CarriedCarrier(), controls, [watcher], meter, labels=segmenter.labels)
    source = RealtimeSource(ImagesSource(str(folder), fps=arguments.fps))
    Pipeline(source, segmenter, presenter, meter, masks=Masks.CARRIED).run()
    for name, shares in (("before", watcher.before), ("after", watcher.after)):
        if shares:
            print(
                f"{name} the first result: {len(shares)} frames, clear "
                f"{statistics.fmean(shares):.2%} on average, {max(shares):.2%} at most"
            )


if __name__ == "__main__":
    main()
