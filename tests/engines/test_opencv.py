"""OpenCV's DNN module as an engine: what ran, and what it says when it cannot."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from livesegment.engines import capabilities, opencv
from livesegment.engines.capabilities import TARGETS, Ran
from livesegment.engines.opencv import GPU, OpenCvEngine, _reason
from livesegment.engines.registry import DEVICES, check_device, engine_factory
from livesegment.errors import EngineError, ModelError
from livesegment.network import Format, Network
from tests.engines.networks import several_types
from tests.families.onnx_bytes import model, node

pytestmark = pytest.mark.wheel

TWO_OUTPUTS = model(
    {"images": (1, 3, 4, 4)},
    {"doubled": (1, 3, 4, 4), "squared": (1, 3, 4, 4)},
    nodes=[
        node("Mul", ["images", "two"], "doubled"),
        node("Mul", ["images", "images"], "squared"),
    ],
    initialisers={"two": np.full(1, 2, np.float32)},
)
PICTURE = {"images": np.arange(48, dtype=np.float32).reshape(1, 3, 4, 4)}


def network(*outputs: str, weights: bytes = TWO_OUTPUTS) -> Network:
    return Network("net.onnx", Format.ONNX, weights, outputs)


def test_outputs_come_by_name_in_the_order_asked_for() -> None:
    outputs = OpenCvEngine(network("squared", "doubled")).run(PICTURE)
    assert list(outputs) == ["squared", "doubled"]
    np.testing.assert_allclose(outputs["doubled"], PICTURE["images"] * 2)
    np.testing.assert_allclose(outputs["squared"], PICTURE["images"] ** 2)


def test_an_output_can_be_asked_for_alone() -> None:
    """The new graph engine of OpenCV 5 itself gives all or none."""
    assert list(OpenCvEngine(network("squared")).run(PICTURE)) == ["squared"]


def test_an_output_that_is_not_there_shows_a_wrong_model() -> None:
    with pytest.raises(ModelError, match=r"could not run net\.onnx"):
        OpenCvEngine(network("halved")).run(PICTURE)


def test_all_outputs_come_where_none_is_named() -> None:
    assert set(OpenCvEngine(network()).run(PICTURE)) == {"doubled", "squared"}


def test_a_network_of_one_input_takes_any_name() -> None:
    outputs = OpenCvEngine(network("doubled")).run({"picture": PICTURE["images"]})
    np.testing.assert_allclose(outputs["doubled"], PICTURE["images"] * 2)


def test_outputs_outlive_the_next_run() -> None:
    engine = OpenCvEngine(network("doubled"))
    first = engine.run(PICTURE)["doubled"]
    engine.run({"images": np.zeros((1, 3, 4, 4), np.float32)})
    np.testing.assert_allclose(first, PICTURE["images"] * 2)


def test_inputs_of_several_are_told_apart_by_name() -> None:
    weights = model(
        {"a": (1, 4), "b": (1, 4)}, {"left": (1, 4)}, nodes=[node("Sub", ["a", "b"], "left")]
    )
    inputs = {"b": np.full((1, 4), 1, np.float32), "a": np.full((1, 4), 5, np.float32)}
    assert OpenCvEngine(network("left", weights=weights)).run(inputs)["left"].tolist() == [[4] * 4]


def test_the_report_says_the_cpu() -> None:
    engine = OpenCvEngine(network())
    engine.run(PICTURE)
    report = engine.report()
    assert str(report).startswith(f"OpenCV {cv2.__version__}")
    assert report.device == "cpu"


def test_a_file_that_is_no_network_is_a_model_error() -> None:
    with pytest.raises(ModelError, match=r"cannot read net\.onnx: \S"):
        OpenCvEngine(network(weights=b"no ONNX at all, but long enough for one"))


def test_a_layer_that_opencv_does_not_know_is_named_in_one_line() -> None:
    unknown = model({"x": (1, 4)}, {"y": (1, 4)}, nodes=[node("NoSuchLayer", ["x"], "y")])
    with pytest.raises((ModelError, EngineError), match="NoSuchLayer") as caught:
        OpenCvEngine(network("y", weights=unknown)).run({"x": np.zeros((1, 4), np.float32)})
    assert "\n" not in str(caught.value)


def test_what_opencv_says_in_several_lines_is_told_in_one() -> None:
    said = cv2.error()
    said.err = "> Layers do not fit:\n>     'a' is 1\n> must be\n>     'b'"
    assert _reason(said) == "Layers do not fit: 'a' is 1 must be 'b'"


def test_a_picture_that_never_fitted_shows_a_wrong_model() -> None:
    weights = model(
        {"x": (1, 12)},
        {"y": (3, 4)},
        nodes=[node("Reshape", ["x", "sides"], "y")],
        initialisers={"sides": np.array([3, 4], np.int64)},
    )
    engine = OpenCvEngine(network("y", weights=weights))
    with pytest.raises(ModelError, match=r"could not run net\.onnx"):
        engine.run({"x": np.zeros((1, 13), np.float32)})


def test_what_fails_after_a_good_run_is_an_engine_error() -> None:
    weights = model(
        {"x": (1, 12)},
        {"y": (3, 4)},
        nodes=[node("Reshape", ["x", "sides"], "y")],
        initialisers={"sides": np.array([3, 4], np.int64)},
    )
    engine = OpenCvEngine(network("y", weights=weights))
    engine.run({"x": np.zeros((1, 12), np.float32)})
    with pytest.raises(EngineError, match=r"could not run net\.onnx"):
        engine.run({"x": np.zeros((1, 13), np.float32)})


@pytest.mark.parametrize("device", ["cuda", "cuda-fp16"])
def test_without_cuda_it_is_refused_by_name(device: str) -> None:
    """OpenCV itself would run on the CPU without a word."""
    if cv2.dnn.getAvailableTargets(cv2.dnn.DNN_BACKEND_CUDA):
        pytest.skip("CUDA is there")
    with pytest.raises(EngineError, match=f"--device {device}: .* no CUDA device") as caught:
        check_device(engine_factory("opencv"), "opencv", device)
    assert caught.value.hint is not None
    assert "--device cpu" in caught.value.hint


@pytest.mark.parametrize("device", ["opencl", "opencl-fp16"])
def test_without_a_gpu_for_opencl_it_is_refused_by_name(device: str) -> None:
    if cv2.ocl.haveOpenCL() and cv2.ocl.Device.getDefault().type() == GPU:
        pytest.skip("a GPU with OpenCL is there")
    with pytest.raises(EngineError, match=f"--device {device}: ") as caught:
        check_device(engine_factory("opencv"), "opencv", device)
    assert caught.value.hint is not None
    assert "--device cpu" in caught.value.hint


@pytest.mark.parametrize("has_halves", [True, False])
def test_half_precision_is_refused_where_the_gpu_has_none(
    monkeypatch: pytest.MonkeyPatch, has_halves: bool
) -> None:
    """OpenCV itself would compute in floats without a word."""
    gpu = SimpleNamespace(
        type=lambda: GPU, isExtensionSupported=lambda name: has_halves and name == "cl_khr_fp16"
    )
    monkeypatch.setattr(cv2.ocl, "Device", SimpleNamespace(getDefault=lambda: gpu))
    monkeypatch.setattr(cv2.ocl, "haveOpenCL", lambda: True)
    monkeypatch.setattr(cv2.ocl, "useOpenCL", lambda: True)
    monkeypatch.setattr(capabilities, "runs_on", lambda _: Ran.THERE)
    devices = OpenCvEngine.devices()
    assert devices["opencl"] is None
    halves = devices["opencl-fp16"]
    assert has_halves if halves is None else halves.hint == "use --device opencl"


@pytest.mark.parametrize("allowed", [True, False])
def test_opencl_on_a_cpu_has_to_be_allowed(monkeypatch: pytest.MonkeyPatch, allowed: bool) -> None:
    cpu = SimpleNamespace(type=lambda: 2, isExtensionSupported=lambda _: False)
    monkeypatch.setattr(cv2.ocl, "Device", SimpleNamespace(getDefault=lambda: cpu))
    monkeypatch.setattr(cv2.ocl, "haveOpenCL", lambda: True)
    monkeypatch.setattr(cv2.ocl, "useOpenCL", lambda: True)
    monkeypatch.setattr(opencv, "ANY_OPENCL_DEVICE", allowed)
    monkeypatch.setattr(capabilities, "runs_on", lambda _: Ran.THERE)
    assert (OpenCvEngine.devices()["opencl"] is None) is allowed


@pytest.mark.parametrize("device", ["opencl", "cuda"])
@pytest.mark.parametrize(
    ("ran", "said", "hint"),
    [
        (Ran.ON_CPU, "runs on the CPU what is meant for", "opencv-contrib-python<5"),
        (Ran.NOWHERE, "a small network failed on", "driver"),
    ],
)
def test_a_device_that_is_listed_and_not_used_is_refused(
    device: str, ran: Ran, said: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As OpenCV 5.1 does with OpenCL: one line in its log, and the CPU."""
    gpu = SimpleNamespace(type=lambda: GPU, isExtensionSupported=lambda _: True)
    monkeypatch.setattr(cv2.ocl, "Device", SimpleNamespace(getDefault=lambda: gpu))
    monkeypatch.setattr(cv2.ocl, "haveOpenCL", lambda: True)
    monkeypatch.setattr(cv2.ocl, "useOpenCL", lambda: True)
    monkeypatch.setattr(
        cv2.dnn, "getAvailableTargets", lambda _: [target.target for target in TARGETS.values()]
    )
    monkeypatch.setattr(capabilities, "runs_on", lambda _: ran)
    with pytest.raises(EngineError, match=f"--device {device}: .*{said} {device}") as caught:
        check_device(engine_factory("opencv"), "opencv", device)
    assert hint in str(caught.value.hint)


