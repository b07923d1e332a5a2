"""Rebuilt as ONNX, a Mask R-CNN gives the numbers that OpenCV gives."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from livesegment.builtin import colour_shapes
from livesegment.engines.opencv import OpenCvEngine
from livesegment.engines.registry import installed_engines
from livesegment.families.base import EVERYTHING, Thresholds
from livesegment.families.mask_rcnn import MaskRcnn
from livesegment.families.mask_rows import DETECTIONS, MASKS, kept_rows
from livesegment.families.rebuild.conversion import convert
from livesegment.families.rebuilt_mask_rcnn import RebuiltMaskRcnn, samples
from livesegment.frame import Image
from livesegment.instances import Instances
from livesegment.network import Format, Network, Tensors
from livesegment.sources.synthetic import Scene
from tests.engines.readers import needs_tensorflow
from tests.families import random_mask_rcnn
from tests.families.proofs import NoProof

ENGINES = [
    name for name, made in installed_engines().items() if Format.TENSORFLOW not in made.formats
]
MODELS: dict[str, Callable[[], tuple[bytes, str]]] = {
    "built in": colour_shapes.build,
    "random": random_mask_rcnn.build,
}
SIZES = [(196, 228), (117, 203), (240, 321)]
"""(height, width) in pixels, some odd."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Pair:
    """A model on OpenCV and rebuilt."""

    model: str
    original: MaskRcnn
    source: Network
    rebuilt: RebuiltMaskRcnn
    engines: list[Any]

    @cached_property
    def whole(self) -> OpenCvEngine:
        """The original in one piece; where OpenCV does not read it there is none."""
        return OpenCvEngine(self.source)

    @cached_property
    def halves(self) -> list[OpenCvEngine]:
        """The original in two."""
        return [OpenCvEngine(network) for network in self.original.networks]

    def picture(self, size: tuple[int, int]) -> Image:
        """One that the model finds something in; (height, width)."""
        if self.model == "built in":
            return Scene(size=(size[1], size[0])).picture(1.0)
        return noise(size)

    def theirs(self, image: Image) -> dict[str, Floats]:
        """All that OpenCV computes of a picture, masks left out."""
        return copied(self.whole.run(self.original.prepare(image)[0]))

    def run(self, image: Image, thresholds: Thresholds) -> tuple[dict[str, Floats], int]:
        """All tensors of the rebuilt model, and how many networks ran."""
        inputs: Tensors | None
        inputs, _ = self.rebuilt.prepare(image)
        tensors: dict[str, Floats] = {}
        ran = 0
        for engine in self.engines:
            tensors |= inputs
            tensors |= copied(engine.run(inputs))
            ran += 1
            inputs = self.rebuilt.relay(tensors, thresholds)
            if inputs is None:
                break
        return tensors, ran

    def instances(self, image: Image, thresholds: Thresholds) -> tuple[Instances, Instances]:
        """What OpenCV finds, and what the rebuilt model finds."""
        letterbox = self.original.prepare(image)[1]
        tensors = copied(self.halves[0].run(self.original.prepare(image)[0]))
        rest = self.original.relay(tensors, thresholds)
        if rest is not None:
            tensors |= self.halves[1].run(rest)
        return (
            self.original.decode(tensors, letterbox, thresholds),
            self.rebuilt.decode(self.run(image, thresholds)[0], letterbox, thresholds),
        )


def copied(tensors: Tensors) -> dict[str, Floats]:
    return {name: np.array(tensor) for name, tensor in tensors.items()}


def make_pair(model: str, engine: str) -> Pair:
    weights, graph = MODELS[model]()
    original = MaskRcnn(weights, graph, (), name=model)
    made = convert(weights, graph, model, NoProof(installed_engines()[engine].dialect))
    parts = made.graph
    outputs = (
        parts.features,
        *parts.proposal_tensors,
        parts.proposals,
        *parts.detection_tensors,
        DETECTIONS,
    )
    rebuilt = RebuiltMaskRcnn(parts, made.networks, ())
    load = installed_engines()[engine]
    return Pair(
        model,
        original,
        Network(model, Format.TENSORFLOW, weights, outputs, graph),
        rebuilt,
        [load(network, device="cpu", threads=1) for network in rebuilt.networks],
    )


