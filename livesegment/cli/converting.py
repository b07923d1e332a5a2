"""A TensorFlow model is rebuilt for the ONNX engines, proved and kept, before it is needed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from livesegment.errors import EngineError, ModelError
from livesegment.packages import install
from livesegment.store import Model, check_sums, find_model

CONVERTED = ("mask-rcnn", "builtin")
"""Families that come as TensorFlow graphs."""


@dataclass(frozen=True, slots=True)
class Converted:
    """What was made for one engine."""

    engine: str
    """Name and version."""
    seconds: float
    """That it took, the proof included."""
    verdict: str
    """How far it is from what it was compared with."""
    folder: Path


def convert_model(name: str, started: Callable[[str], None]) -> list[Converted]:
    """Rebuild a model for each ONNX engine that is installed, also where it was done before.

    Args:
        name: of a model, or the path of a .pb file.
        started: called with an engine when its turn comes.

    Raises:
        ModelError: there is no such model, it is of another family, it is damaged, it gives other
            numbers when it is rebuilt, or the result cannot be written.
        EngineError: there is no engine that it would have to be rebuilt for.
    """
    model = find_model(name)
    if model.spec.family not in CONVERTED:
        raise ModelError(
            f"{name} is no TensorFlow Mask R-CNN: there is nothing to convert",
            hint="ONNX models run on every engine as they are",
        )
    for file in model.spec.files:
        check_sums(model.paths[file.role], file)
    # OpenCV and the engines are loaded from here on.
    from livesegment.engines.registry import REFERENCE, installed_engines
    from livesegment.families.rebuild.conversion import convert
    from livesegment.network import Format
    from livesegment.segmenters.choice import EXACT, choose
    from livesegment.segmenters.proof.engine_proof import EngineProof

    engines = [
        engine
        for engine, factory in installed_engines().items()
        if Format.TENSORFLOW not in factory.formats
    ]
    if not engines:
        raise EngineError(
            "OpenCV runs this model as it is, and no engine that reads ONNX is installed",
            hint=f"{install('openvino')}, or {install('onnxruntime')}",
        )
    choose(model, engine=REFERENCE, device=EXACT)  # in a child: a damaged file may crash OpenCV
    weights, graph = _files(model)
    made = []
    for engine in engines:
        proof = EngineProof(engine)
        started(proof.by)
        before = time.perf_counter()
        conversion = convert(weights, graph, name, proof, anew=True)
        if not conversion.kept:
            raise ModelError(
                f"the networks could not be written to {conversion.folder}",
                hint="$LIVESEGMENT_HOME names another folder",
            )
        made.append(
            Converted(
                engine=proof.by,
                seconds=time.perf_counter() - before,
                verdict=conversion.verdict,
                folder=conversion.folder,
            )
        )
    return made


def _files(model: Model) -> tuple[bytes, str]:
    """The frozen graph and the text graph.

    Raises:
        ModelError: a file cannot be read, or is no text.
    """
    if not model.paths:
        from livesegment.builtin import colour_shapes

        return colour_shapes.build()
    try:
        return model.paths["weights"].read_bytes(), model.paths["graph"].read_text("utf-8")
    except OSError as error:
        raise ModelError(f"cannot read {error.filename}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ModelError(f"{model.paths['graph']} is no text graph: {error}") from error
