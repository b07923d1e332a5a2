"""Which engine and device are taken."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livesegment.engines.base import Obstacle
from livesegment.errors import EngineError, ModelError
from livesegment.instances import Instances
from livesegment.network import Format
from livesegment.segmenters import choice, verdicts
from livesegment.segmenters.choice import choose, remembered
from livesegment.segmenters.trial import Setup, Trial, TrialTimeoutError
from livesegment.segmenters.verdicts import Choice, forget
from livesegment.spec import ModelFile, ModelSpec
from livesegment.store import Model, find_model


def found(*xs: int, score: float = 0.9) -> Instances:
    masks = [np.ones((10, 10), np.bool_) for _ in xs]
    boxes = [[x, 0, x + 10, 10] for x in xs]
    return Instances.from_rows(boxes, [score] * len(xs), [0] * len(xs), masks)


THREE = found(0, 20, 40)


class FakeRuntime:
    """An engine's class as far as a choice looks at it."""

    formats = frozenset(Format)

    def __init__(self, number: str, devices: Mapping[str, Obstacle | None]) -> None:
        self._version = number
        self._devices = devices

    def version(self) -> str:
        return self._version

    def devices(self) -> Mapping[str, Obstacle | None]:
        return self._devices


class Bench:
    """Engines with devices, and how each would do; keeps what was tried."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runtimes = {
            "opencv": FakeRuntime(
                "5.0", {"cpu": None, "cuda": Obstacle("no CUDA in it", "build it")}
            ),
            "swift": FakeRuntime("1.0", {"cpu": None, "cpu-bf16": None}),
        }
        self.results: dict[tuple[str, str], tuple[float, Instances] | Exception] = {
            ("opencv", "cpu"): (0.1, THREE),
            ("swift", "cpu"): (0.05, THREE),
            ("swift", "cpu-bf16"): (0.02, THREE),
        }
        self.longest = 1.0
        """Times the others, that the last run of a trial takes."""
        self.tried: list[tuple[str, str]] = []
        self.patience: list[float] = []
        monkeypatch.setattr(choice, "installed_engines", lambda: self.runtimes)
        monkeypatch.setattr(choice, "engine_factory", self.runtimes.__getitem__)
        monkeypatch.setattr(verdicts, "engine_factory", self.runtimes.__getitem__)
        monkeypatch.setattr(choice, "attempt", self.attempt)
        monkeypatch.setattr(choice, "load_family", lambda *_, **__: None)

    def attempt(self, setup: Setup, *, timeout: float) -> Trial:
        self.tried.append((setup.engine, setup.device))
        self.patience.append(timeout)
        result = self.results[setup.engine, setup.device]
        if isinstance(result, Exception):
            raise result
        seconds, instances = result
        times = (seconds, seconds, seconds * self.longest)
        return Trial(setup, "", 0.1, 0.1, times, times, 1, (instances,))


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return a_model(tmp_path / "own.onnx", b"weights")


def a_model(path: Path, content: bytes, *, trusted: bool = True) -> Model:
    path.write_bytes(content)
    spec = ModelSpec(
        name="own", family="yolo-seg", files=(ModelFile(role="weights", name=path.name),)
    )
    return Model(spec, {"weights": path}, trusted=trusted, asked_for=str(path))


def chosen(model: Model, **asked: Any) -> tuple[str, str]:
    taken = choose(model, **asked)
    return taken.engine, taken.device


def test_the_fastest_that_agrees_is_taken(bench: Bench, model: Model) -> None:
    taken = choose(model)
    assert (taken.engine, taken.device) == ("swift", "cpu-bf16")
    assert taken.why == (
        "swift on cpu-bf16: the fastest here that finds the same 3 objects as opencv on cpu, "
        "20 ms a picture instead of 100 ms"
    )


def test_a_fast_one_that_finds_other_objects_is_out(bench: Bench, model: Model) -> None:
    bench.results["swift", "cpu-bf16"] = (0.02, found(0, 20))
    taken = choose(model)
    assert (taken.engine, taken.device) == ("swift", "cpu")
    assert taken.rivals[-1].problem == "finds other objects than opencv on cpu"


def test_one_that_fails_is_out(bench: Bench, model: Model) -> None:
    bench.results["swift", "cpu-bf16"] = EngineError("it broke")
    assert chosen(model) == ("swift", "cpu")


def test_the_reference_may_be_the_fastest(bench: Bench, model: Model) -> None:
    bench.results["opencv", "cpu"] = (0.01, THREE)
    taken = choose(model)
    assert (taken.engine, taken.device) == ("opencv", "cpu")
    assert taken.why == "opencv on cpu: the fastest here, 10 ms a picture"


def test_where_opencv_cannot_the_next_exact_one_is_the_reference(
    bench: Bench, model: Model
) -> None:
    bench.results["opencv", "cpu"] = ModelError("it cannot read this")
    bench.results["swift", "cpu-bf16"] = (0.02, found(0))
    assert chosen(model) == ("swift", "cpu")


def test_where_nothing_runs_the_first_reason_is_given(bench: Bench, model: Model) -> None:
    bench.results = {
        ("opencv", "cpu"): ModelError("the layers do not fit"),
        ("swift", "cpu"): EngineError("no memory"),
        ("swift", "cpu-bf16"): EngineError("no memory"),
    }
    with pytest.raises(ModelError, match="the layers do not fit"):
        choose(model)


def test_a_device_asked_for_gets_its_best_engine(bench: Bench, model: Model) -> None:
    assert chosen(model, device="cpu") == ("swift", "cpu")
    assert ("swift", "cpu-bf16") not in bench.tried


def test_a_device_that_one_engine_has_is_taken_untried(bench: Bench, model: Model) -> None:
    assert chosen(model, device="cpu-bf16") == ("swift", "cpu-bf16")
    assert not bench.tried


def test_an_engine_asked_for_gets_its_best_device(bench: Bench, model: Model) -> None:
    assert chosen(model, engine="swift") == ("swift", "cpu-bf16")


def test_what_is_asked_for_whole_is_taken_untried(bench: Bench, model: Model) -> None:
    assert chosen(model, engine="swift", device="cpu-bf16") == ("swift", "cpu-bf16")
    assert not bench.tried


def test_a_model_of_unknown_origin_is_tried_even_so(bench: Bench, tmp_path: Path) -> None:
    own = a_model(tmp_path / "own.onnx", b"weights", trusted=False)
    assert chosen(own, engine="swift", device="cpu") == ("swift", "cpu")
    assert bench.tried == [("swift", "cpu")]


def test_a_device_that_no_engine_has_says_what_is_in_the_way(bench: Bench, model: Model) -> None:
    with pytest.raises(EngineError, match=r"--device cuda: no installed .*opencv: no CUDA in it"):
        choose(model, device="cuda")
    assert not bench.tried


def test_a_device_that_the_engine_asked_for_lacks_is_refused(bench: Bench, model: Model) -> None:
    with pytest.raises(EngineError, match="--device cuda: no CUDA in it") as caught:
        choose(model, engine="opencv", device="cuda")
    assert caught.value.hint == "build it"


def test_rivals_get_less_time_than_the_reference(bench: Bench, model: Model) -> None:
    choose(model)
    first, *others = bench.patience
    assert all(10 <= other < first for other in others)


def test_a_verdict_is_remembered(bench: Bench, model: Model) -> None:
    first = choose(model)
    tried = len(bench.tried)
    assert choose(model) == first
    assert len(bench.tried) == tried


def test_what_would_be_taken_can_be_asked_without_trying(bench: Bench, model: Model) -> None:
    assert remembered(model) is None
    assert not bench.tried
    taken = choose(model)
    assert remembered(model) == taken
    assert remembered(model, threads=1) is None


def test_what_has_no_rivals_needs_no_trying(bench: Bench) -> None:
    assert remembered(find_model("colour-shapes")) == Choice("opencv", "cpu")
    assert not bench.tried


@pytest.mark.parametrize("changed", ["file", "version", "threads", "size", "device"])
def test_a_verdict_holds_for_what_it_was_found_on_only(
    bench: Bench, model: Model, changed: str
) -> None:
    choose(model)
    tried = len(bench.tried)
    asked: dict[str, Any] = {}
    match changed:
        case "file":
            model.paths["weights"].write_bytes(b"other weights")
        case "version":
            bench.runtimes["swift"]._version = "1.1"
        case "threads":
            asked = {"threads": 1}
        case "size":
            asked = {"input_size": (320, 320)}
        case "device":
            bench.runtimes["swift"]._devices = {"cpu": None}
    choose(model, **asked)
    assert len(bench.tried) > tried


def test_a_verdict_that_cannot_be_read_is_found_again(
    bench: Bench, model: Model, tmp_path: Path
) -> None:
    choose(model)
    (verdict,) = (tmp_path / "verdicts").glob("*.json")
    verdict.write_text('{"engine": "swift"')
    assert chosen(model) == ("swift", "cpu-bf16")


def test_progress_is_told(bench: Bench, model: Model) -> None:
    lines: list[str] = []
    choose(model, progress=lines.append)
    assert lines[0] == "trying opencv on cpu (1 of 3)"
    assert len(lines) == 3


def test_what_ships_needs_no_comparison(bench: Bench) -> None:
    assert chosen(find_model("colour-shapes")) == ("opencv", "cpu")
    assert chosen(find_model("motion")) == ("opencv", "cpu")
    assert not bench.tried


NONE = found()


def nothing_found(bench: Bench, *others: tuple[str, str]) -> None:
    """The reference finds nothing, nor do the others."""
    for setup in (("opencv", "cpu"), *others):
        seconds, _ = bench.results[setup]  # type: ignore[misc] # none of them fails
        bench.results[setup] = (seconds, NONE)


def test_none_of_none_is_no_agreement(bench: Bench, model: Model) -> None:
    """The reference computes in float32 on the CPU: of that much is known."""
    nothing_found(bench, ("swift", "cpu"), ("swift", "cpu-bf16"))
    taken = choose(model)
    assert (taken.engine, taken.device) == ("opencv", "cpu")
    assert taken.blind
    assert taken.why == (
        "opencv on cpu: nothing could be compared, as opencv on cpu finds nothing in the test "
        "picture down to a score of 0.05"
    )
    assert remembered(model) == taken


def test_what_others_find_where_the_reference_finds_nothing_is_no_agreement(
    bench: Bench, model: Model
) -> None:
    nothing_found(bench)
    assert chosen(model) == ("opencv", "cpu")


def test_an_engine_asked_for_is_taken_at_its_most_exact_where_nothing_is_found(
    bench: Bench, model: Model
) -> None:
    nothing_found(bench, ("swift", "cpu"), ("swift", "cpu-bf16"))
    taken = choose(model, engine="swift")
    assert (taken.engine, taken.device) == ("swift", "cpu")
    assert "nothing could be compared" in taken.why


def test_one_that_could_be_compared_is_not_blind(bench: Bench, model: Model) -> None:
    bench.results["opencv", "cpu"] = ModelError("it cannot read this")
    assert not choose(model).blind


def age(folder: Path, seconds: float) -> None:
    """Let the verdict have been found so long ago."""
    (verdict,) = (folder / "verdicts").glob("*.json")
    now = verdict.stat().st_mtime
    os.utime(verdict, (now - seconds, now - seconds))


DAYS = 24 * 3600


@pytest.mark.parametrize(("days", "holds"), [(29, True), (31, False), (-31, False)])
def test_a_verdict_holds_for_a_month(
    bench: Bench, model: Model, tmp_path: Path, days: float, holds: bool
) -> None:
    """Or where the clock says that it was found in the future, as a clock does that was wrong."""
    choose(model)
    age(tmp_path, days * DAYS)
    assert (remembered(model) is not None) is holds


@pytest.mark.parametrize(("days", "holds"), [(0.9, True), (2, False)])
@pytest.mark.parametrize("busy", ["time-out", "scatter"])
def test_what_a_busy_machine_found_holds_for_a_day(
    bench: Bench, model: Model, tmp_path: Path, busy: str, days: float, holds: bool
) -> None:
    if busy == "scatter":
        bench.longest = 3.0
    else:
        bench.results["swift", "cpu-bf16"] = TrialTimeoutError("gave no answer")
    choose(model)
    age(tmp_path, days * DAYS)
    assert (remembered(model) is not None) is holds


def test_what_is_forgotten_is_found_again(bench: Bench, model: Model, tmp_path: Path) -> None:
    other = a_model(tmp_path / "other.onnx", b"other weights")
    for one in (model, other):
        choose(one)
        choose(one, threads=2)
    assert forget(model) == 2
    assert remembered(model) is None
    assert remembered(other) is not None
    assert forget(None) == 2
    assert remembered(other) is None
    assert forget(None) == 0
