"""The answers that come with the program are those of OpenCV's own run."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livesegment.builtin import colour_shapes
from livesegment.engines.registry import installed_engines
from livesegment.families.mask_rows import DETECTIONS
from livesegment.families.rebuild.conversion import Against, convert, rebuilt_networks
from livesegment.families.rebuild.mask_rcnn_graph import MaskRcnnGraph
from livesegment.families.rebuilt_mask_rcnn import RebuiltMaskRcnn
from livesegment.network import Format, Network
from livesegment.segmenters.proof import engine_proof
from livesegment.segmenters.proof.engine_proof import EngineProof, proof_picture
from livesegment.segmenters.proof.golden import FOLDER, Golden, sum_of
from livesegment.segmenters.proof.reference import Original
from tests.engines.readers import needs_tensorflow
from tests.families import random_mask_rcnn

pytestmark = pytest.mark.wheel

ENGINES = [
    name for name, made in installed_engines().items() if Format.TENSORFLOW not in made.formats
]
"""Those that models are rebuilt for."""


def source() -> Network:
    weights, graph = colour_shapes.build()
    return Network("colour-shapes", Format.TENSORFLOW, weights, (), graph)


@pytest.fixture
def no_original(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on an OpenCV that reads no TensorFlow graphs."""
    real = installed_engines()["opencv"]

    class OnnxOnly(real):  # type: ignore[misc, valid-type]
        formats = frozenset({Format.ONNX})

    monkeypatch.setattr("livesegment.engines.opencv.OpenCvEngine", OnnxOnly)


def test_the_built_in_model_has_one() -> None:
    """Its weights are computed: they have to be the same with every numpy."""
    golden = Golden.of(source())
    assert golden is not None
    assert len(golden.rows) == len(golden.masks) == 3


def test_a_changed_model_has_none() -> None:
    weights, graph = colour_shapes.build()
    changed = weights[:-1] + bytes([weights[-1] ^ 1])
    assert Golden.of(Network("", Format.TENSORFLOW, changed, (), graph)) is None
    assert Golden.of(Network("", Format.TENSORFLOW, weights, (), graph + " ")) is None


def test_no_two_models_have_one_sum() -> None:
    files = list(resources.files(engine_proof.__package__).joinpath(FOLDER).iterdir())
    sums = [json.loads(file.read_text("utf-8"))["sum"] for file in files]
    assert len(set(sums)) == len(files)
    assert sum_of(source()) in sums


@needs_tensorflow
def test_it_is_what_opencv_makes_of_the_graph_as_it_is() -> None:
    golden = Golden.of(source())
    assert golden is not None
    graph = MaskRcnnGraph(*colour_shapes.build(), "shapes")
    original = Original(source(), graph)
    made = RebuiltMaskRcnn(graph, (), ())
    tensors = original.tensors(made.prepare(proof_picture())[0])
    rows = tensors[DETECTIONS][0, 0, : len(golden.rows)]
    np.testing.assert_allclose(rows, golden.rows, atol=1e-5)
    masks = original.masks(tensors[graph.features], golden.rows)
    own = masks[np.arange(len(rows)), golden.rows[:, 1].astype(int)]
    np.testing.assert_allclose(own, golden.masks, atol=1e-4)


@pytest.mark.usefixtures("no_original")
@pytest.mark.parametrize("engine", ENGINES)
def test_without_the_original_the_built_in_model_is_proved_by_it(engine: str) -> None:
    found = convert(*colour_shapes.build(), "shapes", EngineProof(engine))
    assert found.proved
    assert "OpenCV 4" in found.verdict
    assert found.differences is not None
    assert found.differences.detections == 3


@pytest.mark.usefixtures("no_original")
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("change", [("rows", 3), ("rows", 2), ("masks", 7)])
def test_another_answer_is_found(
    engine: str, change: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but two rows are compared, so all of them are changed."""
    golden = Golden.of(source())
    assert golden is not None
    part, column = change
    changed: dict[str, Any] = {"rows": golden.rows.copy(), "masks": golden.masks.copy()}
    changed[part][:, column] += 0.01
    other = Golden(golden.name, changed["rows"], changed["masks"])
    monkeypatch.setattr(Golden, "of", lambda _: other)
    weights, graph = colour_shapes.build()
    parts = MaskRcnnGraph(weights, graph, "shapes")
    proof = EngineProof(engine)
    networks = rebuilt_networks(parts, parts.networks(proof.dialect))
    verdict = proof(source(), RebuiltMaskRcnn(parts, networks, ()))
    assert verdict.against is Against.GOLDEN
    assert verdict.differences is not None
    assert not verdict.differences.small


@pytest.mark.usefixtures("no_original")
@pytest.mark.skipif(len(ENGINES) < 2, reason="fewer than two engines can run it")
@pytest.mark.parametrize("engine", ENGINES)
def test_an_unknown_model_is_compared_with_another_engine_and_not_called_proved(
    engine: str,
) -> None:
    found = convert(*random_mask_rcnn.build(), "random", EngineProof(engine))
    assert not found.proved
    assert "not proved here" in found.verdict
    assert found.differences is not None
    assert found.differences.small
    assert not found.verdict.count(f"from {engine} ")


@pytest.mark.usefixtures("no_original")
def test_with_one_engine_an_unknown_model_is_compared_with_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engine_proof, "installed_engines", dict)
    found = convert(*random_mask_rcnn.build(), "random", EngineProof("opencv"))
    assert not found.proved
    assert "no second engine" in found.verdict
    assert found.folder.is_relative_to(tmp_path)


@pytest.mark.usefixtures("no_original")
@pytest.mark.parametrize(
    ("than", "known", "unknown"),
    [("nothing", True, len(installed_engines()) > 1), ("engine", True, False)],
)
def test_a_golden_is_better_than_another_engine(than: str, known: bool, unknown: bool) -> None:
    proof = EngineProof("opencv")
    weights, graph = random_mask_rcnn.build()
    other = Network("random", Format.TENSORFLOW, weights, (), graph)
    assert proof.better(source(), Against(than)) is known
    assert proof.better(other, Against(than)) is unknown


@needs_tensorflow
@pytest.mark.parametrize(("than", "better"), [("engine", True), ("golden", False)])
def test_the_original_is_better_than_another_engine(than: str, better: bool) -> None:
    weights, graph = random_mask_rcnn.build()
    model = Network("random", Format.TENSORFLOW, weights, (), graph)
    assert EngineProof("opencv").better(model, Against(than)) is better
