"""OpenCV's DNN module as an engine: what ran, and what it says when it cannot."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from livesegment.builtin import colour_shapes
from livesegment.engines import opencv
from livesegment.engines.opencv import GPU, IS_5, TARGETS, OpenCvEngine, _read, _reason
from livesegment.engines.registry import DEVICES, check_device, engine_factory
from livesegment.errors import EngineError, ModelError
from livesegment.network import Format, Network
from tests.engines.networks import doubling
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


def tensorflow() -> Network:
    weights, graph = colour_shapes.build()
    return Network("shapes", Format.TENSORFLOW, weights, ("detection_out_final",), graph)


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
    engine = OpenCvEngine(tensorflow())
    engine.run({"image_tensor": np.zeros((1, 3, 64, 64), np.float32)})
    report = engine.report()
    assert str(report).startswith(f"OpenCV {cv2.__version__}")
    assert report.device == "cpu"


@pytest.mark.skipif(not IS_5, reason="OpenCV 4 has one graph engine only")
def test_the_report_says_which_graph_engine_of_opencv_5_it_is() -> None:
    assert "(new)" in OpenCvEngine(network()).report().engine
    assert "(classic)" in OpenCvEngine(tensorflow()).report().engine


@pytest.mark.skipif(not IS_5, reason="OpenCV 4 has one graph engine only")
def test_onnx_for_another_device_really_gets_the_classic_engine_of_opencv_5() -> None:
    """OpenCV makes one of the new engine of all bytes in memory, which knows the CPU only."""
    net, graph_engine = _read(doubling(), TARGETS["opencl"])
    net.setPreferableTarget(cv2.dnn.DNN_TARGET_CPU)
    net.setInput(PICTURE["images"])
    net.forward(["doubled"])
    assert graph_engine == "classic"
    assert net.dump().count("OCV/CPU") > 0


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
    assert (OpenCvEngine.devices()["opencl"] is None) is allowed


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
        "livesegment.engines.registry.ENGINES", {"other": "a_library_not_installed:Engine"}
    )
    with pytest.raises(EngineError, match="needs a_library_not_installed") as caught:
        engine_factory("other")
    assert caught.value.hint == "pip install 'livesegment[other]'"


def test_every_device_that_can_be_asked_for_is_run_or_refused() -> None:
    for device in DEVICES:
        try:
            check_device(engine_factory("opencv"), "opencv", device)
        except EngineError as error:
            assert f"--device {device}" in str(error)  # noqa: PT017 -- either outcome is right
        else:
            OpenCvEngine(network("doubled"), device=device).run(PICTURE)
