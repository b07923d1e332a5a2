"""Sources that share a network keep their thresholds to themselves."""

from dataclasses import replace

from livesegment.compositing.look import Look
from livesegment.families.base import Thresholds
from livesegment.frame import Frame
from livesegment.pipeline.controls import Controls
from livesegment.segmenters.shared import SharedSegmenter
from tests.fakes import FakeSegmenter, frame


def test_each_source_is_segmented_by_its_own_thresholds() -> None:
    used: list[Thresholds] = []

    def before(frame: Frame) -> None:
        used.append(network.thresholds)

    network = FakeSegmenter(before)
    door, yard = SharedSegmenter(network), SharedSegmenter(network)
    strict = door.thresholds = replace(door.thresholds, score=0.9)
    for index, source in enumerate((door, yard, yard, door)):
        source.segment(frame(index))
    assert used == [strict, yard.thresholds, yard.thresholds, strict]
    assert yard.thresholds.score == Thresholds().score
    assert network.segmented == [0, 1, 2, 3]


def test_a_key_for_all_sources_changes_each_once() -> None:
    network = FakeSegmenter()
    sources = [SharedSegmenter(network) for _ in range(8)]
    for source in sources:
        Controls(source, Look()).press("+")
    assert {source.thresholds.score for source in sources} == {Thresholds().score + 0.05}


def test_all_else_is_the_networks() -> None:
    network = FakeSegmenter()
    shared = SharedSegmenter(network)
    shared.warm_up()
    assert shared.labels == network.labels
    assert shared.describe() == network.describe()
