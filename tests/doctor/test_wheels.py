"""Wheels that are missing, overwrite each other, or are known to be bad."""

from collections.abc import Callable

import pytest

from livesegment.doctor import wheels
from livesegment.doctor.child import NoAnswerError
from livesegment.doctor.finding import Verdict
from tests.doctor.answers import Answers, names, row

WELL = {
    "wheels:about_opencv": {
        "reads": ["ONNX", "TensorFlow"],
        "version": "4.14.0",
        "ximgproc": True,
        "windows": "QT5",
        "ffmpeg": "62.28.102",
    }
}


def these(**versions: str) -> Callable[[str], str | None]:
    """What is installed; `_` stands for the hyphen of a wheel's name."""
    found = {name.replace("_", "-"): version for name, version in versions.items()}
    return found.get


def test_one_wheel_of_opencv_is_as_it_should_be() -> None:
    found = wheels.findings(Answers(WELL), these(opencv_contrib_python="4.14.0.94"))
    assert row(found, "OpenCV").verdict is Verdict.OK
    assert row(found, "FFmpeg").says == "linked, avcodec 62.28.102"


@pytest.mark.parametrize(
    "other", ["opencv-python", "opencv-python-headless", "opencv-contrib-python-headless"]
)
def test_two_wheels_of_opencv_fail_with_both_commands(other: str) -> None:
    version = {"opencv-contrib-python": "4.14.0.94", other: "4.12.0.88"}.get
    found = row(wheels.findings(Answers(WELL), version), "OpenCV")
    assert found.verdict is Verdict.FAIL
    assert other in found.says
    assert found.hint == (
        f"pip uninstall -y opencv-contrib-python {other} && pip install opencv-contrib-python"
    )


def test_a_wheel_without_ximgproc_fails() -> None:
    found = row(wheels.findings(Answers(WELL), these(opencv_python="4.12.0.88")), "OpenCV")
    assert found.verdict is Verdict.FAIL
    assert "ximgproc" in found.says
    assert "pip install opencv-contrib-python" in found.hint


def test_a_headless_wheel_opens_no_window() -> None:
    version = these(opencv_contrib_python_headless="4.12.0.88")
    found = row(wheels.findings(Answers(WELL), version), "OpenCV")
    assert found.verdict is Verdict.WARN
    assert "window" in found.says


def test_an_opencv_of_ones_own_may_do() -> None:
    assert row(wheels.findings(Answers(WELL), these()), "OpenCV").verdict is Verdict.WARN


def test_a_library_that_cv2_misses_is_named_with_its_packages() -> None:
    missing = NoAnswerError("libGL.so.1: cannot open shared object file", kind="ImportError")
    found = row(wheels.findings(Answers({"wheels:about_opencv": missing}), these()), "import cv2")
    assert found.verdict is Verdict.FAIL
    assert "libGL.so.1" in found.says
    assert "apt-get install libgl1" in found.hint


def test_a_cv2_that_crashes_is_to_be_installed_anew() -> None:
    crash = Answers({"wheels:about_opencv": NoAnswerError("crashed (SIGILL)")})
    found = row(wheels.findings(crash, these()), "import cv2")
    assert (found.verdict, found.says) == (Verdict.FAIL, "crashed (SIGILL)")
    assert "--force-reinstall" in found.hint


def test_what_cv2_lacks_fails_whatever_wheel_it_says_it_is() -> None:
    facts = WELL["wheels:about_opencv"] | {"ximgproc": False, "ffmpeg": ""}
    found = wheels.findings(
        Answers({"wheels:about_opencv": facts}), these(opencv_contrib_python="4.14.0.94")
    )
    assert row(found, "ximgproc").verdict is Verdict.FAIL
    assert row(found, "FFmpeg").verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("reads", "rebuilt"), [(["ONNX", "TensorFlow"], False), (["ONNX", "TFLite"], True)]
)
def test_what_is_rebuilt_for_an_opencv_is_told(reads: list[str], rebuilt: bool) -> None:
    facts = WELL["wheels:about_opencv"] | {"reads": reads}
    found = row(wheels.findings(Answers({"wheels:about_opencv": facts}), these()), "networks")
    assert found.says.startswith(f"OpenCV reads {', '.join(reads)}")
    assert ("is rebuilt as ONNX" in found.says) is rebuilt


def test_two_builds_of_onnx_runtime_fail_with_both_commands() -> None:
    version = these(onnxruntime="1.32.0", onnxruntime_gpu="1.31.1")
    found = row(wheels.findings(Answers(WELL), version), "ONNX Runtime")
    assert found.verdict is Verdict.FAIL
    assert found.hint == (
        "pip uninstall -y onnxruntime onnxruntime-gpu && pip install 'onnxruntime-gpu[cuda,cudnn]'"
    )


def test_one_build_of_onnx_runtime_is_left_to_the_engines() -> None:
    found = wheels.findings(Answers(WELL), these(onnxruntime="1.32.0"))
    assert "ONNX Runtime" not in names(found)


def test_what_is_installed_is_what_pip_says() -> None:
    assert wheels.installed("numpy")
    assert wheels.installed("a-wheel-that-is-not-installed") is None


def test_the_real_cv2_has_what_runs_need() -> None:
    facts = wheels.about_opencv()
    assert facts["ximgproc"]
    assert facts["ffmpeg"][0].isdigit()
    assert facts["windows"]
