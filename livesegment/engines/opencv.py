"""OpenCV's DNN module: the engine that is always installed.

Which networks it reads and where it runs them depends on its version; `capabilities` finds out.
"""

import os
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livesegment.engines import capabilities
from livesegment.engines.base import EngineReport, Obstacle
from livesegment.engines.capabilities import TARGETS, Ran, Target
from livesegment.engines.missing_operators import missing_operators
from livesegment.errors import EngineError, ModelError
from livesegment.network import Dialect, Format, Network, Tensors
from livesegment.packages import install

GPU = 4
"""`cv2.ocl.Device.type()` of a GPU; the DNN module refuses every other OpenCL device."""

ANY_OPENCL_DEVICE = os.environ.get("OPENCV_DNN_OPENCL_ALLOW_ALL_DEVICES", "0") not in {"", "0"}
"""OpenCV's own switch that lets its DNN module run OpenCL on something else than a GPU."""

INPUT = re.compile(r'"([^"]+)",? // <Input> CV_(\w+)C1')
"""An input and its type in what `Net.dump` says; OpenCV 4 says nothing of them."""

NUMPY_TYPES = {
    "8U": np.uint8,
    "8S": np.int8,
    "16U": np.int32,
    "16S": np.int32,
    "32S": np.int32,
    "64S": np.int32,
    "Bool": np.bool_,
}
"""What OpenCV wants for an input of whole numbers, where it tells; it takes floats for floats only.

Larger ones are converted by OpenCV, to which Python cannot hand 64 bits."""


ELSEWHERE = (
    "another engine (--engine openvino, --engine onnxruntime) or "
    "pip install 'opencv-contrib-python<5' may have it; or use --device cpu"
)


def _wrong() -> Obstacle | None:
    """What keeps this OpenCV from being used at all."""
    if capabilities.reads(Format.ONNX):
        return None
    return Obstacle(
        f"this OpenCV ({cv2.__version__}) does not compute a small network with odd padding right",
        f"pip install --upgrade opencv-contrib-python; or another engine: {install('openvino')}",
    )


def _obstacle(device: str) -> Obstacle | None:
    """What is in the way of a device other than the CPU."""
    name, _, halves = device.partition("-")
    listed = _opencl_obstacle(halves=bool(halves)) if name == "opencl" else _cuda_obstacle(device)
    if listed is not None:
        return listed
    match capabilities.runs_on(device):
        case Ran.THERE:
            return None
        case Ran.ON_CPU:
            reason = f"this OpenCV ({cv2.__version__}) runs on the CPU what is meant for {device}"
            return Obstacle(reason, ELSEWHERE)
        case Ran.NOWHERE:
            reason = f"a small network failed on {device} when it was tried"
            return Obstacle(reason, "mend its driver, or use --device cpu")


def _opencl_obstacle(*, halves: bool) -> Obstacle | None:
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
    # OpenCV takes floats for halves, without a word, where a device has none.
    if halves and not cv2.ocl.Device.getDefault().isExtensionSupported("cl_khr_fp16"):
        return Obstacle(
            "this OpenCL device does not compute in half precision (cl_khr_fp16)",
            "use --device opencl",
        )
    return None


def _cuda_obstacle(device: str) -> Obstacle | None:
    if TARGETS[device].target in cv2.dnn.getAvailableTargets(cv2.dnn.DNN_BACKEND_CUDA):
        return None
    return Obstacle(
        f"this OpenCV ({cv2.__version__}) has no CUDA device to run on",
        "OpenCV from PyPI is built without CUDA; "
        f"{install('cuda')} and --engine onnxruntime, or use --device cpu",
    )


