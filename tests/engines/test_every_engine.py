"""What every engine has to do alike; each is run as far as its runtime is installed."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from livesegment.builtin import tiny_onnx
from livesegment.engines.base import Engine, EngineFactory
from livesegment.engines.registry import DEVICES, ENGINES, engine_factory
from livesegment.errors import EngineError, ModelError
from livesegment.network import Format, Network
from tests.engines.networks import (
    FLOAT,
    FLOAT16,
    INT64,
    UINT8,
    difference,
    doubling,
    folding,
    typed,
)

pytestmark = pytest.mark.wheel

PICTURE = np.arange(48, dtype=np.float32).reshape(1, 3, 4, 4)
TINY = Network("tiny.onnx", Format.ONNX, tiny_onnx.build(), (tiny_onnx.OUTPUT,))


@pytest.fixture(params=ENGINES)
def factory(request: pytest.FixtureRequest) -> EngineFactory:
    """Each engine's class, if what it needs is installed."""
    try:
        return engine_factory(request.param)
    except EngineError as error:
        pytest.skip(str(error))


def load(factory: EngineFactory, network: Network, *, threads: int | None = None) -> Engine:
    return factory(network, device="cpu", threads=threads)


def test_the_cpu_is_there_and_every_obstacle_says_what_to_do(factory: EngineFactory) -> None:
    devices = factory.devices()
    assert devices["cpu"] is None
    assert set(devices) <= set(DEVICES)
    assert all(obstacle.reason and obstacle.hint for obstacle in devices.values() if obstacle)


def test_a_real_network_gives_what_numpy_computes(factory: EngineFactory) -> None:
    picture = tiny_onnx.picture()
    outputs = load(factory, TINY).run({tiny_onnx.INPUT: picture})
    np.testing.assert_allclose(outputs[tiny_onnx.OUTPUT], tiny_onnx.answer(picture), atol=1e-4)


def test_outputs_come_by_name_in_the_order_asked_for(factory: EngineFactory) -> None:
    outputs = load(factory, doubling("squared", "doubled")).run({"images": PICTURE})
    assert list(outputs) == ["squared", "doubled"]
    np.testing.assert_allclose(outputs["doubled"], PICTURE * 2)
    np.testing.assert_allclose(outputs["squared"], PICTURE**2)


def test_an_output_can_be_asked_for_alone(factory: EngineFactory) -> None:
    assert list(load(factory, doubling("squared")).run({"images": PICTURE})) == ["squared"]


def test_all_outputs_come_where_none_is_named(factory: EngineFactory) -> None:
    outputs = load(factory, doubling()).run({"images": PICTURE})
    assert set(outputs) == {"doubled", "squared"}


def test_an_output_that_is_not_there_shows_a_wrong_model(factory: EngineFactory) -> None:
    with pytest.raises(ModelError, match=r"net\.onnx") as caught:
        load(factory, doubling("halved")).run({"images": PICTURE})
    assert "\n" not in str(caught.value)


def test_a_network_of_one_input_takes_any_name(factory: EngineFactory) -> None:
    outputs = load(factory, doubling("doubled")).run({"picture": PICTURE})
    np.testing.assert_allclose(outputs["doubled"], PICTURE * 2)


def test_inputs_of_several_are_told_apart_by_name(factory: EngineFactory) -> None:
    inputs = {"b": np.full((1, 4), 1, np.float32), "a": np.full((1, 4), 5, np.float32)}
    assert load(factory, difference()).run(inputs)["left"].tolist() == [[4, 4, 4, 4]]


def test_an_input_that_is_missing_is_no_zero(factory: EngineFactory) -> None:
    with pytest.raises(ModelError, match=r"net\.onnx"):
        load(factory, difference()).run({"a": np.ones((1, 4), np.float32)})


@pytest.mark.parametrize("gives", [INT64, UINT8, FLOAT16, FLOAT])
@pytest.mark.parametrize("given", [UINT8, FLOAT16, FLOAT])
def test_tensors_are_float32_whatever_the_network_computes_in(
    factory: EngineFactory, given: int, gives: int
) -> None:
    found = load(factory, typed(given, gives)).run({"x": PICTURE})["y"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, PICTURE * 2)


def test_the_shape_may_change_from_run_to_run(factory: EngineFactory) -> None:
    engine = load(factory, doubling("doubled", shape=(1, 3, 0, 0)))
    for shape in ((1, 3, 4, 4), (1, 3, 6, 8), (1, 3, 2, 3), (1, 3, 4, 4)):
        images = np.random.default_rng(0).random(shape, np.float32)
        np.testing.assert_allclose(engine.run({"images": images})["doubled"], images * 2)


