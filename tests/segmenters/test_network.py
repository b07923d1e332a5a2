"""A segmenter of a family and an engine, both of them fakes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from livesegment.engines.base import EngineReport
from livesegment.errors import EngineError
from livesegment.families.base import Thresholds
from livesegment.frame import Frame, Image
from livesegment.geometry import Letterbox
from livesegment.instances import Instances
from livesegment.network import Format, Network, Tensors
from livesegment.segmenters.network import NetworkSegmenter

NUMBER = np.ones(1, np.float32)


@dataclass
class FakeFamily:
    """Networks that do nothing, and one instance a network that ran."""

    labels: tuple[str, ...] = ("thing",)
    count: int = 1
    goes_on: bool = True
    seen: list[Thresholds] = field(default_factory=list)

    @property
    def networks(self) -> Sequence[Network]:
        return [Network(f"net {i}", Format.ONNX, b"", ()) for i in range(self.count)]

    def prepare(self, image: Image) -> tuple[Tensors, Letterbox]:
        size = (image.shape[1], image.shape[0])
        return {"images": NUMBER}, Letterbox.fit(size, size)

    def relay(self, tensors: Tensors, thresholds: Thresholds) -> Tensors | None:
        return {"relayed": NUMBER * ran(tensors)} if self.goes_on else None

    def decode(self, tensors: Tensors, letterbox: Letterbox, thresholds: Thresholds) -> Instances:
        self.seen.append(thresholds)
        n = ran(tensors)
        mask = np.ones((1, 1), np.bool_)
        return Instances.from_rows([[0, 0, 1, 1]] * n, [1] * n, [0] * n, [mask] * n)


def ran(tensors: Tensors) -> int:
    """How many networks have run."""
    return sum(name.startswith("net ") for name in tensors)


@dataclass
class FakeEngine:
    """Remembers what came in."""

    network: Network
    device: str = "cpu"
    fails: bool = False
    inputs: list[Mapping[str, NDArray[np.float32]]] = field(default_factory=list)

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> Tensors:
        if self.fails:
            raise EngineError("it broke", hint="mend it")
        self.inputs.append(inputs)
        return {self.network.name: NUMBER}

    def report(self) -> EngineReport:
        return EngineReport("Fake 1.0", self.device)


def frame() -> Frame:
    return Frame(np.zeros((6, 8, 3), np.uint8), 41, 7.5, 0.0)


def segmenter(family: FakeFamily, **engine: object) -> tuple[NetworkSegmenter, list[FakeEngine]]:
    engines: list[FakeEngine] = []

    def load(network: Network) -> FakeEngine:
        engines.append(FakeEngine(network, **engine))  # type: ignore[arg-type]
        return engines[-1]

    return NetworkSegmenter(family, load, Thresholds()), engines


def test_a_segmentation_says_which_frame_it_is_of() -> None:
    found = segmenter(FakeFamily())[0].segment(frame())
    assert (found.frame_index, found.captured_at, found.size) == (41, 7.5, (8, 6))
    assert len(found.instances) == 1


def test_every_stage_is_timed_in_its_order() -> None:
    timings = segmenter(FakeFamily())[0].segment(frame()).timings
    assert list(timings) == ["prepare", "infer", "decode"]
    assert min(timings.values()) >= 0


def test_labels_are_the_familys() -> None:
    assert segmenter(FakeFamily())[0].labels == ("thing",)


def test_networks_run_in_turn_each_on_what_was_relayed() -> None:
    built, engines = segmenter(FakeFamily(count=3))
    assert len(built.segment(frame()).instances) == 3
    assert [list(engine.inputs[0]) for engine in engines] == [["images"], ["relayed"], ["relayed"]]
    assert engines[2].inputs[0]["relayed"].tolist() == [2]


def test_a_family_sees_what_went_in_as_well_as_what_came_out() -> None:
    family = FakeFamily(count=2)
    seen: list[set[str]] = []
    family.relay = lambda tensors, _: seen.append(set(tensors))  # type: ignore[assignment]
    segmenter(family)[0].segment(frame())
    assert seen == [{"images", "net 0"}]


def test_with_nothing_left_to_do_the_later_networks_do_not_run() -> None:
    built, engines = segmenter(FakeFamily(count=3, goes_on=False))
    assert len(built.segment(frame()).instances) == 1
    assert [len(engine.inputs) for engine in engines] == [1, 0, 0]


def test_the_networks_alone_run_on_what_was_prepared() -> None:
    made, engines = segmenter(FakeFamily(count=2))
    tensors = made.infer(made.prepare(frame()))
    assert ran(tensors) == len(engines) == 2


def test_new_thresholds_hold_from_the_next_frame_on() -> None:
    family = FakeFamily()
    built, _ = segmenter(family)
    built.segment(frame())
    built.thresholds = Thresholds(score=0.9)
    built.segment(frame())
    assert [seen.score for seen in family.seen] == [0.5, 0.9]


def test_warming_up_runs_every_network_once() -> None:
    built, engines = segmenter(FakeFamily(count=2))
    built.warm_up()
    assert [len(engine.inputs) for engine in engines] == [1, 1]


def test_warming_up_leaves_the_thresholds_alone() -> None:
    built, _ = segmenter(FakeFamily())
    before = built.thresholds
    built.warm_up()
    assert built.thresholds is before


def test_what_an_engine_says_while_warming_up_stands() -> None:
    """A device that is not there must not look like a broken model."""
    built, _ = segmenter(FakeFamily(), fails=True)
    with pytest.raises(EngineError, match="it broke"):
        built.warm_up()


def test_an_engine_that_fails_later_is_an_engine_error() -> None:
    built, engines = segmenter(FakeFamily())
    built.warm_up()
    engines[0].fails = True
    with pytest.raises(EngineError, match="it broke"):
        built.segment(frame())


def test_what_all_networks_share_is_said_once() -> None:
    assert segmenter(FakeFamily(count=2))[0].describe() == "Fake 1.0 on cpu"


def test_networks_on_different_devices_are_all_named() -> None:
    built, engines = segmenter(FakeFamily(count=2))
    engines[1].device = "opencl"
    assert built.describe() == "Fake 1.0 on cpu; Fake 1.0 on opencl"
    assert [report.device for report in built.reports()] == ["cpu", "opencl"]
