"""Which of the families of detectors with masks knows which file's header; no two know one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from livesegment.families import rf_detr_seg, rtmdet_ins, torchvision_mask_rcnn, yolact, yolo_seg
from livesegment.families.onnx_header import OnnxHeader
from tests.families.onnx_networks import Side, header

RECOGNISERS: dict[str, Callable[[OnnxHeader], str]] = {
    "yolo-seg": yolo_seg.recognises,
    "yolact": yolact.recognises,
    "onnx-mask-rcnn": torchvision_mask_rcnn.recognises,
    "rtmdet-ins": rtmdet_ins.recognises,
    "rf-detr-seg": rf_detr_seg.recognises,
}


@dataclass(frozen=True, slots=True)
class File:
    """A file's header."""

    family: str
    """Whose it is; empty: of none of these."""
    outputs: dict[str, Sequence[Side]]
    whole: tuple[str, ...] = ()
    """Outputs of whole numbers."""
    picture: Sequence[Side] = (1, 3, 640, 640)
    name: str = "input"
    """Of the picture."""
    says: str = ""
    """Part of how it is known."""


LIST = (3, "h", "w")
FILES = {
    "yolov8": File("yolo-seg", {"output0": (1, 116, 8400), "output1": (1, 32, 160, 160)}),
    "yolov5": File("yolo-seg", {"output0": (1, 25200, 117), "output1": (1, 32, 160, 160)}),
    "yolo, any size": File("yolo-seg", {"output0": (1, "a", "b"), "output1": (1, 32, "h", "w")}),
    "yolact": File(
        "yolact",
        {
            "loc": (1, 19248, 4),
            "conf": (1, 19248, 81),
            "mask": (1, 19248, 32),
            "prior": (19248, 4),
            "proto": (1, 138, 138, 32),
        },
        picture=(1, 3, 550, 550),
    ),
    "torchvision, named": File(
        "onnx-mask-rcnn",
        {"boxes": ("a", "b"), "labels": ("a",), "scores": ("a",), "masks": ("a", "b", "c", "d")},
        whole=("labels",),
        picture=("a", "b", "c"),
        name="images_tensors",
        says="as torchvision exports",
    ),
    "torchvision, numbered": File(
        "onnx-mask-rcnn",
        {"boxes.55": ("a", 4), "shape_2233": ("a",), "2232": ("a",), "2756": ("a", 1, "b", "c")},
        whole=("shape_2233",),
        picture=(3, 240, 300),
        name="image.1",
        says="as torchvision exports",
    ),
    "torchvision, a batch": File(
        "onnx-mask-rcnn",
        {"2756": ("a", 1, "b", "c"), "2232": ("a",), "2233": ("a",), "boxes.55": ("a", 4)},
        whole=("2233",),
        picture=(1, 3, 240, 300),
        says="as torchvision exports",
    ),
    "zoo": File(
        "onnx-mask-rcnn",
        {"6568": ("n", 4), "6570": ("n",), "6572": ("n",), "6887": ("n", 1, 28, 28)},
        whole=("6570",),
        picture=LIST,
        name="image",
        says="as the ONNX Model Zoo's",
    ),
    "zoo, masks of any size": File(
        "onnx-mask-rcnn",
        {"6568": ("n", 4), "6570": ("n",), "6572": ("n",), "6887": ("n", 1, "h", "w")},
        whole=("6570",),
        picture=LIST,
        name="image",
        says="as the ONNX Model Zoo's",
    ),
    "faster r-cnn": File(
        "", {"boxes": ("n", 4), "labels": ("n",), "scores": ("n",)}, ("labels",), LIST
    ),
    "keypoint r-cnn": File(
        "",
        {"boxes": ("n", 4), "labels": ("n",), "scores": ("n",), "keypoints": ("n", 17, 3)},
        ("labels",),
        LIST,
    ),
    "two outputs of whole numbers": File(
        "", {"1": ("n", 4), "2": ("n",), "3": ("n",), "4": ("n", 1, 28, 28)}, ("2", "3"), LIST
    ),
    "masks for each class": File(
        "", {"1": ("n", 4), "2": ("n",), "3": ("n",), "4": ("n", 91, 28, 28)}, ("2",), LIST
    ),
    "rtmdet-ins": File(
        "rtmdet-ins",
        {"dets": (1, "n", 5), "labels": (1, "n"), "masks": (1, "n", "h", "w")},
        ("labels",),
        says="as mmdeploy exports RTMDet-Ins",
    ),
    "rtmdet-ins, numbered": File(
        "rtmdet-ins", {"3": (1, 100, 640, 640), "1": (1, 100, 5), "2": (1, 100)}, ("2",)
    ),
    "rtmdet": File("", {"dets": (1, "n", 5), "labels": (1, "n")}, ("labels",)),
    "boxes of seven numbers": File(
        "", {"dets": (1, "n", 7), "labels": (1, "n"), "masks": (1, "n", 640, 640)}, ("labels",)
    ),
    "rf-detr-seg": File(
        "rf-detr-seg",
        {"dets": (1, 200, 4), "labels": (1, 200, 91), "masks": (1, 200, 108, 108)},
        says="as rfdetr exports them",
    ),
    "rf-detr-seg before 1.5.0": File(
        "rf-detr-seg",
        {"dets": ("a", "b", 4), "labels": ("a", "b", 2), "4245": (1, "b", 108, 108)},
    ),
    "rf-detr-seg, simplified": File(
        "rf-detr-seg", {"7": (1, 200, 91), "9": (1, 200, 108, 108), "8": (1, 200, 4)}
    ),
    "rf-detr": File("", {"dets": (1, 300, 4), "labels": (1, 300, 91)}),
    "rf-detr, key points": File(
        "", {"dets": (1, 100, 4), "labels": (1, 100, 2), "keypoints": (1, 100, 17, 8)}
    ),
    "a classifier": File("", {"logits": (1, 1000)}),
    "a map of classes": File("", {"out": (1, 21, 512, 512)}),
}


@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_a_files_own_family_knows_it_and_no_other_does(file: File) -> None:
    data = header({file.name: file.picture}, file.outputs, whole=file.whole)
    parsed = OnnxHeader.parse(data)
    said = {family: recognises(parsed) for family, recognises in RECOGNISERS.items()}
    assert [family for family, by in said.items() if by] == [file.family][: bool(file.family)]
    assert file.says in said.get(file.family, "")
