"""OpenCV's DNN module: the engine that is always installed.

What 4.x and 5.x differ in is kept here. 5.x has two graph engines: the classic one, which alone
answers for several tensors of a TensorFlow graph, and the new one, twice as fast on ONNX but only
ever on the CPU.
"""

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.engines.base import EngineReport, Obstacle
from livesegment.errors import EngineError, ModelError
from livesegment.network import Format, Network, Tensors

GPU = 4
"""`cv2.ocl.Device.type()` of a GPU; the DNN module refuses every other OpenCL device."""

ANY_OPENCL_DEVICE = os.environ.get("OPENCV_DNN_OPENCL_ALLOW_ALL_DEVICES", "0") not in {"", "0"}
"""OpenCV's own switch that lets its DNN module run OpenCL on something else than a GPU."""

IS_5 = int(cv2.__version__.split(".")[0]) >= 5

INPUT = re.compile(r'"([^"]+)" // <Input> CV_(\w+)C1')
"""An input and its type in what `Net.dump` says of the new engine."""

NUMPY_TYPES = {
    "8U": np.uint8,
    "8S": np.int8,
    "16U": np.int32,
    "16S": np.int32,
    "32S": np.int32,
    "64S": np.int32,
    "Bool": np.bool_,
}
"""What the new engine wants for an input of whole numbers; it takes floats for floats only.

Larger ones are converted by OpenCV, to which Python cannot hand 64 bits."""


@dataclass(frozen=True, slots=True)
class _Target:
    backend: int
    target: int
    mark: str
    """How `Net.dump` marks a layer that was given to this device."""


CPU = _Target(cv2.dnn.DNN_BACKEND_OPENCV, cv2.dnn.DNN_TARGET_CPU, "OCV/CPU")
TARGETS = {
    "cpu": CPU,
    "opencl": _Target(cv2.dnn.DNN_BACKEND_OPENCV, cv2.dnn.DNN_TARGET_OPENCL, "OCV/OCL"),
    "opencl-fp16": _Target(cv2.dnn.DNN_BACKEND_OPENCV, cv2.dnn.DNN_TARGET_OPENCL_FP16, "OCV/OCL"),
    "cuda": _Target(cv2.dnn.DNN_BACKEND_CUDA, cv2.dnn.DNN_TARGET_CUDA, "CUDA/"),
    "cuda-fp16": _Target(cv2.dnn.DNN_BACKEND_CUDA, cv2.dnn.DNN_TARGET_CUDA_FP16, "CUDA/"),
}
"""Device -> how OpenCV calls it."""


def _opencl_obstacles() -> tuple[Obstacle | None, Obstacle | None]:
    """What is in the way of OpenCL, and of OpenCL in half precision."""
    obstacle = _opencl_obstacle()
    # OpenCV takes floats for halves, without a word, where a device has none.
    if obstacle is None and not cv2.ocl.Device.getDefault().isExtensionSupported("cl_khr_fp16"):
        return None, Obstacle(
            "this OpenCL device does not compute in half precision (cl_khr_fp16)",
            "use --device opencl",
        )
    return obstacle, obstacle


def _opencl_obstacle() -> Obstacle | None:
    if not cv2.ocl.haveOpenCL():
        return Obstacle(
            "no OpenCL driver is installed",
            "install the OpenCL driver of your GPU, or use --device cpu",
        )
    before = cv2.ocl.useOpenCL()
    cv2.ocl.setUseOpenCL(True)
    usable = cv2.ocl.useOpenCL()
    kind = cv2.ocl.Device.getDefault().type() if usable else 0
    cv2.ocl.setUseOpenCL(before)
    if kind != GPU and not (usable and ANY_OPENCL_DEVICE):
        return Obstacle(
            "OpenCL finds no GPU on this machine",
            "OpenCV's DNN module runs OpenCL on GPUs only; use --device cpu",
        )
    return None


def _cuda_obstacle(device: str) -> Obstacle | None:
    if TARGETS[device].target in cv2.dnn.getAvailableTargets(cv2.dnn.DNN_BACKEND_CUDA):
        return None
    return Obstacle(
        f"this OpenCV ({cv2.__version__}) has no CUDA device to run on",
        "OpenCV from PyPI is built without CUDA; "
        "pip install 'livesegment[cuda]' and --engine onnxruntime, or use --device cpu",
    )


