"""Engines side by side: what is compared, how figures come about, which one would be taken."""

from dataclasses import dataclass
from typing import Any

import pytest

from livesegment.bench import engines as module
from livesegment.bench.engines import (
    Absent,
    Result,
    agreement,
    measure,
    reference,
    survey,
    winner,
)
from livesegment.engines.base import Obstacle
from livesegment.errors import EngineError, LiveSegmentError, ModelError
from livesegment.instances import Instances
from livesegment.segmenters.trial import Setup
from tests.bench.trials import Trials, by_place, trial
from tests.fakes import instances

NO_GPU = Obstacle("there is no GPU", "buy one")


@dataclass(frozen=True, slots=True)
class _Factory:
    """An engine's class, as far as it is asked here."""

    places: dict[str, Obstacle | None]

    def devices(self) -> dict[str, Obstacle | None]:
        return self.places


@pytest.fixture
def _engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenCV, and OpenVINO with a device more; ONNX Runtime is not installed."""
    there = {
        "opencv": _Factory({"cpu": None, "cuda": NO_GPU}),
        "openvino": _Factory({"cpu-bf16": None, "cpu": None, "gpu": NO_GPU}),
    }

    def factory(name: str) -> Any:
        if name not in there:
            raise EngineError(f"{name} is not installed", hint=f"pip install {name}")
        return there[name]

    monkeypatch.setattr(module, "engine_factory", factory)


def setup(engine: str = "opencv", device: str = "cpu") -> Setup:
    return Setup(model="m.onnx", engine=engine, device=device)


def result(
    engine: str, seconds: float, *, device: str = "cpu", found: list[Instances] | None = None
) -> Result:
    return Result(setup(engine, device), (trial(setup(engine, device), [seconds], found=found),))


@pytest.mark.usefixtures("_engines")
def test_exact_ones_come_first_and_the_reference_before_all() -> None:
    pairs, _ = survey(["openvino", "opencv"])
    assert pairs == [
        ("opencv", "cpu"),
        ("openvino", "cpu"),
        ("openvino", "cpu-bf16"),
    ]


@pytest.mark.usefixtures("_engines")
def test_the_reference_is_there_though_nobody_named_it() -> None:
    assert survey(["openvino"], "cpu-bf16")[0] == [("opencv", "cpu"), ("openvino", "cpu-bf16")]


@pytest.mark.usefixtures("_engines")
def test_what_is_not_here_is_told_with_what_to_do() -> None:
    _, absent = survey(["opencv", "onnxruntime", "openvino"])
    assert absent == [
        Absent("opencv", "cuda", "there is no GPU", "buy one"),
        Absent("onnxruntime", "", "onnxruntime is not installed", "pip install onnxruntime"),
        Absent("openvino", "gpu", "there is no GPU", "buy one"),
    ]


@pytest.mark.usefixtures("_engines")
def test_nothing_that_was_asked_for_is_an_error_that_says_why() -> None:
    with pytest.raises(EngineError, match=r"device cuda here .*there is no GPU") as caught:
        survey(["opencv", "openvino"], "cuda")
    assert caught.value.hint == "buy one"


def test_rounds_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = by_place({"opencv cpu": 0.1, "openvino cpu": 0.2})
    monkeypatch.setattr(module, "attempt", trials)
    said: list[str] = []
    measure([setup(), setup("openvino")], rounds=2, progress=said.append)
    assert [asked.engine for asked in trials.asked] == ["opencv", "openvino"] * 2
    assert said[-1] == "openvino on cpu, round 2 of 2"


def test_what_failed_once_is_not_tried_again_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = by_place({"opencv cpu": 0.1, "openvino cpu": ModelError("no such layer", hint="mend")})
    monkeypatch.setattr(module, "attempt", trials)
    found, failed = measure([setup(), setup("openvino")], rounds=3)
    assert len(trials.asked) == 4
    assert len(found.rounds) == 3
    assert (failed.rounds, failed.problem, failed.hint) == ((), "no such layer", "mend")


def test_one_that_fails_in_a_later_round_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes: list[Any] = [trial(setup()), EngineError("lost the device")]
    monkeypatch.setattr(module, "attempt", Trials(lambda _: outcomes.pop(0)))
    (failed,) = measure([setup()], rounds=2)
    assert (failed.rounds, failed.problem) == ((), "lost the device")


def test_figures_are_medians_of_rounds() -> None:
    rounds = [
        trial(setup(), [0.1, 0.1, 0.2], load=1.0, peak_memory=100),
        trial(setup(), [9.0, 9.0, 9.0], load=9.0, peak_memory=900),  # the machine was busy
        trial(setup(), [0.3, 0.3, 0.3], load=2.0, peak_memory=None),
    ]
    busy = Result(setup(), tuple(rounds))
    assert busy.p50 == 0.3
    assert busy.p95 == pytest.approx(0.3)
    assert busy.infer == pytest.approx(0.27)
    assert (busy.load, busy.warm_up, busy.peak_memory) == (2.0, 4.0, 500)


@pytest.mark.parametrize(
    ("device", "runs_on", "precision"),
    [
        ("cpu", "OpenVINO 1 on cpu (f32)", "f32"),
        ("cpu-bf16", "OpenVINO 1 on cpu-bf16 (bf16)", "bf16"),
        ("gpu", "OpenVINO 1 on gpu (f16)", "f16"),
        ("cpu", "OpenCV 5.0.0 (new) on cpu", "f32"),
        ("cuda-fp16", "OpenCV 5.0.0 (classic) on cuda-fp16", "f16"),
        ("tensorrt", "ONNX Runtime 1 on tensorrt (20 of 30 nodes)", ""),
    ],
)
def test_precision_is_told_where_it_is_known(device: str, runs_on: str, precision: str) -> None:
    where = setup("any", device)
    assert Result(where, (trial(where, runs_on=runs_on),)).precision == precision


def test_the_first_that_runs_is_the_reference() -> None:
    failed, ran = Result(setup(), problem="no such layer"), result("openvino", 1)
    assert reference([failed, ran]) is ran
    assert reference([failed]) is None


def test_agreement_is_over_all_pictures() -> None:
    one = result("opencv", 1, found=[instances(3), instances(4)])
    other = result("openvino", 1, found=[instances(3), instances(3)])
    found = agreement(one, other)
    assert (found.reference, found.found, found.extra) == (7, 6, 0)


def test_the_fastest_wins_of_those_that_agree() -> None:
    slow = result("opencv", 0.3)
    quick = result("onnxruntime", 0.2)
    blind = result("openvino", 0.1, device="cpu-bf16", found=[instances(1)])
    failed = Result(setup("openvino"), problem="no such layer")
    assert winner([slow, failed, blind, quick]) is quick


def test_where_nothing_runs_nothing_wins() -> None:
    error: LiveSegmentError = ModelError("damaged")
    assert winner([Result(setup(), problem=str(error))]) is None
