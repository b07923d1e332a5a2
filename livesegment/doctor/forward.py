"""One real run of a network on one device, in a child process, against what it must give."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from livesegment.builtin import colour_shapes, tiny_onnx
from livesegment.doctor.child import Facts
from livesegment.engines.base import Engine, EngineFactory
from livesegment.engines.registry import engine_factory
from livesegment.network import Format, Network

RUNS = 5
"""After the first, which may build kernels; the quickest is told."""
TINY = Network("a small network", Format.ONNX, tiny_onnx.build(), (tiny_onnx.OUTPUT,))
OUTPUTS = ("detection_out_final", "detection_masks")


def run(engine: str, device: str) -> Facts:
    """Run a network of two convolutions, and where the engine reads it the built-in model.

    Returns:
        `engine`, `detail` as it reports; `first` and `milliseconds` of a run; `off`, the largest
        difference from the right answer; of the built-in model `model_milliseconds`,
        `cpu_milliseconds` and `model_off`, from its run on the CPU.

    Raises:
        EngineError: the device is not what it says.
        ModelError: the engine cannot run it.
    """
    factory = engine_factory(engine)
    loaded = factory(TINY, device=device, threads=None)
    picture = {tiny_onnx.INPUT: tiny_onnx.picture()}
    first, milliseconds = _timed(loaded, picture)
    found = loaded.run(picture)[tiny_onnx.OUTPUT]
    report = loaded.report()
    facts: Facts = {
        "engine": report.engine,
        "detail": report.detail,
        "first": first,
        "milliseconds": milliseconds,
        "off": _off(found, tiny_onnx.answer(tiny_onnx.picture())),
    }
    if device != "cpu" and Format.TENSORFLOW in factory.formats:
        facts |= _against_cpu(factory, device)
    return facts


def _against_cpu(factory: EngineFactory, device: str) -> Facts:
    """The built-in model on a device and on the CPU."""
    weights, graph = colour_shapes.build()
    network = Network("the built-in model", Format.TENSORFLOW, weights, OUTPUTS, graph)
    here, cpu = (factory(network, device=name, threads=None) for name in (device, "cpu"))
    inputs = {"image_tensor": red_on_grey()}
    milliseconds, on_cpu = _timed(here, inputs)[1], _timed(cpu, inputs)[1]
    found, wanted = here.run(inputs), cpu.run(inputs)
    return {
        "model_milliseconds": milliseconds,
        "cpu_milliseconds": on_cpu,
        "model_off": max(_off(found[name], wanted[name]) for name in OUTPUTS),
    }


def red_on_grey() -> NDArray[np.float32]:
    """A picture for the built-in model, with one shape that it finds; (1, 3, 180, 320)."""
    picture = np.full((1, 3, 180, 320), 127, np.float32)
    picture[0, :, 40:120, 60:160] = np.array([255, 0, 0])[:, None, None]
    return picture


def _timed(
    engine: Engine,
    inputs: dict[str, NDArray[np.float32]],
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, float]:
    """Seconds of the first run, milliseconds of the quickest after it."""
    times = []
    for _ in range(1 + RUNS):
        started = clock()
        engine.run(inputs)
        times.append(clock() - started)
    return times[0], 1000 * min(times[1:])


def _off(found: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    """The largest difference; infinite where the shapes or a number are wrong."""
    if found.shape != wanted.shape or not np.isfinite(found).all():
        return 1e9
    return float(np.abs(found - wanted).max())
