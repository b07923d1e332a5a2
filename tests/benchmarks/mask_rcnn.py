"""Mask R-CNN run plainly, cut in two, and rebuilt as ONNX: time, and how far the numbers are apart.

It needs an OpenCV that reads TensorFlow graphs: pip install 'opencv-contrib-python<5'.

    python -m tests.benchmarks.mask_rcnn WEIGHTS.pb PICTURE... [--sizes 512x288,854x480] [--runs 5]

WEIGHTS.pb has its text graph, WEIGHTS.pbtxt, beside it. The ways of running take turns, so that
what else the machine does hits all of them; times are medians in milliseconds, picture in, masks
out, with two threads each: by the clock, and of the processor, which other work disturbs less.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.cli.values import size
from livesegment.engines import capabilities
from livesegment.engines.opencv import OpenCvEngine
from livesegment.engines.registry import check_device, engine_factory
from livesegment.errors import EngineError
from livesegment.families.base import Family, Thresholds
from livesegment.families.mask_rcnn import MaskRcnn
from livesegment.families.mask_rows import DETECTIONS, MASKS, kept_rows
from livesegment.families.rebuild.conversion import convert
from livesegment.families.rebuilt_mask_rcnn import RebuiltMaskRcnn
from livesegment.frame import Image
from livesegment.geometry import Letterbox
from livesegment.network import Format, Network, Tensors
from livesegment.segmenters.agreement import compare
from livesegment.segmenters.proof.engine_proof import EngineProof
from livesegment.sources.capture import as_bgr

THREADS = 2
THRESHOLDS = Thresholds()
Floats = NDArray[np.float32]
Way = Callable[[Image], tuple[Tensors, Letterbox]]


@dataclass(frozen=True, slots=True)
class Apart:
    """How far one way's numbers are from the plain one's; lost and extra rows have no pair."""

    pixels: float
    score: float
    mask: float
    lost: int
    extra: int


def main() -> None:
    """Run all ways on all pictures in all sizes, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("--sizes", default="512x288,640x360,854x480,1280x720")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    cv2.setNumThreads(THREADS)
    family, ways = _ways(given.weights)
    print(f"OpenCV {cv2.__version__}; largest differences from plain; times in ms")
    for text in given.sizes.split(","):
        wanted = size(text, "--sizes")
        for path in given.pictures:
            image = np.asarray(cv2.resize(as_bgr(cv2.imread(str(path))), wanted), np.uint8)
            print(f"\n{text} {path.name}")
            _measure(family, ways, image, given.runs)


def _measure(family: Family, ways: dict[str, Way], image: Image, runs: int) -> None:
    spent: dict[str, list[float]] = {name: [] for name in ways}
    worked: dict[str, list[float]] = {name: [] for name in ways}
    found: dict[str, tuple[Tensors, Letterbox]] = {}
    for _ in range(runs + 1):
        for name, way in ways.items():
            started, before = time.perf_counter(), time.process_time()
            tensors, letterbox = way(image)
            spent[name].append(time.perf_counter() - started)
            worked[name].append(time.process_time() - before)
            found[name] = {key: np.array(value) for key, value in tensors.items()}, letterbox
    plain = family.decode(*found["plain"], THRESHOLDS)
    for name, (tensors, letterbox) in found.items():
        took, cost = (1000 * statistics.median(times[name][1:]) for times in (spent, worked))
        distance = apart(found["plain"][0], tensors, image.shape[:2])
        agreement = compare(plain, family.decode(tensors, letterbox, THRESHOLDS))
        print(
            f"  {name:22} {took:7.1f} ms ({cost:7.1f} cpu)  {len(plain):3} objects  "
            f"{distance.pixels:8.1g} px  score {distance.score:7.1g}  mask {distance.mask:7.1g}  "
            f"lost {distance.lost} extra {distance.extra}  "
            f"recall {agreement.recall:.3f}  mask IoU {agreement.overlap:.4f}"
        )


