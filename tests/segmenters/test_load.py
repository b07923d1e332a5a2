"""From a description to a segmenter, or to one clear line."""

from pathlib import Path

import numpy as np
import pytest

from livesegment.errors import EngineError, LiveSegmentError, ModelError
from livesegment.families.base import Thresholds
from livesegment.segmenters.load import load_segmenter
from livesegment.segmenters.motion import MotionSegmenter
from livesegment.segmenters.network import NetworkSegmenter
from livesegment.sources.synthetic import SyntheticSource
from livesegment.spec import ModelFile, ModelSpec
from livesegment.store import Model, find_model


def own(family: str, **files: Path) -> Model:
    named = tuple(ModelFile(role=role, name=path.name) for role, path in files.items())
    spec = ModelSpec(name="own", family=family, files=named)
    return Model(spec, dict(files), trusted=False, asked_for="own")


def refused(model: Model, **options: str) -> LiveSegmentError:
    with pytest.raises(LiveSegmentError) as caught:
        load_segmenter(model, Thresholds(), **options)  # type: ignore[arg-type]
    return caught.value


def test_motion_needs_no_network() -> None:
    segmenter = load_segmenter(find_model("motion"), Thresholds())
    assert isinstance(segmenter, MotionSegmenter)
    assert segmenter.labels == find_model("motion").spec.labels


@pytest.mark.wheel
def test_the_built_in_model_runs_without_a_file() -> None:
    segmenter = load_segmenter(find_model("colour-shapes"), Thresholds())
    assert isinstance(segmenter, NetworkSegmenter)
    segmenter.warm_up()
    frame = SyntheticSource().read()
    assert frame is not None
    found = segmenter.segment(frame).instances
    assert sorted(found.class_ids.tolist()) == [0, 0, 1, 1, 2]
    assert segmenter.labels == ("red", "green", "blue")


def test_an_unknown_family_gets_those_that_there_are() -> None:
    error = refused(own("detr"))
    assert isinstance(error, ModelError)
    assert "'detr'" in str(error)
    assert error.hint == (
        "known families: builtin, mask-rcnn, motion, onnx-mask-rcnn, rf-detr-seg, rtmdet-ins, "
        "semantic, yolact, yolo-seg"
    )


def test_a_file_that_has_gone_is_named(tmp_path: Path) -> None:
    error = refused(own("yolo-seg", weights=tmp_path / "net.onnx"))
    assert isinstance(error, ModelError)
    assert "net.onnx: No such file" in str(error)


def test_a_text_graph_that_is_no_text_is_named(tmp_path: Path) -> None:
    weights, graph = tmp_path / "net.pb", tmp_path / "net.pbtxt"
    weights.write_bytes(b"")
    graph.write_bytes(b"\xff\xfe")
    error = refused(own("mask-rcnn", weights=weights, graph=graph))
    assert isinstance(error, ModelError)
    assert "net.pbtxt is no text graph" in str(error)


@pytest.mark.parametrize(
    ("family", "roles", "missing"),
    [
        ("mask-rcnn", ["weights"], "graph"),
        ("mask-rcnn", ["graph"], "weights"),
        ("yolo-seg", [], "weights"),
    ],
)
def test_a_description_without_a_file_that_its_family_needs_is_refused(
    tmp_path: Path, family: str, roles: list[str], missing: str
) -> None:
    files = {role: tmp_path / role for role in roles}
    for path in files.values():
        path.write_bytes(b"")
    error = refused(own(family, **files))
    assert isinstance(error, ModelError)
    assert f"the description of own names no {missing} file" in str(error)


def test_an_unknown_engine_is_refused() -> None:
    assert isinstance(refused(find_model("colour-shapes"), engine="tensorrt"), EngineError)


def test_an_unknown_device_is_refused() -> None:
    assert isinstance(refused(find_model("colour-shapes"), device="tpu"), EngineError)


@pytest.mark.wheel
def test_the_input_size_asked_for_reaches_the_network() -> None:
    """At a sixteenth of the size, the shapes are too small to be found."""
    frame = SyntheticSource().read()
    assert frame is not None
    segmenter = load_segmenter(find_model("colour-shapes"), Thresholds(), input_size=(40, 40))
    assert len(segmenter.segment(frame).instances) == 0


def test_thresholds_out_of_bounds_are_refused() -> None:
    for name in ("score", "mask", "nms"):
        with pytest.raises(ValueError, match=f"{name} threshold must be in 0..1"):
            Thresholds(**{name: 1.1})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least 1"):
        Thresholds(max_instances=0)


def test_without_a_choice_all_classes_are_wanted() -> None:
    ids = np.array([0, 5, 9])
    assert Thresholds().wanted(ids).tolist() == [True] * 3
    assert Thresholds(class_ids=frozenset({5, 7})).wanted(ids).tolist() == [False, True, False]
    assert Thresholds(class_ids=frozenset()).wanted(ids).tolist() == [False] * 3


def test_warming_up_runs_the_mask_branch_too() -> None:
    """The blank picture holds nothing, yet a broken second network must show."""
    built = load_segmenter(find_model("colour-shapes"), Thresholds())
    assert isinstance(built, NetworkSegmenter)
    built.warm_up()
    assert all(engine._ran for engine in built._engines)  # type: ignore[attr-defined]


def test_what_counts_pixels_is_not_run_with_few_digits() -> None:
    engine = pytest.importorskip("livesegment.engines.openvino")
    if engine.OpenVinoEngine.devices()["cpu-bf16"] is not None:
        pytest.skip("this CPU has no bf16")
    error = refused(find_model("colour-shapes"), engine="openvino", device="cpu-bf16")
    assert isinstance(error, EngineError)
    assert error.hint == "use --device cpu"
