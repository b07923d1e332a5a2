"""Engines as children tell of them: missing, whole, wrong, crashing, or without a GPU."""

from typing import Any

import pytest

from livesegment.doctor import engines
from livesegment.doctor.child import Facts, NoAnswerError
from livesegment.doctor.finding import Finding, Verdict
from livesegment.doctor.graphics import NvidiaGpu
from livesegment.engines.registry import ENGINES
from livesegment.errors import EngineError
from tests.doctor.answers import Answers, names, row

GPU = NvidiaGpu("NVIDIA T4", "580.65.06")
RAN: Facts = {
    "engine": "ONNX Runtime 1.32.0",
    "detail": "",
    "first": 0.1,
    "milliseconds": 0.25,
    "off": 2e-7,
}
MISSING = NoAnswerError(
    "engine 'x' needs x, which is not installed",
    kind="EngineError",
    hint="pip install x",
)


def look(
    devices: dict[str, list[str] | None],
    run: Facts | NoAnswerError = RAN,
    *,
    nvidia: NvidiaGpu | str | None = None,
    **runs: Facts | NoAnswerError,
) -> list[Finding]:
    """The rows where ONNX Runtime alone is there, with `devices`; `runs` are those of devices."""
    answers: dict[str, Any] = {
        "engines:describe": MISSING,
        "engines:describe onnxruntime": {"version": "1.32.0", "devices": devices},
        "forward:run": run,
    }
    answers |= {f"forward:run onnxruntime {device}": answer for device, answer in runs.items()}
    return engines.findings(Answers(answers), nvidia)


def test_an_engine_that_is_missing_is_to_be_installed_if_wanted() -> None:
    found = row(look({"cpu": None}), "openvino")
    assert (found.verdict, found.hint) == (Verdict.WARN, "pip install x")


def test_the_engine_that_is_always_there_may_not_be_missing() -> None:
    assert row(look({"cpu": None}), "opencv").verdict is Verdict.FAIL


def test_an_engine_that_crashes_as_it_is_loaded_fails() -> None:
    crash = NoAnswerError("crashed (SIGILL)")
    found = engines.findings(Answers({"engines:describe": crash}), None)
    assert [finding.verdict for finding in found] == [Verdict.FAIL] * len(ENGINES)
    assert "--force-reinstall openvino" in row(found, "openvino").hint


def test_a_device_that_ran_says_how_fast_and_how_near() -> None:
    found = row(look({"cpu": None}), "onnxruntime, cpu")
    assert found.verdict is Verdict.OK
    assert found.says == "ONNX Runtime 1.32.0; a small network in 0.25 ms, off by 2e-07"


