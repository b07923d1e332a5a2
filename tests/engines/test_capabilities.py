"""What OpenCV can do is found by trying it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from livesegment import child
from livesegment.child import Answer
from livesegment.engines import capabilities
from livesegment.engines.capabilities import TARGETS, Ran, reads, runs_on
from livesegment.engines.opencv import OpenCvEngine
from livesegment.errors import ModelError
from livesegment.network import Format, Network

pytestmark = pytest.mark.wheel


@pytest.fixture(autouse=True)
def _asked_anew() -> None:
    reads.cache_clear()


def test_onnx_is_read_and_right_on_every_opencv_that_is_supported() -> None:
    assert reads(Format.ONNX)
    assert "ONNX" in capabilities.readers()


def test_a_reader_that_is_there_is_right_or_not_used() -> None:
    there = "TensorFlow" in capabilities.readers()
    assert reads(Format.TENSORFLOW) is there
    assert (Format.TENSORFLOW in OpenCvEngine.formats) is there


@pytest.mark.parametrize("name", [name for name in ("ENGINE_OPENCV",) if hasattr(cv2.dnn, name)])
def test_the_graph_engine_is_asked_for_by_name(name: str) -> None:
    assert capabilities.reader_options() == {"engine": getattr(cv2.dnn, name)}


class ShiftedNet:
    """Answers as if the odd row and column of padding were above and on the left."""

    def setInput(self, picture: Any) -> None:  # noqa: N802 -- OpenCV's name
        self._picture = picture

    def forward(self) -> Any:
        turned = self._picture[0, 0, ::-1, ::-1]
        kernel = np.arange(1, 10, dtype=np.float32).reshape(3, 3)[::-1, ::-1] / np.float32(45)
        halved = capabilities._halved(capabilities._halved(turned, kernel, 0), None, -np.inf)
        return halved[None, None, ::-1, ::-1]


def test_padding_on_the_wrong_side_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """As OpenCV 5.0.0 pads."""
    monkeypatch.setattr(cv2.dnn, "readNetFromONNX", lambda *_, **__: ShiftedNet())
    assert not reads(Format.ONNX)
    obstacle = OpenCvEngine.devices()["cpu"]
    assert obstacle is not None
    assert "odd padding right" in obstacle.reason
    assert "pip install" in obstacle.hint


def test_a_reader_that_raises_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise cv2.error("no")

    monkeypatch.setattr(cv2.dnn, "readNetFromONNX", broken)
    assert not reads(Format.ONNX)


def test_without_the_reader_a_tensorflow_network_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(cv2.dnn, "readNetFromTensorflow", raising=False)
    with pytest.raises(ModelError, match=r"reads no TensorFlow models: model\.pb") as caught:
        OpenCvEngine(Network("model.pb", Format.TENSORFLOW, b"", (), ""))
    assert "pip install" in str(caught.value.hint)


Child = Callable[..., Answer]


def child_that_says(text: str, asked: list[str]) -> Child:
    def ask(module: str, device: str, *, seconds: float) -> Answer:
        asked.append(device)
        return Answer(0, text)

    return ask


@pytest.mark.parametrize("ran", [Ran.THERE, Ran.ON_CPU])
def test_a_device_is_tried_once(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(child, "ask", child_that_says(ran, asked))
    assert runs_on("opencl") is runs_on("opencl") is ran
    assert asked == ["opencl"]


@pytest.mark.parametrize("said", ["", "Segmentation fault", "nowhere"])
def test_a_device_that_fails_is_tried_again(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver may be mended meanwhile."""
    asked: list[str] = []
    monkeypatch.setattr(child, "ask", child_that_says(said, asked))
    assert runs_on("cuda") is runs_on("cuda") is Ran.NOWHERE
    assert len(asked) == 2


def test_a_device_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: str, seconds: float) -> Answer:
        raise TimeoutError

    monkeypatch.setattr(child, "ask", hang)
    assert runs_on("opencl") is Ran.NOWHERE


def test_another_driver_or_build_is_asked_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(child, "ask", child_that_says("there", asked))
    runs_on("opencl")
    monkeypatch.setattr(cv2, "getBuildInformation", lambda: "another build")
    runs_on("opencl")
    assert len(asked) == 2
    assert len(list((tmp_path / "capabilities").iterdir())) == 2


def test_a_home_that_cannot_be_written_costs_another_trial(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "capabilities").write_text("a file where the folder should be")
    asked: list[str] = []
    monkeypatch.setattr(child, "ask", child_that_says("there", asked))
    assert runs_on("opencl") is runs_on("opencl") is Ran.THERE
    assert len(asked) == 2


def test_the_cpu_never_goes_for_another_device() -> None:
    """What runs on the CPU has no mark of CUDA's, whatever this OpenCV is asked for."""
    if TARGETS["cuda"].target in cv2.dnn.getAvailableTargets(cv2.dnn.DNN_BACKEND_CUDA):
        pytest.skip("CUDA is there")
    assert capabilities._run("cuda") is not Ran.THERE


def test_the_child_says_where_it_ran() -> None:
    assert capabilities._tried("cpu") in {Ran.THERE, Ran.ON_CPU}
