"""Engines by name; an engine's module is imported when it is first asked for."""

from importlib import import_module
from typing import cast

from livesegment.engines.base import EngineFactory, Obstacle
from livesegment.errors import EngineError
from livesegment.packages import install

ENGINES = {
    "opencv": "livesegment.engines.opencv:OpenCvEngine",
    "onnxruntime": "livesegment.engines.onnxruntime:OnnxRuntimeEngine",
    "openvino": "livesegment.engines.openvino:OpenVinoEngine",
}
"""Name on the command line -> where the class is."""

REFERENCE = "opencv"
"""The engine that is always there, and that the others' results are compared with."""

DEVICES = (
    "auto",
    "cpu",
    "cpu-bf16",
    "opencl",
    "opencl-fp16",
    "cuda",
    "cuda-fp16",
    "tensorrt",
    "directml",
    "coreml",
    "gpu",
    "npu",
)
"""Devices that can be asked for; which are there, the engines find out."""


def engine_factory(name: str) -> EngineFactory:
    """The engine called `name`.

    Raises:
        EngineError: no engine is called so, or its runtime is not installed.
    """
    if name not in ENGINES:
        raise EngineError(f"no engine {name!r}", hint=f"one of: auto, {', '.join(ENGINES)}")
    module, _, attribute = ENGINES[name].partition(":")
    try:
        return cast("EngineFactory", getattr(import_module(module), attribute))
    except ImportError as error:
        missing = f"{error.name}, which is not installed"
        broken = f"its runtime, which is installed but cannot be loaded: {error}"
        raise EngineError(
            f"engine {name!r} needs "
            + (missing if isinstance(error, ModuleNotFoundError) else broken),
            hint=install(name),
        ) from error


def installed_engines() -> dict[str, EngineFactory]:
    """The engines whose runtimes are installed, the reference first."""
    found: dict[str, EngineFactory] = {}
    for name in ENGINES:
        try:
            found[name] = engine_factory(name)
        except EngineError:
            continue
    return found


def check_device(factory: EngineFactory, engine: str, device: str) -> None:
    """Make sure that an engine has a device here; runtimes fall back to the CPU in silence.

    Raises:
        EngineError: says why not and what to do.
    """
    devices = factory.devices()
    if device not in devices:
        raise EngineError(
            f"--device {device}: {engine} has no such device",
            hint=f"it has {', '.join(devices)}; or another --engine",
        )
    obstacle: Obstacle | None = devices[device]
    if obstacle is not None:
        raise EngineError(f"--device {device}: {obstacle.reason}", hint=obstacle.hint)
