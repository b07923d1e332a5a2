"""One real run on each engine that is installed, and on engines that give nonsense."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from livesegment.builtin import colour_shapes, tiny_onnx
from livesegment.doctor import forward
from livesegment.engines.base import EngineReport
from livesegment.engines.registry import installed_engines
from livesegment.network import Format, Network, Tensors
from tests.engines.readers import needs_tensorflow

pytestmark = pytest.mark.wheel


@pytest.mark.parametrize("engine", installed_engines())
def test_a_real_engine_gives_the_right_answer(engine: str) -> None:
    facts = forward.run(engine, "cpu")
    assert facts["off"] < 1e-4
    assert facts["milliseconds"] > 0
    assert "model_off" not in facts


class Fake:
    """An engine of a device "gpu", which puts `wrong` in every answer there."""

    formats = frozenset({Format.ONNX, Format.TENSORFLOW})
    wrong: Any = 0.0

    def __init__(self, network: Network, *, device: str, threads: int | None) -> None:
        self._outputs = network.outputs
        self._device = device

    def run(self, inputs: Mapping[str, Any]) -> Tensors:
        added = self.wrong if self._device == "gpu" else 0.0
        if tiny_onnx.INPUT in inputs:
            return {tiny_onnx.OUTPUT: tiny_onnx.answer(inputs[tiny_onnx.INPUT]) + added}
        return {name: np.ones((1, 3), np.float32) + added for name in self._outputs}

    def report(self) -> EngineReport:
        return EngineReport("Fake 1.0", self._device, "3 of 4 layers")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[Fake]:
    """The one engine that there is."""

    class Told(Fake):
        pass

    monkeypatch.setattr(forward, "engine_factory", lambda _: Told)
    return Told


def test_a_device_runs_the_built_in_model_beside_the_cpu(fake: type[Fake]) -> None:
    facts = forward.run("fake", "gpu")
    assert (facts["engine"], facts["detail"]) == ("Fake 1.0", "3 of 4 layers")
    assert facts["off"] == facts["model_off"] == 0
    assert {"model_milliseconds", "cpu_milliseconds", "first"} <= set(facts)


def test_a_device_that_is_off_says_by_how_much(fake: type[Fake]) -> None:
    fake.wrong = 0.25
    facts = forward.run("fake", "gpu")
    assert (facts["off"], facts["model_off"]) == pytest.approx((0.25, 0.25))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, np.zeros((2, 1, 1, 1), np.float32)])
def test_what_is_no_number_or_of_another_shape_is_far_off(fake: type[Fake], wrong: Any) -> None:
    fake.wrong = wrong
    assert forward.run("fake", "gpu")["off"] > 1


def test_an_engine_that_reads_onnx_alone_runs_no_built_in_model(fake: type[Fake]) -> None:
    fake.formats = frozenset({Format.ONNX})
    assert "model_off" not in forward.run("fake", "gpu")


@needs_tensorflow
def test_the_built_in_model_finds_what_is_in_the_picture_it_is_tried_with() -> None:
    """Two devices that both found nothing would agree, too."""
    from livesegment.engines.opencv import OpenCvEngine

    weights, graph = colour_shapes.build()
    network = Network("shapes", Format.TENSORFLOW, weights, forward.OUTPUTS, graph)
    found = OpenCvEngine(network).run({"image_tensor": forward.red_on_grey()})
    assert found["detection_out_final"][0, 0, 0, 2] > 0.9
