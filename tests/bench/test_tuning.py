"""Tuning: what is tried, in which order, and what is taken."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from livesegment.bench import engines
from livesegment.bench.engines import Result
from livesegment.bench.tuning import (
    Candidate,
    Tuning,
    best,
    budget,
    input_sizes,
    thread_counts,
    tune,
)
from livesegment.errors import ModelError
from livesegment.families.yolo_seg import Layout
from livesegment.instances import Instances
from livesegment.segmenters.agreement import Agreement
from livesegment.segmenters.trial import Setup, Trial
from livesegment.store import find_model
from tests.bench.trials import Trials, trial
from tests.fakes import instances
from tests.families.red_finder import red_finder

FULL, HALF = ((640, 640), None), ((320, 320), (320, 320))
PLACES = [("opencv", "cpu"), ("openvino", "cpu"), ("openvino", "cpu-bf16")]


class Machine:
    """How long each setup takes, and what it finds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds: Callable[[Setup], float] = lambda _: 0.1
        self.found: Callable[[Setup], Instances] = lambda _: instances(4)
        self.broken: set[str] = set()
        self.trials = Trials(self._outcome)
        monkeypatch.setattr(engines, "attempt", self.trials)

    def _outcome(self, setup: Setup) -> Trial | ModelError:
        if str(setup) in self.broken:
            return ModelError("no such layer")
        return trial(setup, [self.seconds(setup)], found=[self.found(setup)])

    def tune(self, *sizes: tuple[tuple[int, int], tuple[int, int] | None], fps: float) -> Tuning:
        return tune("m.onnx", PLACES, sizes or [FULL, HALF], [2, 1], fps=fps)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def taken(tuning: Tuning) -> Setup:
    assert tuning.best is not None
    return tuning.best.result.setup


def candidate(
    *, seconds: float = 0.1, threads: int | None = 2, found: int = 4, holds: bool = True
) -> Candidate:
    setup = Setup(model="m", engine="opencv", device="cpu", threads=threads)
    agreed = Agreement(reference=4, found=found, extra=0, overlap=1.0, score_error=0.0)
    return Candidate(Result(setup, (trial(setup, [seconds]),)), (640, 640), agreed, holds)


def test_part_of_a_frames_time_is_left_for_the_rest() -> None:
    assert budget(10) == pytest.approx(0.085)


@pytest.mark.parametrize(
    ("found", "extra", "overlap", "quality"),
    [(4, 0, 1.0, 1.0), (4, 0, 0.9, 0.9), (2, 0, 1.0, 2 / 3), (4, 2, 1.0, 0.8), (0, 0, 1.0, 0.0)],
)
def test_quality_is_panoptic(found: int, extra: int, overlap: float, quality: float) -> None:
    agreed = Agreement(reference=4, found=found, extra=extra, overlap=overlap, score_error=0)
    setup = Setup(model="m", engine="opencv", device="cpu")
    judged = Candidate(Result(setup), (640, 640), agreed, holds=True)
    assert judged.quality == pytest.approx(quality)


def test_nothing_to_find_is_found_perfectly() -> None:
    agreed = Agreement(reference=0, found=0, extra=0, overlap=1.0, score_error=0)
    setup = Setup(model="m", engine="opencv", device="cpu")
    assert Candidate(Result(setup), (640, 640), agreed, holds=True).quality == 1.0


def test_the_one_that_finds_most_is_taken_though_it_is_slower() -> None:
    good, quick = candidate(seconds=0.2), candidate(seconds=0.1, found=3)
    assert best([quick, good]) is good


def test_of_equals_the_one_with_fewest_threads_is_taken_then_the_fastest() -> None:
    many, few, quick = candidate(), candidate(threads=1), candidate(threads=1, seconds=0.05)
    assert best([many, few]) is few
    assert best([many, few, quick]) is quick


def test_one_that_does_not_hold_the_rate_is_never_taken() -> None:
    assert best([candidate(holds=False)]) is None


def test_every_engine_and_thread_count_is_tried_at_full_size(machine: Machine) -> None:
    machine.tune(fps=5)
    assert [(s.engine, s.device, s.threads) for s in machine.trials.asked] == [
        (engine, device, threads) for threads in (2, 1) for engine, device in PLACES
    ]


