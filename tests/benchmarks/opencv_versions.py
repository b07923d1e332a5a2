"""The program on several versions of OpenCV, in turns: rates, and how far the numbers are apart.

    python -m tests.benchmarks.opencv_versions WEIGHTS.pb MODEL.onnx FILM --on PYTHON [--on ...]

Each PYTHON is that of an environment with one version of OpenCV and the program's other packages;
one of them has to read TensorFlow graphs: its plain run of the whole graph is what the others are
compared with. WEIGHTS.pb has its text graph, WEIGHTS.pbtxt, beside it. Rates are frames a second
of whole runs on OpenCV, without a recording; medians of the rounds.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.cli.console import PlainConsole
from livesegment.cli.live_run import LiveRun
from livesegment.cli.options import RunOptions
from livesegment.engines import capabilities
from livesegment.engines.opencv import OpenCvEngine
from livesegment.families.base import Thresholds
from livesegment.families.mask_rows import DETECTIONS, MASKS, kept_rows
from livesegment.families.registry import load_family
from livesegment.frame import Frame
from livesegment.network import Format, Network, Tensors
from livesegment.segmenters.load import load_segmenter
from livesegment.segmenters.proof.engine_proof import EngineProof
from livesegment.sources.synthetic import Scene
from livesegment.store import find_model
from tests.benchmarks.mask_rcnn import apart

FRAMES = {"demo": 120, "onnx": 40, "mask-rcnn": 30}
"""Of each run."""
COMPARED = (0, 10, 20, 29)
"""Frames of the film whose numbers are compared."""
SCORE = Thresholds()
VERSIONS = f"OpenCV {cv2.__version__}, numpy {np.__version__}"


def main() -> None:
    """Run every version in turn, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("onnx", type=Path)
    parser.add_argument("film", type=Path)
    parser.add_argument("--on", action="append", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", type=Path)
    given = parser.parse_args()
    if given.child is not None:
        _measure(given)
        return
    rates: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.rounds):
            for python in given.on:
                told = _child(python, Path(folder), first=number == 0)
                for what, rate in told["rates"].items():
                    rates.setdefault(told["versions"], {}).setdefault(what, []).append(rate)
        plain = _numbers(next(iter(Path(folder).glob("*plain.npz"))))
        for version, found in rates.items():
            medians = {what: round(statistics.median(each), 2) for what, each in found.items()}
            worst = _worst(plain, _numbers(Path(folder) / f"{version}.npz"))
            print(json.dumps({"versions": version, "frames a second": medians, "apart": worst}))


def _child(python: str, folder: Path, *, first: bool) -> dict[str, Any]:
    """What one version does; its numbers go into the folder, at the first time."""
    place = str(folder if first else Path(os.devnull))
    command = [python, "-m", "tests.benchmarks.opencv_versions", *sys.argv[1:], "--child", place]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def _measure(given: argparse.Namespace) -> None:
    """In the version's own process."""
    runs = {
        "demo": {"source": ["synthetic"], "model": "colour-shapes"},
        "onnx": {"source": [str(given.film)], "model": str(given.onnx)},
        "mask-rcnn": {"source": [str(given.film)], "model": str(given.weights)},
    }
    rates = {what: _rate(FRAMES[what], options) for what, options in runs.items()}
    rates["demo, segmenter"] = _segmenter()
    if given.child.is_dir():
        _save(given)
    print(json.dumps({"versions": VERSIONS, "rates": rates}))


def _rate(frames: int, options: dict[str, Any]) -> float:
    chosen = RunOptions(**options, engine="opencv", device="cpu", window=False, max_frames=frames)
    run = LiveRun(chosen, PlainConsole(), quiet=True)
    started = time.perf_counter()
    run.go()
    return run.meter.count("shown") / (time.perf_counter() - started)


def _segmenter() -> float:
    """Pictures a second of the demo's model alone, by its median."""
    segmenter = load_segmenter(find_model("colour-shapes"), SCORE)
    segmenter.warm_up()
    spent = []
    for index in range(FRAMES["demo"]):
        frame = Frame(Scene().picture(index / 10), index, 0.0, 0.0)
        started = time.perf_counter()
        segmenter.segment(frame)
        spent.append(time.perf_counter() - started)
    return 1 / statistics.median(spent)


def _save(given: argparse.Namespace) -> None:
    """Keep what the Mask R-CNN finds in some frames, and what its whole graph finds plainly."""
    model = find_model(str(given.weights))
    family = load_family(model, None, OpenCvEngine.formats, EngineProof("opencv"))
    engines = [OpenCvEngine(network) for network in family.networks]
    read = capabilities.reads(Format.TENSORFLOW)
    found: dict[str, NDArray[np.float32]] = {}
    plain: dict[str, NDArray[np.float32]] = {}
    capture = cv2.VideoCapture(str(given.film))
    for index in range(max(COMPARED) + 1):
        _, picture = capture.read()
        if index not in COMPARED:
            continue
        inputs: Tensors | None
        inputs, _ = family.prepare(np.asarray(picture, np.uint8))
        if read:
            graph = given.weights.with_suffix(".pbtxt").read_text("utf-8")
            both = (DETECTIONS, MASKS)
            whole = Network("", Format.TENSORFLOW, given.weights.read_bytes(), both, graph)
            every = OpenCvEngine(whole).run(inputs)
            passing = np.flatnonzero(every[DETECTIONS][0, 0, :, 2] > SCORE.score)
            order = passing[np.argsort(-every[DETECTIONS][0, 0, passing, 2], kind="stable")]
            kept = {DETECTIONS: every[DETECTIONS], MASKS: every[MASKS][order]}
            plain |= {f"{index} {name}": tensor for name, tensor in kept.items()}
        tensors: dict[str, NDArray[np.float32]] = {}
        for engine in engines:
            if inputs is not None:
                tensors |= inputs
                tensors |= engine.run(inputs)
                inputs = family.relay(tensors, SCORE)
        found |= {f"{index} {name}": np.array(tensors[name]) for name in (DETECTIONS, MASKS)}
        found[f"{index} size"] = np.array(picture.shape[:2], np.float32)
    np.savez(given.child / f"{VERSIONS}.npz", **found)  # type: ignore[arg-type,unused-ignore]
    if read:
        np.savez(given.child / "plain.npz", **plain)  # type: ignore[arg-type,unused-ignore]


def _numbers(path: Path) -> dict[str, NDArray[np.float32]]:
    with np.load(path) as file:
        return dict(file)


def _worst(plain: dict[str, Any], found: dict[str, Any]) -> dict[str, float]:
    """The largest differences of all frames."""
    worst = {"pixels": 0.0, "score": 0.0, "mask": 0.0, "objects": 0, "lost": 0, "extra": 0}
    for index in COMPARED:
        one, other = (
            {name: tensors[f"{index} {name}"] for name in (DETECTIONS, MASKS)}
            for tensors in (plain, found)
        )
        height, width = found[f"{index} size"].astype(int).tolist()
        distance = apart(one, other, (height, width))
        for key in ("pixels", "score", "mask"):
            worst[key] = max(worst[key], float(f"{getattr(distance, key):.2g}"))
        worst["lost"] += distance.lost
        worst["extra"] += distance.extra
        worst["objects"] += len(kept_rows(one, SCORE))
    return worst


if __name__ == "__main__":
    main()
