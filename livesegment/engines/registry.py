"""Engines by name; an engine's module is imported when it is first asked for."""

from importlib import import_module
from typing import cast

from livesegment.engines.base import EngineFactory
from livesegment.errors import EngineError

ENGINES = {"opencv": "livesegment.engines.opencv:OpenCvEngine"}
"""Name on the command line -> where the class is."""

DEVICES = ("auto", "cpu", "opencl", "opencl-fp16", "cuda", "cuda-fp16")
"""Devices that can be asked for; which are there, the engine finds out."""


def engine_factory(name: str) -> EngineFactory:
    """The engine called `name`; "auto" is the fastest of those installed, today OpenCV.

    Raises:
        EngineError: no engine is called so, or its runtime is not installed.
    """
    name = "opencv" if name == "auto" else name
    if name not in ENGINES:
        raise EngineError(f"no engine {name!r}", hint=f"one of: auto, {', '.join(ENGINES)}")
    module, _, attribute = ENGINES[name].partition(":")
    try:
        return cast("EngineFactory", getattr(import_module(module), attribute))
    except ModuleNotFoundError as error:
        raise EngineError(
            f"engine {name!r} needs {error.name}, which is not installed",
            hint=f"pip install 'livesegment[{name}]'",
        ) from error
