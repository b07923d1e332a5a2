"""A Mask R-CNN of TensorFlow's becomes ONNX networks: made once, proved, and kept on the disk.

What is kept was compared, on the engine that will run it, with the best there is to compare with; a
conversion that gives other numbers is refused. Files that were damaged since are made again.
"""

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from livesegment.atomic import install, only_one, writing
from livesegment.errors import ModelError
from livesegment.families.mask_rows import MASKS
from livesegment.families.rebuild.mask_rcnn_graph import MaskRcnnGraph
from livesegment.families.rebuild.operation import AS_IT_IS
from livesegment.families.rebuilt_mask_rcnn import RebuiltMaskRcnn
from livesegment.network import Dialect, Format, Network
from livesegment.store import data_folder

VERSION = 3
"""Of what this program makes of a graph: raised whenever that changes."""
PARTS = ("picture", "boxes", "masks")
"""The networks, in the order of running."""
SUMS = "sums.json"

MOST_TENSOR, MOST_PIXELS, MOST_SCORE, MOST_MASK = 1e-3, 0.1, 1e-3, 1e-3
"""Differences that a conversion may have."""


@dataclass(frozen=True, slots=True)
class Differences:
    """How far a rebuilt model is from what it is compared with, on a test picture."""

    pixels: float
    """Largest of a box's sides."""
    score: float
    mask: float
    """Of a probability."""
    detections: int
    """Boxes that were compared in the end."""
    tensor: float | None = None
    """Largest of a network's numbers, as a share of the largest there; None: not compared."""

    @property
    def small(self) -> bool:
        """Whether both give the same for every purpose."""
        return (
            (self.tensor is None or self.tensor <= MOST_TENSOR)
            and self.pixels <= MOST_PIXELS
            and self.score <= MOST_SCORE
            and self.mask <= MOST_MASK
        )

    def __str__(self) -> str:
        said = f"boxes {self.pixels:.1g} px, scores {self.score:.1g}, masks {self.mask:.1g}"
        return (
            said if self.tensor is None else f"{said}, tensors {self.tensor:.1g} of their largest"
        )


class Against(StrEnum):
    """What a rebuilt model was compared with."""

    ORIGINAL = "original"
    """The model as it is, run by OpenCV."""
    GOLDEN = "golden"
    """What OpenCV once made of the model as it is, which comes with the program."""
    ENGINE = "engine"
    """The rebuilt model on another engine: a slip of an engine shows, one of the rebuilding not."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a proof found."""

    against: Against
    name: str = ""
    """Engine and version of what it was compared with."""
    differences: Differences | None = None
    """None where it was compared with nothing."""

    @property
    def proved(self) -> bool:
        """Whether the rebuilt model is known to be the model that it was made from."""
        return self.against in {Against.ORIGINAL, Against.GOLDEN}

    def __str__(self) -> str:
        match self.against:
            case Against.ORIGINAL:
                return (
                    f"largest differences from the model as {self.name} runs it: {self.differences}"
                )
            case Against.GOLDEN:
                return f"largest differences from what {self.name} found: {self.differences}"
            case Against.ENGINE:
                return (
                    "not proved here, as nothing installed runs the model as it is; "
                    f"largest differences from {self.name}: {self.differences}"
                )
            case Against.NOTHING:
                return (
                    "not proved here, as nothing installed runs the model as it is, "
                    "and there is no second engine to compare with"
                )


class Proof(Protocol):
    """Compares a rebuilt model with its origin on the engine that is to run it."""

    by: str
    """Engine and version: what it proves holds for these."""
    dialect: Dialect
    """How this engine likes its networks."""

    def better(self, source: Network, than: Against) -> bool:
        """Whether there is something better here to compare a model with."""
        ...

    def __call__(self, source: Network, rebuilt: RebuiltMaskRcnn) -> Verdict:
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
    verdict: str
    """What the proof found, in words."""
    proved: bool
    """See `Verdict.proved`."""
    differences: Differences | None
    """None where it was made before, or compared with nothing."""
    folder: Path
    """Where the networks are kept."""

    @property
    def kept(self) -> bool:
        """Whether they are there: a disk may be full or closed to writing."""
        return (self.folder / SUMS).is_file()