@pytest.mark.parametrize(
    ("device", "off", "verdict"),
    [
        ("cpu", 5e-4, Verdict.OK),
        ("cpu", 5e-3, Verdict.FAIL),
        ("coreml", 5e-3, Verdict.OK),
        ("coreml", 0.1, Verdict.FAIL),
    ],
)
def test_wrong_answers_fail(
    device: str, off: float, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    found = row(look({device: None}, RAN | {"off": off}), f"onnxruntime, {device}")
    assert found.verdict is verdict
    assert ("wrong answers" in found.says) == (verdict is Verdict.FAIL)


def test_a_model_that_comes_out_wrong_fails_where_the_small_network_did_not() -> None:
    ran = RAN | {"model_off": 0.5, "model_milliseconds": 20.0, "cpu_milliseconds": 5.0}
    assert row(look({"opencl": None}, ran), "onnxruntime, opencl").verdict is Verdict.FAIL


def test_a_model_on_a_device_is_told_beside_the_cpu() -> None:
    ran = RAN | {"model_off": 1e-6, "model_milliseconds": 20.0, "cpu_milliseconds": 5.0}
    found = row(look({"opencl": None}, ran | {"first": 55.0}), "onnxruntime, opencl")
    assert found.verdict is Verdict.OK
    assert "the built-in model in 20 ms, on the CPU 5 ms" in found.says
    assert "its first run took 55 s" in found.says


def test_a_driver_that_crashes_or_hangs_is_a_failure_and_no_crash() -> None:
    found = look(
        {"cpu": None, "opencl": None, "gpu": None},
        opencl=NoAnswerError("crashed (SIGSEGV)"),
        gpu=NoAnswerError("gave no answer in 120 s"),
    )
    assert row(found, "onnxruntime, cpu").verdict is Verdict.OK
    for device in ("opencl", "gpu"):
        failed = row(found, f"onnxruntime, {device}")
        assert failed.verdict is Verdict.FAIL
        assert "--device cpu" in failed.hint


def test_an_engine_that_cannot_even_use_the_cpu_fails() -> None:
    """As an OpenCV that computes wrong numbers."""
    wrong = ["computes wrongly", "pip install --upgrade it"]
    found = row(look({"cpu": wrong, "opencl": wrong}), "onnxruntime, cpu and opencl")
    assert (found.verdict, found.hint) == (Verdict.FAIL, "pip install --upgrade it")


def test_devices_that_one_thing_is_in_the_way_of_share_a_row() -> None:
    none = ["no GPU", "buy one"]
    found = look({"cpu": None, "opencl": none, "opencl-fp16": none, "npu": ["no NPU", "wait"]})
    shared = row(found, "onnxruntime, opencl and opencl-fp16")
    assert (shared.verdict, shared.says, shared.hint) == (Verdict.WARN, "no GPU", "buy one")
    assert "onnxruntime, npu" in names(found)


@pytest.mark.parametrize(
    ("system", "device", "told"),
    [
        ("linux", "directml", False),
        ("win32", "directml", True),
        ("linux", "coreml", False),
        ("darwin", "coreml", True),
    ],
)
def test_what_this_system_never_has_is_not_told(
    system: str, device: str, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", system)
    found = names(look({"cpu": None, device: ["not built in", "pip install it"]}))
    assert (f"onnxruntime, {device}" in found) is told


def test_a_gpu_that_no_engine_uses_gets_the_command() -> None:
    """The most repeated complaint there is."""
    found = row(look({"cpu": None, "cuda": ["not built in", "pip"]}, nvidia=GPU), "CUDA")
    assert found.verdict is Verdict.WARN
    assert "NVIDIA T4 is there, and no engine uses it" in found.says
    assert "pip install 'onnxruntime-gpu[cuda,cudnn]'" in found.hint


def test_a_gpu_that_an_engine_uses_is_well() -> None:
    found = look({"cpu": None, "cuda": None}, nvidia=GPU)
    assert "CUDA" not in names(found)
    assert row(found, "onnxruntime, cuda").verdict is Verdict.OK


def test_a_gpu_whose_libraries_are_missing_fails_with_the_command() -> None:
    broken = NoAnswerError("could not start", kind="EngineError", hint="the lines above")
    found = look({"cpu": None, "cuda": None}, nvidia=GPU, cuda=broken)
    failed = row(found, "onnxruntime, cuda")
    assert (failed.verdict, failed.hint) == (Verdict.FAIL, GPU.install)
    assert "CUDA" in names(found)


def test_a_build_for_gpus_on_a_machine_without_one_is_no_failure() -> None:
    broken = NoAnswerError("could not start", kind="EngineError")
    found = row(look({"cpu": None, "cuda": None}, cuda=broken), "onnxruntime, cuda")
    assert found.verdict is Verdict.WARN
    assert "--device cpu" in found.hint


@pytest.mark.parametrize(("nvidia", "begins"), [(None, "with an NVIDIA GPU: "), (GPU, "pip")])
def test_without_a_gpu_the_command_is_for_those_who_have_one(
    nvidia: NvidiaGpu | None, begins: str
) -> None:
    found = row(
        look({"cuda": ["not built in", "pip install it"]}, nvidia=nvidia), "onnxruntime, cuda"
    )
    assert found.hint.startswith(begins)


def test_an_engine_tells_its_version_and_devices() -> None:
    facts = engines.describe("opencv")
    assert facts["version"]
    assert facts["devices"]["cpu"] is None
    assert all(len(obstacle) == 2 for obstacle in facts["devices"].values() if obstacle)


def test_an_engine_that_is_not_known_is_an_error() -> None:
    with pytest.raises(EngineError, match="no engine 'none'"):
        engines.describe("none")