def test_smaller_sizes_are_left_out_once_one_holds(machine: Machine) -> None:
    tuning = machine.tune(fps=5)
    assert {setup.input_size for setup in machine.trials.asked} == {None}
    assert tuning.untried == ((320, 320),)


def test_a_smaller_size_is_taken_where_full_size_is_too_slow(machine: Machine) -> None:
    machine.seconds = lambda setup: 0.05 if setup.input_size else 0.3
    tuning = machine.tune(fps=10)
    assert taken(tuning).input_size == (320, 320)
    assert tuning.untried == ()


def test_smaller_sizes_are_tried_where_only_a_blind_engine_holds(machine: Machine) -> None:
    machine.seconds = lambda s: 0.05 if s.input_size or s.device == "cpu-bf16" else 0.3
    machine.found = lambda s: instances(1 if s.device == "cpu-bf16" else 4)
    assert taken(machine.tune(fps=10)).device == "cpu"


def test_agreement_is_with_the_reference_at_full_size(machine: Machine) -> None:
    machine.seconds = lambda setup: 0.05 if setup.input_size else 0.3
    machine.found = lambda setup: instances(3 if setup.input_size else 4)
    tuning = machine.tune(fps=10)
    assert tuning.best is not None
    assert tuning.best.found is not None
    assert (tuning.best.found.found, tuning.best.found.reference) == (3, 4)


def test_what_failed_once_is_not_tried_again(machine: Machine) -> None:
    machine.broken = {"openvino on cpu"}
    machine.seconds = lambda _: 1.0
    tuning = machine.tune(fps=10)
    assert sum(str(setup) == "openvino on cpu" for setup in machine.trials.asked) == 1
    assert [str(c.result.setup) for c in tuning.candidates if c.found is None] == [
        "openvino on cpu"
    ]


def test_where_nothing_holds_the_nearest_is_known(machine: Machine) -> None:
    machine.seconds = lambda setup: 0.2 if setup.device == "cpu-bf16" else 0.3
    tuning = machine.tune(fps=10)
    assert tuning.best is None
    assert tuning.nearest is not None
    assert str(tuning.nearest.result.setup) == "openvino on cpu-bf16"


def test_where_nothing_runs_there_is_no_nearest(machine: Machine) -> None:
    machine.broken = {f"{engine} on {device}" for engine, device in PLACES}
    assert machine.tune(FULL, fps=10).nearest is None


def test_a_device_that_is_no_processor_has_no_threads(machine: Machine) -> None:
    tune("m.onnx", [("openvino", "gpu")], [FULL], [2, 1], fps=5)
    assert [setup.threads for setup in machine.trials.asked] == [None]


@pytest.mark.parametrize(("cores", "counts"), [(1, [1]), (2, [2, 1]), (12, [12, 6, 3, 1])])
def test_threads_are_all_cores_and_halves(cores: int, counts: list[int]) -> None:
    assert thread_counts(cores) == counts


def test_sizes_go_from_the_familys_own_downwards(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    cv2.imwrite(str(picture), np.zeros((480, 800, 3), np.uint8))
    sizes = input_sizes(find_model("colour-shapes"), pictures=[picture])
    assert sizes[0] == ((800, 480), None)
    assert [asked for _, asked in sizes[1:]] == [(640, 384), (512, 320), (384, 256)]
    assert sizes == sorted(sizes, key=lambda size: -size[0][0])


def test_the_largest_size_can_be_given() -> None:
    sizes = input_sizes(find_model("colour-shapes"), (320, 240))
    assert sizes[0] == ((320, 240), (320, 240))


def test_a_network_of_any_size_has_several_and_a_fixed_one_has_its_own(tmp_path: Path) -> None:
    for name, fixed in (("any", False), ("fixed", True)):
        (tmp_path / f"{name}.onnx").write_bytes(red_finder(Layout.COLUMNS, fixed=fixed))
    several = input_sizes(find_model(str(tmp_path / "any.onnx")))
    assert [size for size, _ in several][1:] == [asked for _, asked in several][1:]
    assert len(several) > 1
    assert len(input_sizes(find_model(str(tmp_path / "fixed.onnx")))) == 1
