"""A Mask R-CNN of TensorFlow's becomes ONNX networks: made once, proved, and kept on the disk.

What is kept was compared with what OpenCV makes of the same files, on the engine that will run it;
a conversion that gives other numbers is refused. Files that were damaged since are made again.
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from livesegment.atomic import install, only_one, writing
from livesegment.errors import ModelError
from livesegment.families.mask_rows import MASKS
from livesegment.families.rebuild.mask_rcnn_graph import MaskRcnnGraph
from livesegment.families.rebuilt_mask_rcnn import RebuiltMaskRcnn
from livesegment.network import Format, Network
from livesegment.store import data_folder

VERSION = 2
"""Of what this program makes of a graph: raised whenever that changes."""
PARTS = ("picture", "boxes", "masks")
"""The networks, in the order of running."""
SUMS = "sums.json"

MOST_TENSOR, MOST_PIXELS, MOST_SCORE, MOST_MASK = 1e-3, 0.1, 1e-3, 1e-3
"""Differences that a conversion may have."""


@dataclass(frozen=True, slots=True)
class Differences:
    """How far a rebuilt model is from the one it was made from, on a test picture."""

    tensor: float
    """Largest of a network's numbers, as a share of the largest number there."""
    pixels: float
    """Largest of a box's sides."""
    score: float
    mask: float
    """Of a probability."""
    detections: int
    """Boxes that were compared in the end."""

    @property
    def small(self) -> bool:
        """Whether both give the same for every purpose."""
        return (
            self.tensor <= MOST_TENSOR
            and self.pixels <= MOST_PIXELS
            and self.score <= MOST_SCORE
            and self.mask <= MOST_MASK
        )

    def __str__(self) -> str:
        return (
            f"boxes {self.pixels:.1g} px, scores {self.score:.1g}, masks {self.mask:.1g}, "
            f"tensors {self.tensor:.1g} of their largest"
        )


class Proof(Protocol):
    """Compares a rebuilt model with its origin on the engine that is to run it."""

    by: str
    """Engine and version: what it proves holds for these."""
    crops_by_grid: bool
    """Which way of cropping this engine is quick at; see `MaskRcnnGraph.networks`."""

    def __call__(self, source: Network, rebuilt: RebuiltMaskRcnn) -> Differences:
        """Run both.

        Args:
            source: the whole model as OpenCV reads it.
            rebuilt: what was made of it.

        Raises:
            ModelError: one of them cannot be run.
            EngineError: likewise.
        """
        ...


@dataclass(frozen=True, slots=True)
class Conversion:
    """A rebuilt model."""

    graph: MaskRcnnGraph
    networks: tuple[Network, ...]
    differences: Differences | None
    """None where it was proved before."""
    folder: Path
    """Where the networks are kept."""

    @property
    def kept(self) -> bool:
        """Whether they are there: a disk may be full or closed to writing."""
        return (self.folder / SUMS).is_file()


def convert(
    weights: bytes, graph: str, name: str, proof: Proof, *, anew: bool = False
) -> Conversion:
    """Rebuild a model as ONNX, or take what was made of it before.

    Args:
        weights: the frozen graph.
        graph: the text graph.
        name: for messages.
        proof: compares the result with OpenCV's.
        anew: rebuild and prove it in any case.

    Raises:
        ModelError: the files are damaged, no Mask R-CNN of this family, or the result is not the
            same.
        EngineError: the `onnx` library is not installed, or an engine fails.
    """
    parts = MaskRcnnGraph(weights, graph, name)
    folder = _folder(weights, graph, proof.by)
    if not anew and (stored := _load(folder)) is not None:
        return Conversion(parts, _networks(parts, stored), None, folder)
    made = parts.networks(by_grid=proof.crops_by_grid)
    networks = _networks(parts, made)
    source = Network(name, Format.TENSORFLOW, weights, (), graph)
    differences = proof(source, RebuiltMaskRcnn(parts, networks, ()))
    if not differences.small:
        raise ModelError(
            f"{name}: rebuilt as ONNX it gives other numbers on {proof.by} than on OpenCV: "
            f"{differences}",
            hint="--engine opencv runs the model as it is",
        )
    # Without a place to keep it, it is made at every start: slow, but right.
    with suppress(ModelError):
        _keep(folder, made)
    return Conversion(parts, networks, differences, folder)


def _folder(weights: bytes, graph: str, by: str) -> Path:
    total = hashlib.sha256()
    for part in (str(VERSION).encode(), by.encode(), graph.encode(), weights):
        total.update(len(part).to_bytes(8, "little") + part)
    return data_folder() / "converted" / total.hexdigest()[:32]


def _networks(graph: MaskRcnnGraph, files: tuple[bytes, ...]) -> tuple[Network, ...]:
    outputs = (
        (graph.features, *graph.proposal_tensors, graph.cells),
        graph.detection_tensors,
        (MASKS,),
    )
    return tuple(
        Network(f"{graph.name}, {part}", Format.ONNX, data, tuple(dict.fromkeys(wanted)))
        for part, data, wanted in zip(PARTS, files, outputs, strict=True)
    )


def _load(folder: Path) -> tuple[bytes, ...] | None:
    """The networks kept in a folder, None where they are not there as they were written."""
    try:
        sums = json.loads((folder / SUMS).read_text("utf-8"))
        files = tuple((folder / f"{part}.onnx").read_bytes() for part in PARTS)
        whole = [sums[part] for part in PARTS] == [_sum(data) for data in files]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return files if whole else None


def _keep(folder: Path, files: tuple[bytes, ...]) -> None:
    """Write the networks, and their sums last: without those nothing is there.

    Raises:
        ModelError: the disk refuses, or another process is at it.
    """
    sums = {part: _sum(data) for part, data in zip(PARTS, files, strict=True)}
    contents = {f"{part}.onnx": data for part, data in zip(PARTS, files, strict=True)}
    contents[SUMS] = json.dumps(sums).encode()
    with only_one(folder / SUMS):
        with writing(folder):
            (folder / SUMS).unlink(missing_ok=True)
        for name, data in contents.items():
            part = folder / f"{name}.{os.getpid()}.part"
            try:
                with writing(part):
                    part.write_bytes(data)
                install(part, folder / name)
            finally:
                with suppress(OSError):
                    part.unlink(missing_ok=True)


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
