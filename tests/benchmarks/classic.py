"""Mask R-CNN on a film, whole: the classic loop and livesegment, in turns in one run.

    python -m tests.benchmarks.classic WEIGHTS.pb FILM [--frames 40] [--rounds 3]
        [--on opencv:cpu,openvino:cpu,openvino:cpu-bf16]

WEIGHTS.pb has its text graph, WEIGHTS.pbtxt, beside it. The classic loop is the one of OpenCV's
tutorials: read, forward, a full-frame mask an object, fill, blend, label, write an AVI. Both sides
decode, segment, draw and write every frame; loading and the first forward pass are not counted.
It needs an OpenCV that reads TensorFlow graphs: pip install 'opencv-contrib-python<5'.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from livesegment.cli.console import PlainConsole
from livesegment.cli.live_run import LiveRun
from livesegment.cli.options import RunOptions
from livesegment.engines import capabilities
from livesegment.families.mask_rows import DETECTIONS, MASKS
from livesegment.network import Format

SCORE, ALPHA = 0.5, 0.6


def main() -> None:
    """Run both and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("film", type=Path)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--on", default="opencv:cpu,openvino:cpu,openvino:cpu-bf16")
    given = parser.parse_args()
    setups = [tuple(text.split(":", 1)) for text in given.on.split(",")]
    rates: dict[str, list[float]] = {"classic loop": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(given.rounds):
            rates["classic loop"].append(
                classic(given.weights, given.film, Path(folder) / "classic.avi", given.frames)
            )
            for engine, device in setups:
                options = RunOptions(
                    source=[str(given.film)],
                    model=str(given.weights),
                    engine=engine,
                    device=device,
                    record=folder,
                    window=False,
                    max_frames=given.frames,
                )
                rates.setdefault(f"livesegment, {engine} on {device}", []).append(whole(options))
    medians = {name: round(statistics.median(values), 3) for name, values in rates.items()}
    slow = medians["classic loop"]
    result = {
        "opencv": cv2.__version__,
        "frames": given.frames,
        "rounds": given.rounds,
        "frames a second": medians,
        "times the classic loop": {k: round(v / slow, 2) for k, v in medians.items()},
    }
    print(json.dumps(result, indent=2))


def whole(options: RunOptions) -> float:
    """Frames a second of a run: decoded, segmented, drawn, recorded."""
    run = LiveRun(options, PlainConsole(), quiet=True)
    started = time.perf_counter()
    run.go()
    return run.meter.count("shown") / (time.perf_counter() - started)


def classic(weights: Path, film: Path, out: Path, frames: int) -> float:
    """Frames a second of the classic loop over the film's first frames."""
    read = capabilities.reader(Format.TENSORFLOW)
    net = read(str(weights), str(weights.with_suffix(".pbtxt")))
    capture = cv2.VideoCapture(str(film))
    size = int(capture.get(3)), int(capture.get(4))
    code = cv2.VideoWriter.fourcc(*"MJPG")  # noqa: TID251 -- likewise
    writer = cv2.VideoWriter(str(out), code, 10, size)  # noqa: TID251 -- the loop's own way
    colours = np.random.default_rng(0).integers(0, 255, (90, 3))
    _, first = capture.read()
    net.setInput(cv2.dnn.blobFromImage(first, swapRB=True))
    net.forward([DETECTIONS, MASKS])
    capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
    started = time.perf_counter()
    count = 0
    while count < frames:
        there, frame = capture.read()
        if not there:
            break
        net.setInput(cv2.dnn.blobFromImage(frame, swapRB=True))
        boxes, masks = net.forward([DETECTIONS, MASKS])
        overlay = frame.copy()
        for row, mask in zip(boxes[0, 0], masks, strict=False):
            if row[2] > SCORE:
                _paint(frame, overlay, row, mask, colours)
        writer.write(cv2.addWeighted(overlay, ALPHA, frame, 1 - ALPHA, 0))
        count += 1
    writer.release()
    capture.release()
    return count / (time.perf_counter() - started)


def _paint(frame: Any, overlay: Any, row: Any, mask: Any, colours: Any) -> None:
    """One object: its box, its name, its contours filled."""
    height, width = frame.shape[:2]
    x1, y1, x2, y2 = np.clip(row[3:] * (width, height, width, height), 0, None).astype(int)
    roi = overlay[y1:y2, x1:x2]
    if not roi.size:
        return
    colour = colours[int(row[1])].tolist()
    spread = cv2.resize(mask[int(row[1])], (roi.shape[1], roi.shape[0]))
    _, covered = cv2.threshold(spread, 0.5, 255, cv2.THRESH_BINARY)
    contours, _ = cv2.findContours(
        covered.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    cv2.rectangle(frame, (int(x1), int(y1)), (int(x2), int(y2)), colour, 2)
    text = f"{int(row[1])} {row[2]:.2f}"
    cv2.putText(frame, text, (int(x1), int(y1) - 6), cv2.FONT_HERSHEY_PLAIN, 1, (0, 255, 0), 1)
    for contour in contours:
        cv2.fillPoly(roi, [contour], colour)


if __name__ == "__main__":
    main()