def test_inputs_that_the_network_lacks_are_left_out() -> None:
    if not OpenCvEngine(network("doubled"))._types:
        pytest.skip("this OpenCV does not tell the inputs of a network")
    inputs = PICTURE | {"rois": np.zeros((1, 4), np.float32)}
    assert list(OpenCvEngine(network("doubled")).run(inputs)) == ["doubled"]


def test_whole_numbers_are_handed_over_as_such_whichever_input_they_are() -> None:
    """The types of all inputs are read, of the first as of the last."""
    if not OpenCvEngine(network("doubled"))._types:
        pytest.skip("this OpenCV does not tell the inputs of a network")
    two = several_types()
    found = OpenCvEngine(two).run(
        {"a": np.full((1, 4), 3, np.float32), "b": np.full((1, 4), 4, np.float32)}
    )
    assert found["y"].tolist() == [[7.0] * 4]


def test_a_device_that_opencv_does_not_know_is_refused() -> None:
    with pytest.raises(EngineError, match="--device tpu: opencv has no such device"):
        check_device(engine_factory("opencv"), "opencv", "tpu")


def test_an_engine_is_found_by_name() -> None:
    assert engine_factory("opencv") is OpenCvEngine


def test_an_unknown_engine_gets_those_that_there_are() -> None:
    with pytest.raises(EngineError, match="no engine 'tensorrt'") as caught:
        engine_factory("tensorrt")
    assert caught.value.hint == "one of: auto, opencv, onnxruntime, openvino"


def test_an_engine_without_its_library_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "livesegment.engines.registry.ENGINES", {"openvino": "a_library_not_installed:Engine"}
    )
    with pytest.raises(EngineError, match="needs a_library_not_installed") as caught:
        engine_factory("openvino")
    assert caught.value.hint == "pip install openvino"


def test_every_device_that_can_be_asked_for_is_run_or_refused() -> None:
    for device in DEVICES:
        try:
            check_device(engine_factory("opencv"), "opencv", device)
        except EngineError as error:
            assert f"--device {device}" in str(error)  # noqa: PT017 -- either outcome is right
        else:
            OpenCvEngine(network("doubled"), device=device).run(PICTURE)