@pytest.fixture(scope="module", params=[(m, e) for m in MODELS for e in ENGINES], ids="-".join)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVESEGMENT_HOME", str(tmp_path_factory.mktemp("home")))
        return make_pair(*request.param)


@pytest.fixture(scope="module", params=ENGINES)
def shapes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVESEGMENT_HOME", str(tmp_path_factory.mktemp("home")))
        return make_pair("built in", request.param)


def noise(size: tuple[int, int], seed: int = 0) -> Image:
    """Blocks of 8 pixels in random colours."""
    random = np.random.default_rng(seed)
    blocks = random.integers(0, 256, (size[0] // 8 + 1, size[1] // 8 + 1, 3), np.uint8)
    return np.ascontiguousarray(blocks.repeat(8, 0).repeat(8, 1)[: size[0], : size[1]])


def share(ours: Floats, theirs: Floats) -> float:
    """The largest difference, as a share of the largest number."""
    assert ours.size == theirs.size
    return float(np.abs(ours.ravel() - theirs.ravel()).max() / np.abs(theirs).max())


# Each part, fed with what OpenCV made of the parts before


@needs_tensorflow
@pytest.mark.wheel
@pytest.mark.parametrize("size", SIZES)
def test_features_and_encodings_are_opencvs(pair: Pair, size: tuple[int, int]) -> None:
    image = pair.picture(size)
    theirs = pair.theirs(image)
    ours = pair.engines[0].run(pair.rebuilt.prepare(image)[0])
    graph = pair.rebuilt.graph
    for name in (graph.features, *graph.proposal_tensors):
        assert share(ours[name], theirs[name]) < 1e-3, name


@needs_tensorflow
@pytest.mark.wheel
@pytest.mark.parametrize("size", SIZES)
def test_proposals_are_opencvs(pair: Pair, size: tuple[int, int]) -> None:
    image = pair.picture(size)
    theirs = pair.theirs(image)
    inputs, _ = pair.rebuilt.prepare(image)
    cells = pair.rebuilt.graph.cells
    known = {**theirs, **inputs, cells: pair.engines[0].run(inputs)[cells]}
    np.testing.assert_allclose(
        pair.rebuilt.proposals(known), theirs[pair.rebuilt.graph.proposals], atol=1e-6
    )


@needs_tensorflow
@pytest.mark.wheel
@pytest.mark.parametrize("size", SIZES)
def test_the_box_head_gives_opencvs_detections(pair: Pair, size: tuple[int, int]) -> None:
    theirs = pair.theirs(pair.picture(size))
    graph = pair.rebuilt.graph
    inputs = pair.rebuilt.box_inputs(theirs[graph.features], theirs[graph.proposals])
    ours = copied(pair.engines[1].run(inputs))
    for name in graph.detection_tensors:
        assert share(ours[name], theirs[name]) < 1e-3, name
    rows = pair.rebuilt.detections({**theirs, **ours})
    np.testing.assert_allclose(rows, theirs[DETECTIONS], atol=1e-4)


@needs_tensorflow
@pytest.mark.wheel
def test_the_mask_head_draws_opencvs_masks_also_at_borders(pair: Pair) -> None:
    features = pair.theirs(pair.picture(SIZES[1]))[pair.rebuilt.graph.features]
    boxes = [(0.1, 0.2, 0.6, 0.9), (0, 0, 1, 1), (0, 0.5, 0.3, 1), (0.7, 0, 1, 0.01), (1, 1, 1, 1)]
    rows = np.array([(0, 0, 0.9, *box) for box in boxes], np.float32)
    theirs = pair.halves[1].run({"features": features, "rois": rows[None, None]})[MASKS]
    ours = pair.engines[2].run(pair.rebuilt.mask_inputs(features, rows))[MASKS]
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


# All of it


@needs_tensorflow
@pytest.mark.wheel
@pytest.mark.parametrize("size", [(360, 640), (240, 427), (481, 853)])
def test_the_same_objects_are_found(shapes: Pair, size: tuple[int, int]) -> None:
    scene = Scene(size=(size[1], size[0]))
    theirs, ours = shapes.instances(scene.picture(1.0), Thresholds())
    assert len(ours) == len(theirs) > 2
    np.testing.assert_allclose(ours.boxes, theirs.boxes, atol=0.1)
    np.testing.assert_allclose(ours.scores, theirs.scores, atol=1e-3)
    assert ours.class_ids.tolist() == theirs.class_ids.tolist()
    for mine, wanted in zip(ours.masks, theirs.masks, strict=True):
        assert np.mean(mine != wanted) < 0.001


@needs_tensorflow
@pytest.mark.wheel
def test_objects_that_are_cut_off_by_the_frame_are_the_same(shapes: Pair) -> None:
    image = np.full((200, 300, 3), 120, np.uint8)
    image[-60:, -70:] = (20, 20, 220)
    image[:50, 100:180] = (220, 30, 20)
    theirs, ours = shapes.instances(image, Thresholds())
    assert len(ours) == len(theirs) == 2
    np.testing.assert_allclose(ours.boxes, theirs.boxes, atol=0.1)


def test_with_nothing_found_the_last_network_does_not_run(shapes: Pair) -> None:
    image = np.full((96, 128, 3), 120, np.uint8)
    tensors, ran = shapes.run(image, Thresholds())
    assert ran == 2
    letterbox = shapes.rebuilt.prepare(image)[1]
    assert len(shapes.rebuilt.decode(tensors, letterbox, Thresholds())) == 0


def test_a_warm_up_runs_all_networks_on_an_empty_picture(shapes: Pair) -> None:
    thresholds = Thresholds(score=EVERYTHING, max_instances=1)
    tensors, ran = shapes.run(np.full((96, 128, 3), 120, np.uint8), thresholds)
    assert ran == 3
    assert len(tensors[MASKS]) == 1


def test_masks_are_made_for_what_passes_only(shapes: Pair) -> None:
    thresholds = Thresholds(class_ids=frozenset({0}))
    tensors, _ = shapes.run(Scene().picture(1.0), thresholds)
    every = kept_rows(tensors, Thresholds())
    assert 0 < len(tensors[MASKS]) < len(every)
    assert len(tensors[MASKS]) == np.count_nonzero(every[:, 1] == 0)


def test_fewer_proposals_are_the_best_ones(pair: Pair) -> None:
    graph, networks = pair.rebuilt.graph, pair.rebuilt.networks
    few = RebuiltMaskRcnn(graph, networks, (), proposals=3)
    inputs, _ = few.prepare(noise((96, 128)))
    tensors = {**inputs, **pair.engines[0].run(inputs)}
    np.testing.assert_array_equal(few.proposals(tensors), pair.rebuilt.proposals(tensors)[:, :, :3])


def test_samples_reach_from_edge_to_edge() -> None:
    boxes = np.array([[0, 0, 1, 1], [0.5, 0.25, 0.5, 0.75]], np.float32)
    found = samples(boxes, (1, 8, 5, 9), (4, 3))
    grid = (found["grid"].reshape(2, 4, 3, 2) + 1) / 2
    np.testing.assert_allclose(grid[0, :, 0, 1], [0, 1 / 3, 2 / 3, 1], atol=1e-6)
    np.testing.assert_allclose(grid[0, 0, :, 0], [0, 0.5, 1], atol=1e-6)
    np.testing.assert_allclose(grid[1, 0, :, 0], [0.5] * 3, atol=1e-6)
    # Three samples 4 cells apart: the middles of parts of 4 cells, from 2 before 0.5 on.
    np.testing.assert_allclose(found["rois"][0, [0, 2]], [-1.5, 10.5], atol=1e-6)
