"""Proves rebuilt models on one engine, against the best there is to compare with.

Best is the model as it is, where an OpenCV here reads it; then what such an OpenCV once found, for
models that are known; then the rebuilt model on another engine.
"""

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from livesegment.engines.base import EngineFactory
from livesegment.engines.registry import REFERENCE, engine_factory, installed_engines
from livesegment.errors import LiveSegmentError
from livesegment.families.mask_rows import DETECTIONS
from livesegment.families.rebuild.conversion import Against, Differences, Verdict, rebuilt_networks
from livesegment.families.rebuilt_mask_rcnn import RebuiltMaskRcnn
from livesegment.frame import Image
from livesegment.network import Format, Network, Tensors
from livesegment.segmenters.proof.golden import Golden
from livesegment.segmenters.proof.reference import Original, Rebuilt, Reference
from livesegment.segmenters.specimen import specimen

ODD = (475, 637)
"""(height, width) of the test picture: odd sides show how edges are padded."""
MASKS_COMPARED = 4
LEAST_SCORE = 0.01
"""Of proposals that are compared; the order of those below is chance."""
CHANCE = 2
"""Rows that may be others: where a choice hangs on the last bit, it may fall either way."""

Floats = NDArray[np.float32]


class EngineProof:
    """Proves conversions for one engine; see `Proof`."""

    def __init__(self, engine: str, threads: int | None = None) -> None:
        self._engine = engine
        self._factory = engine_factory(engine)
        self._threads = threads
        self.by = _named(engine, self._factory)
        self.dialect = self._factory.dialect

    def better(self, source: Network, than: Against) -> bool:
        """See `Proof.better`."""
        if Verdict(than).proved:
            return False
        if Format.TENSORFLOW in engine_factory(REFERENCE).formats or Golden.of(source) is not None:
            return True
        return than is Against.NOTHING and len(installed_engines()) > 1

    def __call__(self, source: Network, rebuilt: RebuiltMaskRcnn) -> Verdict:
        """Run both; see `Proof`."""
        reference = self._reference(source, rebuilt)
        if reference is None:
            return Verdict(Against.NOTHING)
        ours = Rebuilt(rebuilt, self._factory, self.by, self._threads)
        picture = proof_picture()
        inputs, _ = rebuilt.prepare(picture)
        if isinstance(reference, Golden):
            differences = _by_answer(ours, reference, inputs, picture)
        else:
            differences = _by_parts(ours, reference, inputs, picture)
        return Verdict(reference.against, reference.name, differences)

    def _reference(self, source: Network, rebuilt: RebuiltMaskRcnn) -> Reference | Golden | None:
        """The best there is to compare with."""
        if Format.TENSORFLOW in engine_factory(REFERENCE).formats:
            return Original(source, rebuilt.graph)
        if (golden := Golden.of(source)) is not None:
            return golden
        return self._other_engine(rebuilt)

    def _other_engine(self, rebuilt: RebuiltMaskRcnn) -> Reference | None:
        """The first other engine that can run the model."""
        graph = rebuilt.graph
        for name, factory in installed_engines().items():
            if name == self._engine:
                continue
            networks = rebuilt_networks(graph, graph.networks(factory.dialect))
            with suppress(LiveSegmentError):
                return Rebuilt(RebuiltMaskRcnn(graph, networks, ()), factory, _named(name, factory))
        return None


def proof_picture() -> Image:
    """What models are compared on."""
    return np.ascontiguousarray(specimen()[: ODD[0], : ODD[1]])


def _named(engine: str, factory: EngineFactory) -> str:
    return f"{engine} {factory.version()}"


