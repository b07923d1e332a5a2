"""OpenVINO: the fastest engine on most CPUs, twice as fast again in bf16 where the CPU has it.

Left to itself it takes bf16 without a word on such a CPU; here "cpu" is exact and "cpu-bf16" has to
be asked for, or to have been compared.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livesegment.engines.base import EngineReport, Obstacle
from livesegment.engines.runtimes import runtime
from livesegment.errors import EngineError, ModelError, one_line
from livesegment.network import Dialect, Format, Network, Tensors

openvino = runtime("openvino")

PLUGINS = {"cpu": "CPU", "cpu-bf16": "CPU", "gpu": "GPU", "npu": "NPU"}
PRECISIONS = {"cpu": "f32", "cpu-bf16": "bf16"}
"""Devices whose precision is set; the others keep their own."""


@cache
def _core() -> Any:
    """OpenVINO itself, once and for good.

    Its CPU plugin gives the thread that loads it a stack for signals, and takes the memory away
    when it is unloaded: the next Ctrl-C then ends the program with a segmentation fault.
    """
    return openvino.Core()


class OpenVinoEngine:
    """One compiled model and its one infer request."""

    formats = frozenset({Format.ONNX})
    dialect = Dialect(crops_by_grid=True, widest_depthwise=11)
    # It never ends compiling kernels of 17 pixels over single channels for bf16.

    def __init__(
        self, network: Network, *, device: str = "cpu", threads: int | None = None
    ) -> None:
        self._network = network
        self._device = device
        model, self._compiled = self._compile(threads)
        self._request = self._compiled.create_infer_request()
        self._inputs = {_name(port): port for port in model.inputs}
        # Compiling may give a tensor the names of others that it is the same as; the order stays.
        every = dict(zip(map(_name, model.outputs), self._compiled.outputs, strict=True))
        if missing := [name for name in network.outputs if name not in every]:
            raise ModelError(f"{network.name} has no output {', '.join(missing)}")
        self._outputs = {name: every[name] for name in network.outputs or every}
        self._ran = False

    @staticmethod
    def version() -> str:
        """Of OpenVINO, as "2026.4.1"."""
        return str(openvino.__version__).split("-", maxsplit=1)[0]

    @staticmethod
    @cache
    def devices() -> dict[str, Obstacle | None]:
        """The CPU, and what plugins find; see `EngineFactory.devices`."""
        core = _core()
        try:
            present = {name.split(".")[0] for name in core.available_devices}
            abilities = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        except RuntimeError as error:  # a plugin whose driver is broken
            broken = Obstacle(
                f"OpenVINO cannot look for devices: {one_line(error)}",
                "mend the driver of your GPU or NPU, or use --engine opencv",
            )
            return dict.fromkeys(PLUGINS, broken)
        found: dict[str, Obstacle | None] = {"cpu": None, "cpu-bf16": None}
        if "BF16" not in abilities:
            found["cpu-bf16"] = Obstacle(
                "this CPU does not compute in bf16 (AVX512_BF16 or AMX)", "use --device cpu"
            )
        for device in ("gpu", "npu"):
            plugin = PLUGINS[device]
            found[device] = (
                None
                if plugin in present
                else Obstacle(
                    f"OpenVINO finds no {plugin} on this machine",
                    f"install the driver of your Intel {plugin}, or use --device cpu",
                )
            )
        return found

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> Tensors:
        """Run the network once; see `Engine.run`."""
        if len(inputs) == len(self._inputs) == 1:
            inputs = dict(zip(self._inputs, inputs.values(), strict=True))
        if missing := [name for name in self._inputs if name not in inputs]:
            # It would take zeros for them.
            raise ModelError(
                f"OpenVINO {self.version()} could not run {self._network.name}: "
                f"no input {', '.join(missing)}"
            )
        try:
            typed = {
                name: tensor.astype(self._inputs[name].get_element_type().to_dtype(), copy=False)
                for name, tensor in inputs.items()
                if name in self._inputs
            }
            # Shared: nothing is copied on the way in, and the outputs are the request's own.
            self._request.infer(typed, share_inputs=True, share_outputs=True)
            found = {
                name: np.asarray(self._request.get_tensor(port).data, np.float32)
                for name, port in self._outputs.items()
            }
        except (RuntimeError, TypeError, ValueError) as error:
            # At the first run it is the model's fault, such as another input shape.
            kind = EngineError if self._ran else ModelError
            raise kind(
                f"OpenVINO {self.version()} could not run {self._network.name}: {one_line(error)}"
            ) from error
        if not self._ran:
            self._ran = True
            self._check_device()
        return found

    def report(self) -> EngineReport:
        """What really runs; see `Engine.report`."""
        return EngineReport(f"OpenVINO {self.version()}", self._device, self._precision())

    def _check_device(self) -> None:
        places = ",".join(self._compiled.get_property("EXECUTION_DEVICES"))
        if PLUGINS[self._device] not in places:
            raise EngineError(
                f"--device {self._device}: OpenVINO runs it on {places} instead",
                hint="use --device cpu",
            )
        wanted = PRECISIONS.get(self._device)
        if wanted and self._precision() != wanted:
            raise EngineError(
                f"--device {self._device}: OpenVINO computes in {self._precision()} instead",
                hint="use --device cpu",
            )

    def _precision(self) -> str:
        """What it computes in: "f32", "bf16" or "f16"."""
        return str(self._compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name())

    def _compile(self, threads: int | None) -> tuple[Any, Any]:
        """The model as it was read, and as it was compiled."""
        settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
        if self._device in PRECISIONS:
            settings["INFERENCE_PRECISION_HINT"] = PRECISIONS[self._device]
            if threads is not None:
                settings["INFERENCE_NUM_THREADS"] = threads
                # Else the threads of two networks are bound to the same cores.
                settings["ENABLE_CPU_PINNING"] = False
        core = _core()
        try:
            model = core.read_model(self._network.weights, b"")
        except (RuntimeError, TypeError) as error:
            raise ModelError(
                f"OpenVINO {self.version()} cannot read {self._network.name}: {one_line(error)}"
            ) from error
        try:
            return model, core.compile_model(model, PLUGINS[self._device], settings)
        except RuntimeError as error:
            kind = ModelError if PLUGINS[self._device] == "CPU" else EngineError
            raise kind(
                f"OpenVINO {self.version()} cannot compile {self._network.name} for "
                f"{PLUGINS[self._device]}: {one_line(error)}"
            ) from error


def _name(port: Any) -> str:
    """What the network itself calls an input or output of a model that was read."""
    name = str(port.get_node().get_friendly_name()).removesuffix("/sink_port_0")
    return name if name in port.get_names() else str(port.get_any_name())