class OpenCvEngine:
    """One `cv2.dnn.Net`."""

    formats = frozenset({Format.ONNX, Format.TENSORFLOW})

    def __init__(
        self, network: Network, *, device: str = "cpu", threads: int | None = None
    ) -> None:
        self._asked = device
        self._target = TARGETS[self._asked]
        if self._asked.startswith("opencl"):
            cv2.ocl.setUseOpenCL(True)
        self._network = network
        if threads is not None:
            cv2.setNumThreads(threads)
        self._net, self._graph_engine = _read(network, self._target)
        self._types = _input_types(self._net) if self._graph_engine == "new" else {}
        every = tuple(self._net.getUnconnectedOutLayersNames())
        self._outputs = network.outputs or every
        # The new engine gives all outputs of a network or none.
        all_or_none = self._graph_engine == "new" and set(self._outputs) <= set(every)
        self._computed = every if all_or_none else self._outputs
        self._ran = False

    @staticmethod
    def version() -> str:
        """Of OpenCV."""
        return str(cv2.__version__)

    @staticmethod
    def devices() -> dict[str, Obstacle | None]:
        """What `getAvailableTargets` and OpenCL say; see `EngineFactory.devices`.

        Asked for anything else, OpenCV takes the CPU in silence, or with a line on stderr.
        """
        opencl, opencl_fp16 = _opencl_obstacles()
        return {
            "cpu": None,
            "opencl": opencl,
            "opencl-fp16": opencl_fp16,
            "cuda": _cuda_obstacle("cuda"),
            "cuda-fp16": _cuda_obstacle("cuda-fp16"),
        }

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> Tensors:
        """Run the network once; see `Engine.run`."""
        try:
            for name, tensor in inputs.items():
                alone = len(inputs) == len(self._types) == 1
                wanted = self._types.get(next(iter(self._types)) if alone else name)
                typed = tensor if wanted is None else tensor.astype(wanted)
                self._net.setInput(typed, name if len(inputs) > 1 else "")
            found = self._net.forward(list(self._computed))
        except cv2.error as error:
            # At the first run it is the model's fault: a wrong pair of files, another input shape.
            kind = EngineError if self._ran else ModelError
            raise kind(
                f"OpenCV {cv2.__version__} could not run {self._network.name}: {_reason(error)}"
            ) from error
        computed = dict(zip(self._computed, found, strict=True))
        outputs = {name: np.asarray(computed[name], np.float32) for name in self._outputs}
        if not self._ran:
            self._ran = True
            self._check_device()
        return outputs

    def report(self) -> EngineReport:
        """What really ran; see `Engine.report`."""
        here, total = self._layers()
        return EngineReport(
            engine=f"OpenCV {cv2.__version__}" + (f" ({self._graph_engine})" if IS_5 else ""),
            device="cpu" if here == 0 else self._asked,
            detail=f"{here} of {total} layers" if 0 < here < total else "",
        )

    def _check_device(self) -> None:
        here, total = self._layers()
        if self._target.target != cv2.dnn.DNN_TARGET_CPU and here == 0:
            raise EngineError(
                f"--device {self._asked}: OpenCV ran all {total} layers on the CPU instead",
                hint="use --device cpu",
            )

    def _layers(self) -> tuple[int, int]:
        """How many layers went to the wanted device, of how many that say where they went.

        The new engine of 5.x says nothing: it is always the CPU, and was only chosen for that.
        """
        if self._graph_engine == "new" or not self._ran:
            return 0, 0
        text = self._net.dump()
        marks = ("OCV/CPU", "OCV/OCL", "CUDA/")
        return text.count(self._target.mark), sum(text.count(mark) for mark in marks)


def _read(network: Network, target: _Target) -> tuple[Any, str]:
    """Load a network.

    Returns:
        The net, and which graph engine of OpenCV 5 holds it.

    Raises:
        ModelError: OpenCV cannot read it.
    """
    weights = np.frombuffer(network.weights, np.uint8)
    on_cpu = target.target == cv2.dnn.DNN_TARGET_CPU
    attempts = ["classic"]
    if IS_5 and network.format is Format.ONNX and on_cpu:
        attempts = ["new", "classic"]
    reason = "it holds no layers"
    for attempt in attempts:
        options = {"engine": getattr(cv2.dnn, f"ENGINE_{attempt.upper()}")} if IS_5 else {}
        try:
            if network.format is Format.ONNX and IS_5 and attempt == "classic":
                net = _read_classic_onnx(network, options)
            elif network.format is Format.ONNX:
                net = cv2.dnn.readNetFromONNX(weights, **options)
            else:
                graph = np.frombuffer(network.graph.encode(), np.uint8)
                net = cv2.dnn.readNetFromTensorflow(weights, graph, **options)
            if net.empty():
                continue
            if not on_cpu:
                net.setPreferableBackend(target.backend)
                net.setPreferableTarget(target.target)
        except cv2.error as error:
            reason = _reason(error)
            continue
        return net, attempt
    raise ModelError(f"OpenCV {cv2.__version__} cannot read {network.name}: {reason}")


def _read_classic_onnx(network: Network, options: dict[str, int]) -> Any:
    """Load ONNX into the classic engine of OpenCV 5, which it does from a file only.

    Of bytes in memory it makes a network of the new engine, whatever it is told.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="livesegment-") as folder:
            path = Path(folder) / "network.onnx"
            path.write_bytes(network.weights)
            return cv2.dnn.readNetFromONNX(str(path), **options)
    except OSError as error:
        raise EngineError(
            f"cannot hand {network.name} to OpenCV by a temporary file: {error.strerror}",
            hint="make room in the folder for temporary files, or set TMPDIR",
        ) from error


def _input_types(net: Any) -> dict[str, type[np.generic] | None]:
    """The inputs of a network in the new engine, and the types of those that are no floats."""
    return {name: NUMPY_TYPES.get(kind) for name, kind in INPUT.findall(net.dump())}


def _reason(error: cv2.error) -> str:
    """The part of OpenCV's message that says what is wrong, on one line."""
    text = str(getattr(error, "err", "") or error)
    return " ".join(text.replace("\n> ", " ").removeprefix("> ").split())[:300]