def test_an_input_need_not_lie_in_one_piece(factory: EngineFactory) -> None:
    """A picture is (h, w, 3); its channels, brought to the front, are a view of it."""
    apart = np.moveaxis(np.arange(48, dtype=np.float32).reshape(1, 4, 4, 3), 3, 1)
    outputs = load(factory, doubling("doubled")).run({"images": apart})
    np.testing.assert_allclose(outputs["doubled"], apart * 2)


def test_an_input_may_be_read_only_and_stays_as_it_is(factory: EngineFactory) -> None:
    images = PICTURE.copy()
    images.flags.writeable = False
    load(factory, doubling("doubled")).run({"images": images})
    np.testing.assert_array_equal(images, PICTURE)


def test_outputs_hold_until_the_next_run(factory: EngineFactory) -> None:
    """Whatever becomes of the input, and whatever other networks run."""
    images, engine = PICTURE.copy(), load(factory, doubling("doubled"))
    found = engine.run({"images": images})["doubled"]
    images[:] = 0
    load(factory, TINY).run({tiny_onnx.INPUT: tiny_onnx.picture()})
    np.testing.assert_allclose(found, PICTURE * 2)


def test_outputs_outlive_their_engine(factory: EngineFactory) -> None:
    found = load(factory, doubling("doubled")).run({"images": PICTURE})["doubled"]
    np.testing.assert_allclose(found, PICTURE * 2)


def test_runs_do_not_mix(factory: EngineFactory) -> None:
    engine = load(factory, doubling("doubled"))
    for factor in range(3):
        found = engine.run({"images": PICTURE * factor})["doubled"]
        np.testing.assert_allclose(found, PICTURE * factor * 2)


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 64, b"no ONNX at all, but long enough for one", TINY.weights[:200]],
    ids=["empty", "zeros", "words", "cut off"],
)
def test_a_file_that_is_no_network_is_a_model_error(factory: EngineFactory, data: bytes) -> None:
    with pytest.raises(ModelError, match=r"net\.onnx: \S") as caught:
        load(factory, Network("net.onnx", Format.ONNX, data, ())).run({"images": PICTURE})
    assert "\n" not in str(caught.value)


def test_a_picture_that_never_fitted_shows_a_wrong_model(factory: EngineFactory) -> None:
    with pytest.raises(ModelError, match=r"could not run net\.onnx"):
        load(factory, folding()).run({"x": np.zeros((1, 13), np.float32)})


def test_what_fails_after_a_good_run_is_an_engine_error(factory: EngineFactory) -> None:
    engine = load(factory, folding())
    engine.run({"x": np.zeros((1, 12), np.float32)})
    with pytest.raises(EngineError, match=r"could not run net\.onnx"):
        engine.run({"x": np.zeros((1, 13), np.float32)})


def test_it_goes_on_after_a_run_that_failed(factory: EngineFactory) -> None:
    engine = load(factory, folding())
    engine.run({"x": np.zeros((1, 12), np.float32)})
    with pytest.raises(EngineError):
        engine.run({"x": np.zeros((1, 13), np.float32)})
    assert engine.run({"x": np.full((1, 12), 2, np.float32)})["y"].tolist() == [[2] * 4] * 3


def test_the_report_says_version_and_device(factory: EngineFactory) -> None:
    engine = load(factory, TINY)
    engine.run({tiny_onnx.INPUT: tiny_onnx.picture()})
    report = engine.report()
    assert report.device == "cpu"
    assert factory.version() in report.engine


def test_it_may_be_loaded_in_one_thread_and_used_in_another(factory: EngineFactory) -> None:
    with ThreadPoolExecutor(1) as loading, ThreadPoolExecutor(1) as running:
        engine = loading.submit(load, factory, doubling("doubled")).result()
        outputs = running.submit(engine.run, {"images": PICTURE}).result()
    np.testing.assert_allclose(outputs["doubled"], PICTURE * 2)


def test_one_thread_gives_the_same(factory: EngineFactory) -> None:
    before = cv2.getNumThreads()
    try:
        outputs = load(factory, TINY, threads=1).run({tiny_onnx.INPUT: tiny_onnx.picture()})
    finally:
        cv2.setNumThreads(before)
    answer = tiny_onnx.answer(tiny_onnx.picture())
    np.testing.assert_allclose(outputs[tiny_onnx.OUTPUT], answer, atol=1e-4)
