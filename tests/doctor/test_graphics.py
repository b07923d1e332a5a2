"""What the drivers of GPUs say, and what is made of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from livesegment.doctor import graphics
from livesegment.doctor.child import Facts, NoAnswerError
from livesegment.doctor.finding import Verdict
from livesegment.doctor.graphics import NvidiaGpu, nvidia_gpu
from tests.doctor.answers import Answers, row

NONE = {"there": False}
POCL = {"there": True, "device": "pthread-EPYC", "kind": 2, "version": "OpenCL 3.0, driver 3.1"}
GPU = {"there": True, "device": "Arc", "kind": 4, "version": "OpenCL 3.0, driver 24"}


@pytest.mark.parametrize(
    ("facts", "verdict", "says"),
    [
        (NONE, Verdict.WARN, "no driver is installed"),
        ({"there": True, "device": ""}, Verdict.WARN, "a driver is installed, but it has no GPU"),
        (POCL, Verdict.WARN, "pthread-EPYC, a CPU; OpenCL 3.0, driver 3.1"),
        (GPU, Verdict.OK, "Arc, a GPU; OpenCL 3.0, driver 24"),
    ],
)
def test_the_opencl_device_is_told_for_what_it_is(
    facts: Facts, verdict: Verdict, says: str
) -> None:
    found = row(graphics.findings(Answers({"graphics:opencl_device": facts}), None), "OpenCL")
    assert (found.verdict, found.says) == (verdict, says)
    assert bool(found.hint) == (verdict is Verdict.WARN)


def test_an_opencl_driver_that_crashes_is_a_failure_and_no_crash() -> None:
    ask = Answers({"graphics:opencl_device": NoAnswerError("crashed (SIGSEGV)")})
    found = row(graphics.findings(ask, None), "OpenCL")
    assert found.verdict is Verdict.FAIL
    assert "SIGSEGV" in found.says
    assert "OPENCV_OPENCL_RUNTIME=disabled" in found.hint


def test_the_real_opencl_answers() -> None:
    assert isinstance(graphics.opencl_device()["there"], bool)


@pytest.mark.parametrize(
    ("nvidia", "verdict"),
    [
        (None, Verdict.OK),
        (NvidiaGpu("H100", "580.65.06"), Verdict.OK),
        ("No devices were found", Verdict.FAIL),
    ],
)
def test_a_gpu_of_nvidia_that_does_not_answer_fails(
    nvidia: NvidiaGpu | str | None, verdict: Verdict
) -> None:
    found = graphics.findings(Answers({"graphics:opencl_device": NONE}), nvidia)
    assert row(found, "NVIDIA").verdict is verdict


@pytest.mark.parametrize(
    ("driver", "wanted"),
    [
        ("535.104.05", "'onnxruntime-gpu[cuda,cudnn]<1.27'"),
        ("580.65.06", "'onnxruntime-gpu[cuda,cudnn]'"),
        ("unknown", "'onnxruntime-gpu[cuda,cudnn]'"),
    ],
)
def test_the_build_that_a_driver_can_run_is_to_be_installed(driver: str, wanted: str) -> None:
    assert NvidiaGpu("T4", driver).install == (
        f"pip uninstall -y onnxruntime onnxruntime-gpu && pip install {wanted}"
    )


@pytest.fixture
def nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program, first on the path; a test writes it."""
    if sys.platform == "win32":
        pytest.skip("a shell script")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    program = tmp_path / "nvidia-smi"
    program.touch(mode=0o755)
    return program


def test_the_first_of_several_gpus_is_told(nvidia_smi: Path) -> None:
    nvidia_smi.write_text("#!/bin/sh\necho 'NVIDIA A100, 80GB, 535.1'\necho 'T4, 535.1'\n")
    assert nvidia_gpu() == NvidiaGpu("NVIDIA A100, 80GB", "535.1")


def test_a_driver_that_does_not_fit_is_told_in_its_own_words(nvidia_smi: Path) -> None:
    nvidia_smi.write_text("#!/bin/sh\necho 'Failed to initialize NVML' >&2\nexit 18\n")
    assert nvidia_gpu() == "Failed to initialize NVML"


def test_a_driver_that_says_nothing_is_told_by_its_status(nvidia_smi: Path) -> None:
    nvidia_smi.write_text("#!/bin/sh\nexit 9\n")
    assert nvidia_gpu() == "nvidia-smi ended with status 9"


def test_a_driver_that_hangs_is_left(nvidia_smi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: object, **_: object) -> None:
        raise subprocess.TimeoutExpired("nvidia-smi", 15)

    nvidia_smi.write_text("#!/bin/sh\n")
    monkeypatch.setattr(subprocess, "run", hang)
    assert nvidia_gpu() == "nvidia-smi gave no answer in 15 s"


def test_without_the_program_there_is_no_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert nvidia_gpu() is None
