"""ONNX Runtime as an engine: providers that do not start, start in part, or are not built in."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from livesegment.engines.registry import check_device
from livesegment.errors import EngineError, ModelError
from tests.engines.networks import doubling

onnxruntime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")

from livesegment.engines import onnxruntime as engine_module  # noqa: E402 -- needs the library
from livesegment.engines.onnxruntime import PROVIDERS, OnnxRuntimeEngine  # noqa: E402

pytestmark = pytest.mark.wheel
REAL_SESSION = onnxruntime.InferenceSession
CPU = "CPUExecutionProvider"
PICTURE = {"images": np.ones((1, 3, 4, 4), np.float32)}
ON_A_GPU = [device for device in PROVIDERS if device != "cpu"]


class FakeSession:
    """A session that says it got `started` and gave so many nodes to each provider."""

    started: Sequence[str] = ()
    nodes: Mapping[str, int] = {}
    asked: Sequence[str] = ()
    may_fall_back = True
    fails: Exception | None = None

    def __init__(
        self,
        weights: bytes,
        options: object,
        *,
        providers: Sequence[str],
        enable_fallback: int = 1,
    ) -> None:
        type(self).asked = providers
        type(self).may_fall_back = bool(enable_fallback)
        if self.fails is not None:
            raise self.fails

    def get_providers(self) -> list[str]:
        return list(self.started)

    def get_inputs(self) -> list[Any]:
        return [SimpleNamespace(name="images", type="tensor(float)")]

    def get_outputs(self) -> list[Any]:
        return [SimpleNamespace(name="doubled")]

    def run(self, names: Sequence[str], inputs: Mapping[str, Any]) -> list[Any]:
        return [inputs["images"] * 2 for _ in names]

    def get_provider_graph_assignment_info(self) -> list[Any]:
        return [
            SimpleNamespace(ep_name=name, get_nodes=lambda count=count: [None] * count)
            for name, count in self.nodes.items()
        ]


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FakeSession]]:
    """ONNX Runtime as if it were built with every provider, with a session that does as told."""

    class Told(FakeSession):
        pass

    monkeypatch.setattr(onnxruntime, "InferenceSession", Told)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(PROVIDERS.values()))
    engine_module._load_cuda.cache_clear()
    yield Told
    engine_module._load_cuda.cache_clear()


@pytest.mark.parametrize("device", ON_A_GPU)
def test_a_provider_that_did_not_start_is_an_error_by_name(
    session: type[FakeSession], device: str
) -> None:
    """ONNX Runtime itself goes on, on the CPU."""
    session.started = [CPU]
    with pytest.raises(EngineError, match=f"--device {device}: .*{PROVIDERS[device]}") as caught:
        OnnxRuntimeEngine(doubling("doubled"), device=device)
    assert caught.value.hint is not None
    assert "--device cpu" in caught.value.hint


@pytest.mark.parametrize("device", ON_A_GPU)
def test_a_provider_that_took_all_nodes_is_reported(
    session: type[FakeSession], device: str
) -> None:
    session.started = [PROVIDERS[device], CPU]
    session.nodes = {PROVIDERS[device]: 7}
    engine = OnnxRuntimeEngine(doubling("doubled"), device=device)
    engine.run(PICTURE)
    assert str(engine.report()).endswith(f"on {device}")


@pytest.mark.parametrize("device", ON_A_GPU)
def test_a_provider_that_took_some_nodes_says_how_many(
    session: type[FakeSession], device: str
) -> None:
    session.started = [PROVIDERS[device], CPU]
    session.nodes = {PROVIDERS[device]: 5, CPU: 2}
    engine = OnnxRuntimeEngine(doubling("doubled"), device=device)
    engine.run(PICTURE)
    assert engine.report().detail == "5 of 7 nodes"


@pytest.mark.parametrize("device", ON_A_GPU)
def test_a_provider_that_took_no_node_is_an_error_at_the_first_run(
    session: type[FakeSession], device: str
) -> None:
    session.started = [PROVIDERS[device], CPU]
    session.nodes = {CPU: 7}
    engine = OnnxRuntimeEngine(doubling("doubled"), device=device)
    with pytest.raises(EngineError, match=f"--device {device}: .* all 7 nodes on the CPU"):
        engine.run(PICTURE)


def test_where_a_version_tells_no_nodes_the_providers_are_believed(
    session: type[FakeSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(FakeSession, "get_provider_graph_assignment_info")
    session.started = [PROVIDERS["cuda"], CPU]
    engine = OnnxRuntimeEngine(doubling("doubled"), device="cuda")
    engine.run(PICTURE)
    assert engine.report().device == "cuda"


def test_tensorrt_falls_back_to_cuda_before_the_cpu(session: type[FakeSession]) -> None:
    session.started = list(PROVIDERS.values())
    OnnxRuntimeEngine(doubling("doubled"), device="tensorrt")
    assert list(session.asked) == [PROVIDERS["tensorrt"], PROVIDERS["cuda"], CPU]


def test_a_session_may_not_fall_back_by_itself(session: type[FakeSession]) -> None:
    """It would do so at any run, and say it on standard output."""
    session.started = [PROVIDERS["cuda"], CPU]
    OnnxRuntimeEngine(doubling("doubled"), device="cuda")
    assert not session.may_fall_back


def test_what_a_device_cannot_start_is_no_fault_of_the_model(session: type[FakeSession]) -> None:
    session.fails = RuntimeError("CUDA failure 35:\n  driver version is insufficient")
    with pytest.raises(EngineError, match=r"CUDAExecutionProvider: CUDA failure 35: driver"):
        OnnxRuntimeEngine(doubling("doubled"), device="cuda")


def test_a_damaged_model_is_the_models_fault_on_any_device(session: type[FakeSession]) -> None:
    with pytest.raises(Exception, match="PROTOBUF") as caught:
        REAL_SESSION(b"no ONNX")
    session.fails = caught.value
    with pytest.raises(ModelError, match=r"cannot read net\.onnx"):
        OnnxRuntimeEngine(doubling("doubled"), device="cuda")


def test_the_cpu_alone_is_asked_for_alone(session: type[FakeSession]) -> None:
    session.started = [CPU]
    OnnxRuntimeEngine(doubling("doubled"), device="cpu")
    assert list(session.asked) == [CPU]


@pytest.mark.parametrize("device", ["cuda", "tensorrt"])
def test_the_libraries_that_pip_installed_are_loaded_first(
    session: type[FakeSession], monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    order: list[str] = []

    class Ordered(session):  # type: ignore[misc,valid-type] # a class made by a fixture
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            order.append("session")

    Ordered.started = list(PROVIDERS.values())
    monkeypatch.setattr(onnxruntime, "InferenceSession", Ordered)
    monkeypatch.setattr(
        onnxruntime, "preload_dlls", lambda: order.append("libraries"), raising=False
    )
    OnnxRuntimeEngine(doubling("doubled"), device=device)
    assert order == ["libraries", "session"]


def test_what_loading_them_says_is_told_and_not_printed(
    session: type[FakeSession],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`preload_dlls` prints; standard output is for data only."""

    def preload() -> None:
        sys.stdout.write("Failed to load libcudart.so.13: no such file\nand more\n")

    session.started = [CPU]
    monkeypatch.setattr(onnxruntime, "preload_dlls", preload, raising=False)
    with pytest.raises(EngineError, match=r"\(Failed to load libcudart\.so\.13: no such file\)"):
        OnnxRuntimeEngine(doubling("doubled"), device="cuda")
    assert not capsys.readouterr().out