def apart(plain: Tensors, other: Tensors, size: tuple[int, ...]) -> Apart:
    """Pair each row with the nearest of its class on the other side, and compare their masks.

    Args:
        plain: detections, and the masks of those that pass.
        other: likewise.
        size: (height, width) of the picture.
    """
    height, width = size
    sides = np.array([width, height, width, height], np.float32)
    wanted, wanted_masks = _pairs(plain)
    got, got_masks = _pairs(other)
    largest, taken = np.zeros(3), set()
    for row, mask in zip(wanted, wanted_masks, strict=True):
        near = [
            (float(np.abs((row[3:] - rival[3:]) * sides).max()), index)
            for index, rival in enumerate(got)
            if rival[1] == row[1] and index not in taken
        ]
        pixels, best = min(near, default=(np.inf, -1))
        if pixels > max(width, height) / 20:
            continue
        taken.add(best)
        score = abs(float(row[2] - got[best, 2]))
        largest = np.maximum(largest, [pixels, score, float(np.abs(mask - got_masks[best]).max())])
    lost, extra = len(wanted) - len(taken), len(got) - len(taken)
    furthest, score, worst_mask = largest.tolist()
    return Apart(furthest, score, worst_mask, lost, extra)


def _pairs(tensors: Tensors) -> tuple[Floats, Floats]:
    """The rows that pass, and of each the mask of its class."""
    if MASKS not in tensors:
        return np.empty((0, 7), np.float32), np.empty((0, 15, 15), np.float32)
    rows = kept_rows(tensors, THRESHOLDS)
    return rows, tensors[MASKS][np.arange(len(rows)), rows[:, 1].astype(int)]


def _ways(path: Path) -> tuple[Family, dict[str, Way]]:
    weights, graph = path.read_bytes(), path.with_suffix(".pbtxt").read_text("utf-8")
    family = MaskRcnn(weights, graph, (), name=path.name)
    ways: dict[str, Way] = {
        "plain": _plain(family, weights, graph),
        "split": _chain(family, [OpenCvEngine(network) for network in family.networks]),
    }
    for engine, device in (
        ("onnxruntime", "cpu"),
        ("openvino", "cpu"),
        ("openvino", "cpu-bf16"),
    ):
        name = f"{engine} {device}"
        try:
            factory = engine_factory(engine)
            check_device(factory, engine, device)
            made = convert(weights, graph, path.name, EngineProof(engine, THREADS))
        except EngineError as error:
            print(f"{name}: left out: {error}")
            continue
        rebuilt = RebuiltMaskRcnn(made.graph, made.networks, ())
        engines = [_load(factory, network, device) for network in rebuilt.networks]
        ways[name] = _chain(rebuilt, engines)
    return family, ways


def _load(factory: Any, network: Network, device: str) -> Any:
    return factory(network, device=device, threads=THREADS)


def _plain(family: MaskRcnn, weights: bytes, graph: str) -> Way:
    """The classic way: one network, a mask for each of its rows."""
    read = capabilities.reader(Format.TENSORFLOW)
    net = read(np.frombuffer(weights, np.uint8), np.frombuffer(graph.encode(), np.uint8))

    def way(image: Image) -> tuple[Tensors, Letterbox]:
        inputs, letterbox = family.prepare(image)
        net.setInput(inputs["image_tensor"])
        rows, masks = (np.asarray(out, np.float32) for out in net.forward([DETECTIONS, MASKS]))
        passing = np.flatnonzero(rows[0, 0, :, 2] > THRESHOLDS.score)
        passing = passing[np.argsort(-rows[0, 0, passing, 2], kind="stable")]
        return {DETECTIONS: rows, MASKS: masks[passing]}, letterbox

    return way


def _chain(family: Family, engines: Sequence[Any]) -> Way:
    """A family's networks in turn, as a run has them."""

    def way(image: Image) -> tuple[Tensors, Letterbox]:
        inputs: Tensors | None
        inputs, letterbox = family.prepare(image)
        tensors: dict[str, Floats] = {}
        for engine in engines:
            tensors |= inputs
            tensors |= engine.run(inputs)
            inputs = family.relay(tensors, THRESHOLDS)
            if inputs is None:
                break
        return tensors, letterbox

    return way


if __name__ == "__main__":
    main()
