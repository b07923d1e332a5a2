"""ONNX Runtime: on the CPU about twice as fast as OpenCV, and the way to most GPUs.

A device is an execution provider. Asked for one that cannot start, ONNX Runtime takes the CPU with
a line in its log; so what a session got is compared with what was wanted, and where the installed
version tells which nodes went where, that is reported.
"""

import io
from collections.abc import Mapping
from contextlib import redirect_stdout, suppress
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livesegment.engines.base import EngineReport, Obstacle
from livesegment.engines.runtimes import runtime
from livesegment.errors import EngineError, ModelError, one_line
from livesegment.network import Dialect, Format, Network, Tensors
from livesegment.packages import install

onnxruntime = runtime("onnxruntime")

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
}
ON_NVIDIA = ("cuda", "tensorrt")
HINTS = {
    "cuda": f"pip uninstall -y onnxruntime && {install('cuda')}",
    "tensorrt": f"pip uninstall -y onnxruntime && {install('cuda')} tensorrt",
    "directml": "on Windows: pip uninstall -y onnxruntime && pip install onnxruntime-directml",
    "coreml": "only ONNX Runtime for macOS has it; use --device cpu",
}
"""What brings the provider that a device needs."""

UNREADABLE = frozenset({"InvalidProtobuf", "InvalidGraph", "NoModel"})
"""Errors of ONNX Runtime that speak of the network, on whatever device it is read."""

NUMPY_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(bool)": np.bool_,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(uint16)": np.uint16,
    "tensor(int16)": np.int16,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}


class OnnxRuntimeEngine:
    """One `InferenceSession`."""

    formats = frozenset({Format.ONNX})
    dialect = Dialect()

    def __init__(
        self, network: Network, *, device: str = "cpu", threads: int | None = None
    ) -> None:
        self._network = network
        self._device = device
        self._session = self._open(threads)
        if PROVIDERS[self._device] not in self._session.get_providers():
            raise self._not_started("it took the CPU instead")
        self._types = {item.name: NUMPY_TYPES.get(item.type) for item in self._session.get_inputs()}
        every = tuple(item.name for item in self._session.get_outputs())
        if missing := [name for name in network.outputs if name not in every]:
            raise ModelError(f"{network.name} has no output {', '.join(missing)}")
        self._outputs = network.outputs or every
        self._ran = False

    @staticmethod
    def version() -> str:
        """Of ONNX Runtime."""
        return str(onnxruntime.__version__)

    @staticmethod
    def devices() -> dict[str, Obstacle | None]:
        """Each provider that the installed build has; see `EngineFactory.devices`."""
        if getattr(onnxruntime, "cuda_version", ""):
            _load_cuda()  # some builds name the provider only once its libraries are there
        present = onnxruntime.get_available_providers()
        return {
            device: None
            if provider in present
            else Obstacle(f"the installed ONNX Runtime has no {provider}", HINTS[device])
            for device, provider in PROVIDERS.items()
        }

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> Tensors:
        """Run the network once; see `Engine.run`."""
        if len(inputs) == len(self._types) == 1:
            inputs = dict(zip(self._types, inputs.values(), strict=True))
        try:
            typed: dict[str, NDArray[Any]] = {
                name: tensor.astype(self._types[name] or np.float32, copy=False)
                for name, tensor in inputs.items()
                if name in self._types
            }
            found = {
                name: np.asarray(tensor, np.float32)
                for name, tensor in zip(
                    self._outputs, self._session.run(list(self._outputs), typed), strict=True
                )
            }
        # Its exceptions have no base of their own, and many are plain RuntimeErrors.
        except Exception as error:
            # At the first run it is the model's fault, such as another input shape.
            kind = EngineError if self._ran else ModelError
            raise kind(
                f"ONNX Runtime {self.version()} could not run {self._network.name}: "
                f"{one_line(error)}"
            ) from error
        if not self._ran:
            self._ran = True
            self._check_device()
        return found

    def report(self) -> EngineReport:
        """What really ran; see `Engine.report`."""
        here, total = self._nodes()
        return EngineReport(
            engine=f"ONNX Runtime {self.version()}",
            device=self._device,
            detail=f"{here} of {total} nodes" if here < total else "",
        )

    def _open(self, threads: int | None) -> Any:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if threads is not None:
            options.intra_op_num_threads = threads
        # Threads that spin between runs take the processor from capture and drawing.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
        if self._device in ON_NVIDIA:
            _load_cuda()
        if self._device == "tensorrt":
            with suppress(Exception):  # its own loader finds what pip installed
                import_module("tensorrt")
        providers = [PROVIDERS[self._device]]
        if self._device == "tensorrt":
            providers.append(PROVIDERS["cuda"])
        if self._device != "cpu":
            providers.append(PROVIDERS["cpu"])
        try:
            # Its fallback goes on on the CPU, at any run, with a line on standard output.
            return onnxruntime.InferenceSession(
                self._network.weights, options, providers=providers, enable_fallback=0
            )
        except Exception as error:
            if self._device != "cpu" and type(error).__name__ not in UNREADABLE:
                raise self._not_started(one_line(error)) from error
            raise ModelError(
                f"ONNX Runtime {self.version()} cannot read {self._network.name}: {one_line(error)}"
            ) from error

    def _not_started(self, reason: str) -> EngineError:
        said = _load_cuda() if self._device in ON_NVIDIA else ""
        return EngineError(
            f"--device {self._device}: ONNX Runtime {self.version()} could not start "
            f"{PROVIDERS[self._device]}: {reason}" + (f" ({said})" if said else ""),
            hint="the lines above say what is missing, mostly a driver or CUDA libraries, and "
            "`livesegment doctor` what there is; or use --device cpu",
        )

    def _check_device(self) -> None:
        here, total = self._nodes()
        if total and not here:
            raise EngineError(
                f"--device {self._device}: ONNX Runtime ran all {total} nodes on the CPU instead",
                hint="use --device cpu",
            )

    def _nodes(self) -> tuple[int, int]:
        """How many nodes went to the wanted provider, of how many; 0, 0 where nothing tells."""
        with suppress(Exception):  # older versions do not have it
            parts = self._session.get_provider_graph_assignment_info()
            counts = [(part.ep_name, len(part.get_nodes())) for part in parts]
            wanted = PROVIDERS[self._device]
            here = sum(count for name, count in counts if name == wanted)
            return here, sum(count for _, count in counts)
        return 0, 0


@cache
def _load_cuda() -> str:
    """Load the CUDA and cuDNN that pip installed, which no loader looks for where they are.

    `preload_dlls` is there from 1.21 on; what it cannot load it prints, to standard output.

    Returns:
        The first thing it missed, on one line; empty where all is there.
    """
    said = io.StringIO()
    preload = getattr(onnxruntime, "preload_dlls", None)
    if preload is not None:
        with redirect_stdout(said), suppress(Exception):  # the session says what it misses
            preload()
    return next(iter(said.getvalue().splitlines()), "")[:300]
