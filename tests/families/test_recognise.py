"""Which family a file is of, and what is said of one that is of none."""

from collections.abc import Mapping, Sequence

import pytest

from livesegment.errors import ModelError
from livesegment.families.recognise import RECOGNISERS, recognise
from livesegment.families.refusal import MMDEPLOY_HINT, RF_DETR_HINT, TORCHVISION_HINT
from livesegment.families.registry import FAMILIES
from livesegment.families.yolo_header import EXPORT_HINT
from tests.families.onnx_bytes import field, model, value_info

PICTURE = {"images": (1, 3, 640, 640)}


def refused(
    outputs: Mapping[str, Sequence[int]],
    inputs: Mapping[str, Sequence[int]] = PICTURE,
    **metadata: str,
) -> ModelError:
    with pytest.raises(ModelError) as caught:
        recognise(model(inputs, outputs, metadata=metadata), "net.onnx")
    error = caught.value
    assert str(error).startswith("net.onnx")
    for name, shape in outputs.items():
        assert f"{name} {tuple(shape)}" in str(error)
    return error


def test_every_family_that_is_recognised_can_be_loaded() -> None:
    assert set(RECOGNISERS) <= set(FAMILIES)


@pytest.mark.parametrize(
    ("family", "outputs"),
    [
        ("yolo-seg", {"output0": (1, 116, 8400), "output1": (1, 32, 160, 160)}),
        ("yolo-seg", {"output1": (1, 32, 160, 160), "output0": (1, 300, 38)}),
        (
            "yolact",
            {
                "conf": (1, 19248, 81),
                "proto": (1, 138, 138, 32),
                "mask": (1, 19248, 32),
                "loc": (1, 19248, 4),
            },
        ),
        ("semantic", {"out": (1, 21, 640, 640), "aux": (1, 21, 640, 640)}),
        ("rtmdet-ins", {"dets": (1, 100, 5), "labels": (1, 100), "masks": (1, 100, 640, 640)}),
        (
            "rf-detr-seg",
            {"dets": (1, 200, 4), "labels": (1, 200, 91), "4245": (1, 200, 108, 108)},
        ),
        (
            "onnx-mask-rcnn",
            {"boxes": (0, 4), "labels": (0,), "scores": (0,), "masks": (0, 1, 640, 640)},
        ),
    ],
)
def test_a_family_is_told_by_the_outputs(family: str, outputs: dict[str, tuple[int, ...]]) -> None:
    found = recognise(model(PICTURE, outputs), "net.onnx")
    assert found.family == family
    assert found.by
    assert not found.licence


def test_the_licence_is_as_the_file_states_it() -> None:
    outputs = {"output0": (1, 116, 8400), "output1": (1, 32, 160, 160)}
    data = model(PICTURE, outputs, metadata={"license": "AGPL-3.0\nLicense"})
    assert recognise(data, "net.onnx").licence == "AGPL-3.0 License"


@pytest.mark.parametrize(
    ("outputs", "words", "hint"),
    [
        ({"output0": (1, 84, 8400)}, "a YOLO that finds boxes", EXPORT_HINT),
        ({"output0": (1, 25200, 85)}, "a YOLO that finds boxes", EXPORT_HINT),
        ({"output0": (1, 300, 6)}, "a YOLO that finds boxes", EXPORT_HINT),
        (
            {"a": (1, 255, 80, 80), "b": (1, 255, 40, 40), "c": (1, 255, 20, 20)},
            "the raw grids of a YOLO",
            EXPORT_HINT,
        ),
        ({"output": (1, 1000)}, "a classifier", EXPORT_HINT),
        ({"dets": (1, 300, 4), "labels": (1, 300, 91)}, "a DETR", RF_DETR_HINT),
        ({"logits": (1, 100, 92), "pred_boxes": (1, 100, 4)}, "a DETR", RF_DETR_HINT),
        ({"dets": (1, 100, 5), "labels": (1, 100)}, "mmdeploy", MMDEPLOY_HINT),
        ({"boxes": (0, 4), "labels": (0,), "scores": (0,)}, "a Faster R-CNN", TORCHVISION_HINT),
    ],
)
def test_a_network_without_masks_is_named_and_told_how_to_be_exported(
    outputs: dict[str, tuple[int, ...]], words: str, hint: str
) -> None:
    error = refused(outputs)
    assert f"it looks like {words}" in str(error) or words in str(error)
    assert error.hint == hint


@pytest.mark.parametrize("task", ["detect", "pose", "classify", "obb"])
def test_what_a_network_was_made_for_is_said(task: str) -> None:
    error = refused({"output0": (1, 84, 8400)}, task=task)
    assert f"was made to {task}, not to segment" in str(error)
    assert error.hint == EXPORT_HINT


def test_a_network_that_takes_no_picture_is_refused() -> None:
    error = refused({"text": (1, 77, 512)}, {"ids": (1, 77)})
    assert "no picture goes in" in str(error)
    assert "yolo export" in str(error.hint)


def test_a_network_of_no_known_kind_is_refused_with_what_is_read() -> None:
    error = refused({"a": (1, 2, 3, 4, 5), "b": (7,)})
    assert "of no known kind" in str(error)
    assert "RTMDet-Ins" in str(error.hint)


def test_outputs_without_end_are_cut_short() -> None:
    outputs = {f"an output with a long name {i}": (1, i) for i in range(200)}
    with pytest.raises(ModelError) as caught:
        recognise(model(PICTURE, outputs), "net.onnx")
    assert len(str(caught.value)) < 500


def test_weights_in_another_file_are_asked_into_one() -> None:
    location = field(1, "location") + field(2, "net.onnx.data")
    elsewhere = field(1, 5) + field(2, 1) + field(8, "w") + field(13, location) + field(14, 1)
    outputs = (
        value_info("output0", (1, 116, 8400)),
        value_info("output1", (1, 32, 160, 160)),
    )
    graph = field(5, elsewhere) + b"".join(field(12, output) for output in outputs)
    with pytest.raises(ModelError, match=r"another file, net\.onnx\.data") as caught:
        recognise(field(7, graph), "net.onnx")
    assert "onnx.save" in str(caught.value.hint)


def test_a_file_that_is_no_onnx_is_damaged() -> None:
    with pytest.raises(ModelError, match=r"net\.onnx is damaged or no ONNX model"):
        recognise(b"this is no network\n", "net.onnx")
