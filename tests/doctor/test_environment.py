"""Variables that change what OpenCV does."""

from livesegment.doctor.environment import findings
from livesegment.doctor.finding import Verdict
from tests.doctor.answers import names


def test_nothing_set_is_one_good_row() -> None:
    (row,) = findings({"PATH": "/bin", "HOME": "/root"})
    assert row.verdict is Verdict.OK


def test_what_is_set_is_told_with_how_to_unset_it() -> None:
    (row,) = findings({"OPENCV_FORCE_DNN_ENGINE": "1", "PATH": "/bin"})
    assert (row.verdict, row.hint) == (Verdict.WARN, "unset OPENCV_FORCE_DNN_ENGINE")
    assert "graph engine" in row.says


def test_a_value_is_never_told() -> None:
    (row,) = findings({"OPENCV_FFMPEG_CAPTURE_OPTIONS": "headers;Authorization: s3cr3t"})
    assert "s3cr3t" not in row.says + row.hint


def test_a_variable_of_opencv_that_nothing_is_known_of_is_told_too() -> None:
    assert names(findings({"OPENCV_NEW_SWITCH": "1"})) == ["OPENCV_NEW_SWITCH"]


def test_one_that_is_set_to_nothing_does_nothing() -> None:
    assert names(findings({"OPENCV_OPENCL_DEVICE": ""})) == ["variables"]


def test_no_gpu_visible_is_told() -> None:
    assert names(findings({"CUDA_VISIBLE_DEVICES": "-1"})) == ["CUDA_VISIBLE_DEVICES"]