@dataclass(frozen=True, slots=True)
class _Stored:
    files: tuple[bytes, ...]
    against: Against
    verdict: str


def convert(
    weights: bytes,
    graph: str,
    name: str,
    proof: Proof,
    *,
    anew: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Conversion:
    """Rebuild a model as ONNX, or take what was made of it before.

    Args:
        weights: the frozen graph.
        graph: the text graph.
        name: for messages.
        proof: compares the result with what the model should give.
        anew: rebuild and prove it in any case.
        progress: called with what takes a while.

    Raises:
        ModelError: the files are damaged, no Mask R-CNN of this family, or the result is not the
            same.
        EngineError: an engine fails.
    """
    parts = MaskRcnnGraph(weights, graph, name)
    folder = _folder(weights, graph, proof.by)
    stored = None if anew else _load(folder)
    source = Network(name, Format.TENSORFLOW, weights, (), graph)
    if stored is not None and not proof.better(source, stored.against):
        proved = Verdict(stored.against).proved
        return Conversion(
            parts, rebuilt_networks(parts, stored.files), stored.verdict, proved, None, folder
        )
    progress(f"rebuilding {name} as ONNX for {proof.by}, once")
    made = stored.files if stored is not None else parts.networks(proof.dialect)
    networks = rebuilt_networks(parts, made)
    verdict = proof(source, RebuiltMaskRcnn(parts, networks, ()))
    if verdict.differences is not None and not verdict.differences.small:
        raise ModelError(
            f"{name}: rebuilt as ONNX it gives other numbers on {proof.by} than "
            f"{verdict.name}: {verdict.differences}",
            hint=AS_IT_IS,
        )
    # Without a place to keep it, it is made at every start: slow, but right.
    with suppress(ModelError):
        _keep(folder, _Stored(made, verdict.against, str(verdict)))
    return Conversion(parts, networks, str(verdict), verdict.proved, verdict.differences, folder)


def _folder(weights: bytes, graph: str, by: str) -> Path:
    total = hashlib.sha256()
    for part in (str(VERSION).encode(), by.encode(), graph.encode(), weights):
        total.update(len(part).to_bytes(8, "little") + part)
    return data_folder() / "converted" / total.hexdigest()[:32]


def rebuilt_networks(graph: MaskRcnnGraph, files: tuple[bytes, ...]) -> tuple[Network, ...]:
    """Files that a graph made as the networks that they are."""
    outputs = (
        (graph.features, *graph.proposal_tensors, graph.cells),
        graph.detection_tensors,
        (MASKS,),
    )
    return tuple(
        Network(f"{graph.name}, {part}", Format.ONNX, data, tuple(dict.fromkeys(wanted)))
        for part, data, wanted in zip(PARTS, files, outputs, strict=True)
    )


def _load(folder: Path) -> _Stored | None:
    """What is kept in a folder, None where it is not there as it was written."""
    try:
        told = json.loads((folder / SUMS).read_text("utf-8"))
        files = tuple((folder / f"{part}.onnx").read_bytes() for part in PARTS)
        whole = [told["sums"][part] for part in PARTS] == [_sum(data) for data in files]
        stored = _Stored(files, Against(told["against"]), str(told["verdict"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return stored if whole else None


def _keep(folder: Path, stored: _Stored) -> None:
    """Write the networks, and their sums last: without those nothing is there.

    Raises:
        ModelError: the disk refuses, or another process is at it.
    """
    contents = {f"{part}.onnx": data for part, data in zip(PARTS, stored.files, strict=True)}
    told = {
        "sums": {part: _sum(data) for part, data in zip(PARTS, stored.files, strict=True)},
        "against": stored.against,
        "verdict": stored.verdict,
    }
    contents[SUMS] = json.dumps(told).encode()
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
