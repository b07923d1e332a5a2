"""What the installed OpenCV's DNN module can do, found by trying it and never by its version.

OpenCV takes readers, engines and devices away in minor versions, and some builds compute wrong
numbers without a word. Each question here is a small network that is really read and run.
"""

import hashlib
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment import child
from livesegment.builtin import tiny_onnx
from livesegment.builtin.graph_text import GraphBuilder
from livesegment.network import Format
from livesegment.onnx_writer import Attribute, OnnxWriter
from livesegment.store import data_folder

READERS = {
    "ONNX": "readNetFromONNX",
    "TensorFlow": "readNetFromTensorflow",
    "TFLite": "readNetFromTFLite",
}
"""Format -> OpenCV's function for it."""
TIMEOUT = 120.0
"""Seconds that a device may take for its first run; OpenCL compiles its kernels then."""


@dataclass(frozen=True, slots=True)
class Target:
    """A device as OpenCV calls it."""

    backend: int
    target: int
    mark: str
    """How `Net.dump` marks a layer that was given to this device."""

    def choose(self, net: Any) -> None:
        """Make a net run here; without this it runs on the CPU.

        Raises:
            cv2.error: this OpenCV refuses.
        """
        if self.target != cv2.dnn.DNN_TARGET_CPU:
            net.setPreferableBackend(self.backend)
            net.setPreferableTarget(self.target)


TARGETS = {
    "cpu": Target(cv2.dnn.DNN_BACKEND_OPENCV, cv2.dnn.DNN_TARGET_CPU, "OCV/CPU"),
    "opencl": Target(cv2.dnn.DNN_BACKEND_OPENCV, cv2.dnn.DNN_TARGET_OPENCL, "OCV/OCL"),
    "opencl-fp16": Target(cv2.dnn.DNN_BACKEND_OPENCV, cv2.dnn.DNN_TARGET_OPENCL_FP16, "OCV/OCL"),
    "cuda": Target(cv2.dnn.DNN_BACKEND_CUDA, cv2.dnn.DNN_TARGET_CUDA, "CUDA/"),
    "cuda-fp16": Target(cv2.dnn.DNN_BACKEND_CUDA, cv2.dnn.DNN_TARGET_CUDA_FP16, "CUDA/"),
}


class Ran(StrEnum):
    """Where a network went that was meant for a device."""

    THERE = "there"
    ON_CPU = "on the CPU"
    NOWHERE = "nowhere"
    """It crashed, hung or failed."""


def reader(wanted: Format) -> Any:
    """OpenCV's function that reads a format.

    Raises:
        AttributeError: it has none.
    """
    return getattr(cv2.dnn, READERS[wanted.value])


def readers() -> list[str]:
    """The formats that there are readers for, right or wrong."""
    return [name for name, function in READERS.items() if hasattr(cv2.dnn, function)]


def reader_options() -> dict[str, int]:
    """What to pass to every reader: OpenCV's own graph engine by name, where it has a choice."""
    engine = getattr(cv2.dnn, "ENGINE_OPENCV", None)
    return {} if engine is None else {"engine": engine}


@cache
def reads(wanted: Format) -> bool:
    """Whether networks of a format are read, and computed as numpy computes them.

    The network is a convolution and a pool with strides of 2 and odd SAME padding, which some
    versions put on the wrong side.
    """
    picture = np.random.default_rng(0).random((1, 1, 8, 11), np.float32)
    kernel = np.arange(1, 10, dtype=np.float32).reshape(3, 3) / np.float32(45)
    build = {Format.ONNX: _padded_onnx, Format.TENSORFLOW: _padded_tensorflow}[wanted]
    try:
        net = build(kernel)
        net.setInput(picture)
        found = net.forward()
    except (AttributeError, cv2.error):
        return False
    expected = _halved(_halved(picture[0, 0], kernel, 0), None, -np.inf)
    return found.shape[2:] == expected.shape and bool(np.allclose(found[0, 0], expected, atol=1e-4))