class OpenCvEngine:
    """One `cv2.dnn.Net`."""

    formats = frozenset(filter(capabilities.reads, Format))
    dialect = Dialect()

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
        self._net = _read(network, self._target)
        self._types = _input_types(self._net)
        self._outputs = network.outputs or tuple(self._net.getUnconnectedOutLayersNames())
        self._ran = False

    @staticmethod
    def version() -> str:
        """Of OpenCV."""
        return str(cv2.__version__)

    @staticmethod
    def devices() -> dict[str, Obstacle | None]:
        """What OpenCV lists and really runs on; see `EngineFactory.devices`.

        Asked for anything else, OpenCV takes the CPU in silence, or with a line on stderr.
        """
        wrong = _wrong()
        return {
            device: wrong or (None if device == "cpu" else _obstacle(device)) for device in TARGETS
        }

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> Tensors:
        """Run the network once; see `Engine.run`."""
        try:
            for name, tensor in self._named(inputs).items():
                wanted = self._types.get(name)
                self._net.setInput(tensor if wanted is None else tensor.astype(wanted), name)
            found = self._net.forward(list(self._outputs))
        except cv2.error as error:
            # At the first run it is the model's fault: a wrong pair of files, another input shape.
            kind = EngineError if self._ran else ModelError
            raise kind(
                f"OpenCV {cv2.__version__} could not run {self._network.name}: {_reason(error)}"
            ) from error
        outputs = {
            name: np.asarray(tensor, np.float32)
            for name, tensor in zip(self._outputs, found, strict=True)
        }
        if not self._ran:
            self._ran = True
            self._check_device()
        return outputs

    def report(self) -> EngineReport:
        """What really ran; see `Engine.report`."""
        here, total = self._layers()
        return EngineReport(
            engine=f"OpenCV {cv2.__version__}",
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

    def _named(self, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """The inputs that the network has, where it tells; "" is its only one."""
        if len(inputs) == 1 and len(self._types) <= 1:
            return dict(zip(self._types or ("",), inputs.values(), strict=True))
        return {
            name: tensor
            for name, tensor in inputs.items()
            if not self._types or name in self._types
        }

    def _layers(self) -> tuple[int, int]:
        """How many layers went to the wanted device, of how many that say where they went."""
        if not self._ran:
            return 0, 0
        text = self._net.dump()
        marks = {target.mark for target in TARGETS.values()}
        return text.count(self._target.mark), sum(map(text.count, marks))


def _read(network: Network, target: Target) -> Any:
    """Load a network.

    Raises:
        ModelError: OpenCV cannot read it.
    """
    if not capabilities.reads(network.format):
        raise ModelError(
            f"OpenCV {cv2.__version__} reads no {network.format.value} models: {network.name}",
            hint="pip install 'opencv-contrib-python<5' brings one that does",
        )
    try:
        with _quiet():
            net = _reader(network)
            if net.empty():
                raise ModelError(
                    f"OpenCV {cv2.__version__} cannot read {network.name}: {_lacks(network)}",
                    hint=f"another engine may: {install('onnxruntime')}",
                )
        target.choose(net)
    except cv2.error as error:
        raise ModelError(
            f"OpenCV {cv2.__version__} cannot read {network.name}: {_reason(error)}"
        ) from error
    return net


def _reader(network: Network) -> Any:
    weights = np.frombuffer(network.weights, np.uint8)
    options = capabilities.reader_options()
    if network.format is Format.ONNX:
        return capabilities.reader(Format.ONNX)(weights, **options)
    graph = np.frombuffer(network.graph.encode(), np.uint8)
    return capabilities.reader(Format.TENSORFLOW)(weights, graph, **options)


def _lacks(network: Network) -> str:
    """Why a network came out empty."""
    missing = missing_operators(
        network.weights,
        lambda alone: _reader(Network("", Format.ONNX, alone, ())),
    )
    if not missing:
        return "it holds no layers that can be run"
    return f"it has no operator {', '.join(missing)}"


@contextmanager
def _quiet() -> Generator[None]:
    """Let OpenCV not say to standard error what is said here."""
    if "OPENCV_LOG_LEVEL" in os.environ:  # somebody wants to hear it
        yield
        return
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)


def _input_types(net: Any) -> dict[str, type[np.generic] | None]:
    """The inputs that a network tells of, and the types of those that are no floats."""
    try:
        told = net.dump()
    except cv2.error:  # OpenCV 4 wants to have run it before
        return {}
    return {name: NUMPY_TYPES.get(kind) for name, kind in INPUT.findall(told)}


def _reason(error: cv2.error) -> str:
    """The part of OpenCV's message that says what is wrong, on one line."""
    text = str(getattr(error, "err", "") or error)
    return " ".join(text.replace("\n> ", " ").removeprefix("> ").split())[:300]
