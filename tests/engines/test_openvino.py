"""OpenVINO as an engine: precision, names, and devices that a fake core has."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from livesegment.builtin import tiny_onnx
from livesegment.engines.registry import check_device
from livesegment.errors import EngineError, ModelError
from livesegment.network import Format, Network
from tests.engines.networks import FLOAT, INT64, doubling, network, typed
from tests.families.onnx_bytes import node

pytest.importorskip("openvino", reason="OpenVINO is not installed")

from livesegment.engines import openvino as engine_module
from livesegment.engines.openvino import OpenVinoEngine

pytestmark = pytest.mark.wheel
REAL = engine_module.openvino
REAL_CORE = engine_module._core()
PICTURE = {"images": np.ones((1, 3, 4, 4), np.float32)}
TINY = Network("tiny.onnx", Format.ONNX, tiny_onnx.build(), (tiny_onnx.OUTPUT,))


class FakeCompiled:
    """A model compiled for the CPU that says it runs elsewhere, or in another precision."""

    def __init__(self, real: Any, places: list[str], precision: str) -> None:
        self._real = real
        self._said = {
            "EXECUTION_DEVICES": places,
            "INFERENCE_PRECISION_HINT": SimpleNamespace(get_type_name=lambda: precision),
        }

    def get_property(self, name: str) -> Any:
        return self._said[name]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class FakeCore:
    """A core with the devices that a test gives it; all of them are the CPU."""

    available_devices = ("CPU",)
    abilities = ("FP32", "BF16")
    runs_on = ("CPU",)
    precision = "f32"

    def __init__(self) -> None:
        self._real = REAL_CORE

    def get_property(self, device: str, name: str) -> Any:
        assert (device, name) == ("CPU", "OPTIMIZATION_CAPABILITIES")
        return list(self.abilities)

    def read_model(self, *arguments: Any) -> Any:
        return self._real.read_model(*arguments)

    def compile_model(self, model: Any, device: str, settings: Any) -> Any:
        real = self._real.compile_model(model, "CPU", {})
        return FakeCompiled(real, list(self.runs_on), self.precision)


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FakeCore]]:
    """OpenVINO with a core that does as it is told."""

    class Told(FakeCore):
        pass

    fake = SimpleNamespace(Core=Told, __version__=REAL.__version__)
    monkeypatch.setattr(engine_module, "openvino", fake)
    monkeypatch.setattr(engine_module, "_core", Told)
    OpenVinoEngine.devices.cache_clear()
    yield Told
    OpenVinoEngine.devices.cache_clear()


@pytest.mark.parametrize("device", ["gpu", "npu"])
def test_a_device_that_is_not_there_is_refused_with_what_to_do(
    core: type[FakeCore], device: str
) -> None:
    with pytest.raises(EngineError, match=f"--device {device}: OpenVINO finds no") as caught:
        check_device(OpenVinoEngine, "openvino", device)
    assert caught.value.hint is not None
    assert "driver" in caught.value.hint


@pytest.mark.parametrize(
    "present", [("CPU", "GPU"), ("CPU", "GPU.0", "GPU.1")], ids=["one", "two of them"]
)
def test_a_gpu_that_is_there_can_be_had(core: type[FakeCore], present: tuple[str, ...]) -> None:
    core.available_devices = present  # type: ignore[assignment] # as many as there are
    check_device(OpenVinoEngine, "openvino", "gpu")


def test_a_gpu_that_runs_it_is_reported_with_its_precision(core: type[FakeCore]) -> None:
    core.runs_on, core.precision = ("GPU.0",), "f16"
    engine = OpenVinoEngine(doubling("doubled"), device="gpu")
    engine.run(PICTURE)
    assert str(engine.report()).endswith("on gpu (f16)")


def test_what_runs_elsewhere_is_an_error_at_the_first_run(core: type[FakeCore]) -> None:
    engine = OpenVinoEngine(doubling("doubled"), device="gpu")
    with pytest.raises(EngineError, match="--device gpu: OpenVINO runs it on CPU instead"):
        engine.run(PICTURE)


def test_another_precision_is_an_error_at_the_first_run(core: type[FakeCore]) -> None:
    core.precision = "bf16"
    engine = OpenVinoEngine(doubling("doubled"), device="cpu")
    with pytest.raises(EngineError, match="--device cpu: OpenVINO computes in bf16 instead"):
        engine.run(PICTURE)


def test_a_cpu_without_bf16_is_refused_it(core: type[FakeCore]) -> None:
    core.abilities = ("FP32",)  # type: ignore[assignment] # fewer
    with pytest.raises(EngineError, match="--device cpu-bf16: this CPU does not compute in bf16"):
        check_device(OpenVinoEngine, "openvino", "cpu-bf16")


def test_a_broken_driver_is_in_the_way_of_every_device(
    core: type[FakeCore], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: FakeCore) -> tuple[str, ...]:
        raise RuntimeError("clGetPlatformIDs\nerror -1001")

    monkeypatch.setattr(core, "available_devices", property(broken))
    for device in ("cpu", "gpu"):
        with pytest.raises(EngineError, match="cannot look for devices: clGetPlatformIDs error"):
            check_device(OpenVinoEngine, "openvino", device)


def test_a_device_that_does_not_compile_it_is_no_fault_of_the_model(
    core: type[FakeCore], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> Any:
        raise RuntimeError("[GPU] out of resources")

    monkeypatch.setattr(core, "compile_model", fails)
    with pytest.raises(EngineError, match=r"cannot compile net\.onnx for GPU: \[GPU\] out of"):
        OpenVinoEngine(doubling("doubled"), device="gpu")
    with pytest.raises(ModelError, match=r"cannot compile net\.onnx for CPU"):
        OpenVinoEngine(doubling("doubled"), device="cpu")


def test_the_cpu_is_exact_unless_bf16_is_asked_for() -> None:
    """Left to itself OpenVINO takes bf16 where the CPU has it."""
    engine = OpenVinoEngine(TINY, device="cpu")
    engine.run({tiny_onnx.INPUT: tiny_onnx.picture()})
    assert engine.report().detail == "f32"


def test_bf16_is_near_and_reported() -> None:
    if OpenVinoEngine.devices()["cpu-bf16"] is not None:
        pytest.skip("this CPU does not compute in bf16")
    engine = OpenVinoEngine(TINY, device="cpu-bf16")
    found = engine.run({tiny_onnx.INPUT: tiny_onnx.picture()})[tiny_onnx.OUTPUT]
    np.testing.assert_allclose(found, tiny_onnx.answer(tiny_onnx.picture()), atol=0.02)
    assert str(engine.report()).endswith("on cpu-bf16 (bf16)")


def test_an_output_that_is_the_same_as_another_tensor_keeps_its_name() -> None:
    """A cast of floats to floats is compiled away, and its tensor then has both names."""
    found = OpenVinoEngine(typed(FLOAT, FLOAT)).run({"x": PICTURE["images"]})
    assert list(found) == ["y"]


def test_an_output_without_rows_is_empty() -> None:
    places = network(
        {"x": (FLOAT, (1, 4))}, {"where": (INT64, (2, 0))}, [node("NonZero", ["x"], "where")]
    )
    engine = OpenVinoEngine(places)
    assert engine.run({"x": np.zeros((1, 4), np.float32)})["where"].shape == (2, 0)
    assert engine.run({"x": np.ones((1, 4), np.float32)})["where"].tolist() == [
        [0, 0, 0, 0],
        [0, 1, 2, 3],
    ]
