"""A rebuilt model against the one it was made from, part by part, on a drawn picture.

Each part gets what OpenCV's own parts before it made, so that a choice between two boxes of nearly
the same score, which may fall either way, does not hide what is behind it.
"""

import numpy as np
from numpy.typing import NDArray

from livesegment.engines.base import Engine
from livesegment.engines.registry import REFERENCE, engine_factory
from livesegment.families.mask_rcnn import MaskRcnn
from livesegment.families.mask_rows import DETECTIONS, MASKS
from livesegment.families.rebuild.conversion import Differences
from livesegment.families.rebuilt_mask_rcnn import RebuiltMaskRcnn
from livesegment.frame import Image
from livesegment.network import Format, Network, Tensors
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
        self._factory = engine_factory(engine)
        self._threads = threads
        self.by = f"{engine} {self._factory.version()}"
        self.crops_by_grid = engine == "openvino"

    def __call__(self, source: Network, rebuilt: RebuiltMaskRcnn) -> Differences:
        """Run both; see `Proof`."""
        graph = rebuilt.graph
        picture = np.ascontiguousarray(specimen()[: ODD[0], : ODD[1]])
        inputs, _ = rebuilt.prepare(picture)
        theirs = self._original(source, rebuilt, inputs)
        first, second, third = (
            self._factory(network, device="cpu", threads=self._threads)
            for network in rebuilt.networks
        )
        ours = {**first.run(inputs)}
        tensors = [_share(ours, theirs, name) for name in (graph.features, *graph.proposal_tensors)]

        shared = {**theirs, **inputs, graph.cells: ours[graph.cells]}
        proposals = _rows(rebuilt.proposals(shared), theirs[graph.proposals], picture)

        features = theirs[graph.features]
        boxes = {**second.run(rebuilt.box_inputs(features, theirs[graph.proposals]))}
        tensors += [_share(boxes, theirs, name) for name in graph.detection_tensors]
        detections = _rows(rebuilt.detections({**theirs, **boxes}), theirs[DETECTIONS], picture)

        rows = _with_area(theirs[DETECTIONS][0, 0])
        if not len(rows):
            rows = _with_area(theirs[graph.proposals][0, 0])
        rows = np.ascontiguousarray(rows[:MASKS_COMPARED])
        mask = 0.0
        if len(rows):
            drawn = third.run(rebuilt.mask_inputs(features, rows))[MASKS]
            mask = _distance(drawn, self._masks(source, features, rows))
        return Differences(
            tensor=max(tensors),
            pixels=max(proposals[0], detections[0]),
            score=max(proposals[1], detections[1]),
            mask=mask,
            detections=detections[2],
        )

    def _original(self, source: Network, rebuilt: RebuiltMaskRcnn, inputs: Tensors) -> Tensors:
        graph = rebuilt.graph
        outputs = (
            graph.features,
            *graph.proposal_tensors,
            graph.proposals,
            *graph.detection_tensors,
            DETECTIONS,
        )
        whole = Network(source.name, Format.TENSORFLOW, source.weights, outputs, source.graph)
        # A copy: the engine's tensors hold only until it runs again.
        found = _reference(whole).run(inputs)
        return {name: np.array(tensor, np.float32) for name, tensor in found.items()}

    def _masks(self, source: Network, features: Floats, rows: Floats) -> Floats:
        branch = MaskRcnn(source.weights, source.graph, (), name=source.name).networks[1]
        return _reference(branch).run({"features": features, "rois": rows[None, None]})[MASKS]


def _reference(network: Network) -> Engine:
    return engine_factory(REFERENCE)(network, device="cpu", threads=None)


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