def runs_on(device: str) -> Ran:
    """Where a network for a device of `TARGETS` really goes; tried once, in a child process.

    OpenCV lists devices that nothing is ever run on, and drivers crash.
    """
    place = data_folder() / "capabilities" / f"{_key(device)}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        return Ran(json.loads(place.read_text("utf-8"))["ran"])
    ran = _tried(device)
    if ran is not Ran.NOWHERE:  # a driver may be mended
        with suppress(OSError):  # then it is tried again the next time
            place.parent.mkdir(parents=True, exist_ok=True)
            part = place.with_suffix(f".{os.getpid()}.part")
            part.write_text(json.dumps({"device": device, "ran": ran}), "utf-8")
            part.replace(place)
    return ran


def _key(device: str) -> str:
    """What an answer holds for: this build of OpenCV, and this driver."""
    facts = [cv2.__version__, cv2.getBuildInformation(), device]
    if device.startswith("opencl"):
        here = cv2.ocl.Device.getDefault()
        facts += [str(here.name()), str(here.driverVersion())]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]


def _tried(device: str) -> Ran:
    try:
        return Ran(child.ask(__name__, device, seconds=TIMEOUT).text)
    except (OSError, ValueError):
        return Ran.NOWHERE


def main(device: str) -> int:
    """In a child: say where a small network went."""
    sys.stdout.write(f"\n{_run(device)}\n")
    return 0


def _run(device: str) -> Ran:
    """Run a small network in this process."""
    target = TARGETS[device]
    if device.startswith("opencl"):
        cv2.ocl.setUseOpenCL(True)
    try:
        net = _onnx(tiny_onnx.build())
        target.choose(net)
        picture = tiny_onnx.picture()
        net.setInput(picture)
        off = np.abs(net.forward() - tiny_onnx.answer(picture)).max()
    except cv2.error:
        return Ran.NOWHERE
    if not off < 0.02:  # halves have three digits
        return Ran.NOWHERE
    return Ran.THERE if target.mark in net.dump() else Ran.ON_CPU


def _onnx(data: bytes) -> Any:
    return reader(Format.ONNX)(np.frombuffer(data, np.uint8), **reader_options())


def _padded_onnx(kernel: NDArray[np.float32]) -> Any:
    onnx = OnnxWriter()
    source = onnx.input("x", (1, 1, 8, 11))
    weights = onnx.constant("weights", kernel[None, None])
    same: dict[str, Attribute] = {
        "kernel_shape": (3, 3),
        "strides": (2, 2),
        "auto_pad": "SAME_UPPER",
    }
    last = onnx.node("Conv", [source, weights], "convolved", **same)
    last = onnx.node("MaxPool", [last], "pooled", **same)
    return _onnx(onnx.network({last: (1, 1, 2, 3)}))


def _padded_tensorflow(kernel: NDArray[np.float32]) -> Any:
    graph = GraphBuilder()
    last = graph.placeholder("x", 1)
    last = graph.convolution("convolved", last, kernel[:, :, None, None], [0.0], stride=2)
    graph.pool("pooled", last, (3, 3), 2)
    frozen = np.frombuffer(graph.frozen(), np.uint8)
    text = np.frombuffer(graph.text().encode(), np.uint8)
    return reader(Format.TENSORFLOW)(frozen, text, **reader_options())


def _halved(
    picture: NDArray[np.float32], kernel: NDArray[np.float32] | None, edge: float
) -> NDArray[np.float32]:
    """A 3x3 convolution, or without a kernel a maximum, with stride 2 and SAME padding.

    What is odd of the padding goes right and below.
    """
    pads = []
    for side in picture.shape:
        total = max((-(-side // 2) - 1) * 2 + 3 - side, 0)
        pads.append((total // 2, total - total // 2))
    padded = np.pad(picture, pads, constant_values=edge)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))[::2, ::2]
    found = windows.max((2, 3)) if kernel is None else np.einsum("hwij,ij->hw", windows, kernel)
    return np.asarray(found, np.float32)
