"""OpenCV's DNN module: the engine that is always installed.

What 4.x and 5.x differ in is kept here. 5.x has two graph engines: the classic one, which alone
answers for several tensors of a TensorFlow graph, and the new one, twice as fast on ONNX but only
ever on the CPU.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.engines.base import EngineReport
from livesegment.errors import EngineError, ModelError
from livesegment.network import Format, Network, Tensors

GPU = 4
"""`cv2.ocl.Device.type()` of a GPU; the DNN module refuses every other OpenCL device."""

IS_5 = int(cv2.__version__.split(".")[0]) >= 5


@dataclass(frozen=True, slots=True)
class _Target:
    backend: int
    target: int
    mark: str
    """How `Net.dump` marks a layer that was given to this device."""


def _target(device: str) -> _Target:
    """The backend and target of `device`, after making sure that they exist.

    OpenCV itself falls back to the CPU in silence, or with a line on stderr.

    Raises:
        EngineError: this OpenCV or this machine cannot do it; says which.
    """
    cpu = _Target(cv2.dnn.DNN_BACKEND_OPENCV, cv2.dnn.DNN_TARGET_CPU, "OCV/CPU")
    if device in {"auto", "cpu"}:
        return cpu
    half = device.endswith("-fp16")
    if device.startswith("opencl"):
        if not cv2.ocl.haveOpenCL():
            raise EngineError(
                f"--device {device}: no OpenCL driver is installed",
                hint="install the OpenCL driver of your GPU, or use --device cpu",
            )
        cv2.ocl.setUseOpenCL(True)
        if not cv2.ocl.useOpenCL() or cv2.ocl.Device.getDefault().type() != GPU:
            raise EngineError(
                f"--device {device}: OpenCL finds no GPU on this machine",
                hint="OpenCV's DNN module runs OpenCL on GPUs only; use --device cpu",
            )
        target = cv2.dnn.DNN_TARGET_OPENCL_FP16 if half else cv2.dnn.DNN_TARGET_OPENCL
        return _Target(cv2.dnn.DNN_BACKEND_OPENCV, target, "OCV/OCL")
    if device.startswith("cuda"):
        target = cv2.dnn.DNN_TARGET_CUDA_FP16 if half else cv2.dnn.DNN_TARGET_CUDA
        if target not in cv2.dnn.getAvailableTargets(cv2.dnn.DNN_BACKEND_CUDA):
            raise EngineError(
                f"--device {device}: this OpenCV ({cv2.__version__}) has no CUDA device to run on",
                hint="OpenCV from PyPI is built without CUDA; use --device cpu",
            )
        return _Target(cv2.dnn.DNN_BACKEND_CUDA, target, "CUDA/")
    raise EngineError(f"OpenCV has no device {device!r}", hint="use --device cpu")


class OpenCvEngine:
    """One `cv2.dnn.Net`."""

    def __init__(
        self, network: Network, *, device: str = "auto", threads: int | None = None
    ) -> None:
        self._target = _target(device)
        self._asked = device
        self._network = network
        if threads is not None:
            cv2.setNumThreads(threads)
        self._net, self._graph_engine = _read(network, self._target)
        every = tuple(self._net.getUnconnectedOutLayersNames())
        self._outputs = network.outputs or every
        # The new engine gives all outputs of a network or none.
        all_or_none = self._graph_engine == "new" and set(self._outputs) <= set(every)
        self._computed = every if all_or_none else self._outputs
        self._ran = False

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> Tensors:
        """Run the network once; see `Engine.run`."""
        try:
            for name, tensor in inputs.items():
                self._net.setInput(tensor, name if len(inputs) > 1 else "")
            found = self._net.forward(list(self._computed))
        except cv2.error as error:
            # At the first run it is the model's fault: a wrong pair of files, another input shape.
            kind = EngineError if self._ran else ModelError
            raise kind(
                f"OpenCV {cv2.__version__} could not run {self._network.name}: {_reason(error)}"
            ) from error
        computed = dict(zip(self._computed, found, strict=True))
        outputs = {name: computed[name] for name in self._outputs}
        if not self._ran:
            self._ran = True
            self._check_device()
        return outputs

    def report(self) -> EngineReport:
        """What really ran; see `Engine.report`."""
        here, total = self._layers()
        return EngineReport(
            engine=f"OpenCV {cv2.__version__}" + (f" ({self._graph_engine})" if IS_5 else ""),
            device="cpu" if here == 0 or self._asked == "auto" else self._asked,
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
            if network.format is Format.ONNX:
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


def _reason(error: cv2.error) -> str:
    """The part of OpenCV's message that says what is wrong, on one line."""
    text = str(getattr(error, "err", "") or error)
    return " ".join(text.replace("\n> ", " ").removeprefix("> ").split())[:300]
