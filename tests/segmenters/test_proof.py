"""A proof passes a model that was rebuilt well, and no other."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx is not installed")

import onnx
import onnx.numpy_helper

from livesegment.builtin import colour_shapes
from livesegment.engines.registry import installed_engines
from livesegment.errors import ModelError
from livesegment.families.base import Thresholds
from livesegment.families.rebuild.conversion import Differences, convert
from livesegment.families.rebuild.mask_rcnn_graph import MaskRcnnGraph
from livesegment.families.rebuilt_mask_rcnn import RebuiltMaskRcnn
from livesegment.frame import Frame
from livesegment.network import Format, Network
from livesegment.segmenters.load import load_segmenter
from livesegment.segmenters.proof.engine_proof import EngineProof
from livesegment.segmenters.specimen import specimen
from livesegment.store import find_model
from tests.engines.readers import needs_tensorflow
from tests.families import random_mask_rcnn
from tests.families.proofs import NoProof

ENGINES = [
    name for name, made in installed_engines().items() if Format.TENSORFLOW not in made.formats
]
MODELS = {"built in": colour_shapes.build, "random": random_mask_rcnn.build}


def prove(engine: str, change: Callable[[Any], None], part: int) -> Differences:
    """Prove the random model after a change to one of its networks."""
    weights, graph = random_mask_rcnn.build()
    proof = EngineProof(engine)
    made = convert(weights, graph, "random", NoProof(proof.dialect), anew=True)
    networks = list(made.networks)
    model = onnx.load_model_from_string(networks[part].weights)
    change(model)
    networks[part] = replace(networks[part], weights=model.SerializeToString())
    source = Network("random", Format.TENSORFLOW, weights, (), graph)
    found = proof(source, RebuiltMaskRcnn(made.graph, networks, ())).differences
    assert found is not None
    return found


def weights_times(factor: float, name: str) -> Callable[[Any], None]:
    """Change a constant of a network."""

    def change(model: Any) -> None:
        (held,) = (item for item in model.graph.initializer if item.name == name)
        values = onnx.numpy_helper.to_array(held) * np.float32(factor)
        held.CopyFrom(onnx.numpy_helper.from_array(values, name))

    return change


@pytest.mark.wheel
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("model", MODELS)
def test_what_was_rebuilt_well_passes(engine: str, model: str) -> None:
    found = convert(*MODELS[model](), model, EngineProof(engine)).differences
    assert found is not None
    assert found.small
    assert found.detections > 0


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("part", "constant"),
    [
        (0, "Second/weights"),
        (1, "SecondStage/weights"),
        (1, "Boxes/weights/xy"),
        (2, "Mask/Conv2D/taps"),
    ],
)
def test_a_changed_weight_of_any_network_is_found(engine: str, part: int, constant: str) -> None:
    assert prove(engine, weights_times(1, constant), part).small
    assert not prove(engine, weights_times(1.02, constant), part).small


@pytest.mark.parametrize("engine", ENGINES)
def test_numbers_that_are_none_are_found(engine: str) -> None:
    assert not prove(engine, weights_times(np.nan, "Mask/Conv2D/taps"), 2).small


@needs_tensorflow
@pytest.mark.parametrize("engine", ENGINES)
def test_another_choice_of_boxes_is_found(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the priors lay half a cell elsewhere."""
    find = MaskRcnnGraph._find_parts

    def wrongly(self: MaskRcnnGraph) -> None:
        find(self)
        self.priors = replace(self.priors, offset=self.priors.offset + 0.5)

    monkeypatch.setattr(MaskRcnnGraph, "_find_parts", wrongly)
    with pytest.raises(ModelError, match="gives other numbers"):
        convert(*random_mask_rcnn.build(), "random", EngineProof(engine))


@pytest.mark.parametrize("engine", ENGINES)
def test_the_built_in_model_runs_on_every_engine(engine: str) -> None:
    model = find_model("colour-shapes")
    frame = Frame(specimen(), 0, 0.0, 0.0)
    wanted = load_segmenter(model, Thresholds()).segment(frame).instances
    found = load_segmenter(model, Thresholds(), engine=engine).segment(frame).instances
    assert len(found) == len(wanted) == 3
    np.testing.assert_allclose(found.boxes, wanted.boxes, atol=0.1)
