"""From a model's name or file to a segmenter that runs."""

from functools import partial

from livesegment.engines.registry import REFERENCE, check_device, engine_factory
from livesegment.errors import EngineError
from livesegment.families.base import Thresholds
from livesegment.families.registry import NO_WORDS, Words, load_family
from livesegment.segmenters.base import Segmenter
from livesegment.segmenters.motion import MotionSegmenter
from livesegment.segmenters.network import NetworkSegmenter
from livesegment.segmenters.proof.engine_proof import EngineProof
from livesegment.store import Model


def load_segmenter(
    model: Model,
    thresholds: Thresholds,
    *,
    engine: str = REFERENCE,
    device: str = "cpu",
    threads: int | None = None,
    input_size: tuple[int, int] | None = None,
    lossy_proposals: int | None = None,
    words: Words = NO_WORDS,
) -> Segmenter:
    """Build the segmenter of a model on one engine and device; `choose` finds which.

    Raises:
        ModelError: a file is damaged or not what its family expects.
        EngineError: the engine or the device is not there.
    """
    if model.spec.family == "motion":
        return MotionSegmenter(thresholds, model.spec.labels)
    factory = engine_factory(engine)
    check_device(factory, engine, device)
    if model.spec.family == "builtin" and device.endswith("16"):
        raise EngineError(
            f"{model.spec.name} counts pixels, and {device} has not the digits for it",
            hint="use --device cpu",
        )
    proof = EngineProof(engine, threads)
    family = load_family(model, input_size, factory.formats, proof, lossy_proposals, words)
    load = partial(factory, device=device, threads=threads)
    return NetworkSegmenter(family, load, thresholds)