def _by_parts(ours: Rebuilt, reference: Reference, inputs: Tensors, picture: Image) -> Differences:
    """Compare each network's tensors, and what is chosen from them."""
    model, graph = ours.model, ours.model.graph
    theirs = reference.tensors(inputs)
    first = ours.picture(inputs)
    tensors = [_share(first, theirs, name) for name in (graph.features, *graph.proposal_tensors)]
    shared = {**theirs, **inputs, graph.cells: first[graph.cells]}
    proposals = _rows(model.proposals(shared), theirs[graph.proposals], picture)

    boxes = ours.boxes(theirs)
    tensors += [_share(boxes, theirs, name) for name in graph.detection_tensors]
    detections = _rows(model.detections({**theirs, **boxes}), theirs[DETECTIONS], picture)

    rows = _with_area(theirs[DETECTIONS][0, 0])
    if not len(rows):
        rows = _with_area(theirs[graph.proposals][0, 0])
    rows = np.ascontiguousarray(rows[:MASKS_COMPARED])
    mask = 0.0
    if len(rows):
        features = theirs[graph.features]
        mask = _distance(ours.masks(features, rows), reference.masks(features, rows))
    return Differences(
        pixels=max(proposals[0], detections[0]),
        score=max(proposals[1], detections[1]),
        mask=mask,
        detections=detections[2],
        tensor=max(tensors),
    )


def _by_answer(ours: Rebuilt, golden: Golden, inputs: Tensors, picture: Image) -> Differences:
    """Compare what is found in the end."""
    found = ours.tensors(inputs)
    pixels, score, count = _rows(found[DETECTIONS], golden.rows[None, None], picture)
    rows = golden.rows[: len(golden.masks)]
    drawn = ours.masks(found[ours.model.graph.features], rows)
    classes = rows[:, 1].astype(np.intp)
    own = drawn[np.arange(len(drawn)), np.minimum(classes, drawn.shape[1] - 1)]
    return Differences(pixels, score, _distance(own, golden.masks), count)


def _share(ours: Tensors, theirs: Tensors, name: str) -> float:
    """The largest difference of a tensor, as a share of its largest number."""
    largest = float(np.abs(theirs[name]).max(initial=0))
    return _distance(ours[name].ravel(), theirs[name].ravel()) / max(largest, 1e-6)


def _distance(ours: Floats, theirs: Floats) -> float:
    """The largest difference; infinite where shapes differ or a number is none."""
    if ours.shape != theirs.shape:
        return float("inf")
    distance = float(np.abs(ours - theirs).max(initial=0))
    return distance if np.isfinite(distance) else float("inf")


def _rows(ours: Floats, theirs: Floats, picture: Image) -> tuple[float, float, int]:
    """The largest differences of sides, in pixels, and of scores; and how many rows there are.

    Each row is compared with the nearest of its class on the other side.
    """
    mine, wanted = _with_area(ours[0, 0]), _with_area(theirs[0, 0])
    height, width = picture.shape[:2]
    sides = np.array([width, height, width, height], np.float32)
    pairs = [
        _nearest(row, others, sides)
        for rows, others in ((mine, wanted), (wanted, mine))
        for row in rows
        if row[2] >= LEAST_SCORE
    ]
    pairs = sorted(pairs)[: max(1, len(pairs) - CHANCE)]
    return (
        max((pixels for pixels, _ in pairs), default=0.0),
        max((score for _, score in pairs), default=0.0),
        len(wanted),
    )


def _nearest(row: Floats, others: Floats, sides: Floats) -> tuple[float, float]:
    same = others[others[:, 1] == row[1]]
    if not len(same):
        return float("inf"), float("inf")
    pixels = np.abs((same[:, 3:] - row[3:]) * sides).max(axis=1)
    scores = np.abs(same[:, 2] - row[2])
    best = int(np.argmin(pixels + scores))
    return float(pixels[best]), float(scores[best])


def _with_area(rows: Floats) -> Floats:
    """Rows (n, 7) whose box is more than a line."""
    return np.asarray(rows[(rows[:, 5] > rows[:, 3]) & (rows[:, 6] > rows[:, 4])])