def test_libraries_that_cannot_be_loaded_end_nothing(
    session: type[FakeSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    def preload() -> None:
        raise RuntimeError("the directory does not exist")

    session.started = [PROVIDERS["cuda"], CPU]
    monkeypatch.setattr(onnxruntime, "preload_dlls", preload, raising=False)
    assert OnnxRuntimeEngine(doubling("doubled"), device="cuda").report().device == "cuda"


def test_a_version_without_preload_does_without(
    session: type[FakeSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    session.started = [PROVIDERS["cuda"], CPU]
    monkeypatch.delattr(onnxruntime, "preload_dlls", raising=False)
    assert OnnxRuntimeEngine(doubling("doubled"), device="cuda").report().device == "cuda"


@pytest.mark.parametrize("device", ON_A_GPU)
def test_a_provider_that_is_not_built_in_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    with pytest.raises(EngineError, match=f"--device {device}: .*{PROVIDERS[device]}") as caught:
        check_device(OnnxRuntimeEngine, "onnxruntime", device)
    assert caught.value.hint is not None
    assert "pip install" in caught.value.hint or "--device cpu" in caught.value.hint


def test_every_provider_that_is_built_in_is_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(PROVIDERS.values()))
    assert OnnxRuntimeEngine.devices() == dict.fromkeys(PROVIDERS)


def test_a_build_for_cuda_is_asked_once_its_libraries_are_there(
    session: type[FakeSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where CUDA is a plug-in, the provider has no name before."""
    present = [CPU]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: present)
    monkeypatch.setattr(onnxruntime, "cuda_version", "13.0", raising=False)
    monkeypatch.setattr(
        onnxruntime, "preload_dlls", lambda: present.append(PROVIDERS["cuda"]), raising=False
    )
    assert OnnxRuntimeEngine.devices()["cuda"] is None
