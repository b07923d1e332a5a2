"""From a model's name or file to a segmenter that runs."""

from functools import partial

from livesegment.engines.registry import engine_factory
from livesegment.families.base import Thresholds
from livesegment.families.registry import load_family
from livesegment.segmenters.base import Segmenter
from livesegment.segmenters.motion import MotionSegmenter
from livesegment.segmenters.network import NetworkSegmenter
from livesegment.store import Model


def load_segmenter(
    model: Model,
    thresholds: Thresholds,
    *,
    engine: str = "auto",
    device: str = "auto",
    threads: int | None = None,
    input_size: tuple[int, int] | None = None,
) -> Segmenter:
    """Build the segmenter of a model.

    Raises:
        ModelError: a file is damaged or not what its family expects.
        EngineError: the engine or the device is not there.
    """
    if model.spec.family == "motion":
        return MotionSegmenter(thresholds, model.spec.labels)
    family = load_family(model, input_size)
    load = partial(engine_factory(engine), device=device, threads=threads)
    return NetworkSegmenter(family, load, thresholds)
