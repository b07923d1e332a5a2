"""A segmenter made of a family and an engine."""

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from livesegment.engines.base import Engine, EngineReport
from livesegment.families.base import EVERYTHING, Family, Thresholds
from livesegment.frame import Frame
from livesegment.instances import Instances, Segmentation
from livesegment.network import Network, Tensors

WARM_UP_SIZE = (640, 360)
"""(width, height) of the blank picture; the usual shape of a camera's."""


class NetworkSegmenter:
    """Runs a family's networks on an engine; see `Segmenter`."""

    def __init__(
        self, family: Family, load: Callable[[Network], Engine], thresholds: Thresholds
    ) -> None:
        self.thresholds = thresholds
        self._family = family
        self._engines: Sequence[Engine] = [load(network) for network in family.networks]

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names in the order of class ids."""
        return self._family.labels

    def warm_up(self) -> None:
        """Run every network once; see `Segmenter.warm_up`."""
        width, height = WARM_UP_SIZE
        blank = Frame(np.full((height, width, 3), 127, np.uint8), 0, 0.0, 0.0)
        self._run(blank, Thresholds(score=EVERYTHING, max_instances=1), {})

    def segment(self, frame: Frame) -> Segmentation:
        """Find the objects in `frame`; see `Segmenter.segment`."""
        timings: dict[str, float] = {}
        instances = self._run(frame, self.thresholds, timings)
        return Segmentation(instances, frame.index, frame.captured_at, frame.size, timings)

    def reports(self) -> list[EngineReport]:
        """What each network really ran on."""
        return [engine.report() for engine in self._engines]

    def describe(self) -> str:
        """Engine and device, once where all networks share them."""
        return "; ".join(dict.fromkeys(str(report) for report in self.reports()))

    def prepare(self, frame: Frame) -> Tensors:
        """What the first network is given for a frame: for measurements of the networks alone."""
        return self._family.prepare(frame.image)[0]

    def infer(self, inputs: Tensors) -> Tensors:
        """Run the networks alone on what `prepare` made; every tensor that there is then."""
        return self._infer(inputs, self.thresholds)

    def _run(self, frame: Frame, thresholds: Thresholds, timings: dict[str, float]) -> Instances:
        started = time.perf_counter()
        inputs, letterbox = self._family.prepare(frame.image)
        prepared = time.perf_counter()
        tensors = self._infer(inputs, thresholds)
        inferred = time.perf_counter()
        instances = self._family.decode(tensors, letterbox, thresholds)
        timings["prepare"] = prepared - started
        timings["infer"] = inferred - prepared
        timings["decode"] = time.perf_counter() - inferred
        return instances

    def _infer(self, inputs: Tensors | None, thresholds: Thresholds) -> Tensors:
        tensors: dict[str, NDArray[np.float32]] = {}
        for engine in self._engines:
            if inputs is None:
                break
            tensors |= inputs
            tensors |= engine.run(inputs)
            inputs = self._family.relay(tensors, thresholds)
        return tensors
