"""Whole networks, laid out as their exporters do it, from a file to the instances in a picture."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.families.drawings import check_found, every_engine, segmenter_of
from tests.families.onnx_networks import (
    Graph,
    Normalised,
    Side,
    mask_rcnn,
    rf_detr_seg,
    rtmdet_ins,
)

UNIT = Normalised((0, 0, 0), (255, 255, 255))
LESS_MEAN = Normalised((122.7717, 115.9465, 102.9801), (1, 1, 1), rgb=False)
RGB = Normalised((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
BGR = Normalised(RGB.mean, RGB.deviation, rgb=False)
NUMBERS = ("55", "2233", "2232", "2756")
ANY = ("h", "w")
FOUND = ("motorcycle", "bicycle")
"""Classes 3 and 1 counted from 0; by COCO's ids they are a car and a person."""


# Mask R-CNN


def torchvision(shape: Sequence[Side], names: Sequence[str] = (), *, pasted: bool = True) -> bytes:
    """The file that `torch.onnx.export` writes, here with names for outputs and there without."""
    graph = Graph(shape, UNIT, "images")
    if names:
        return mask_rcnn(graph, pasted=pasted, names=names, order=[3, 2, 0, 1])
    return mask_rcnn(graph, pasted=pasted)


def zoo() -> bytes:
    return mask_rcnn(Graph((3, *ANY), LESS_MEAN, "image"), pasted=False, names=NUMBERS)


@every_engine
@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ((3, *ANY), ()),
        ((3, *ANY), NUMBERS),
        ((1, 3, *ANY), ()),
        ((1, 3, 240, 320), NUMBERS),
        ((3, 240, 320), ()),
    ],
    ids=str,
)
def test_a_network_of_torchvisions_finds_what_is_drawn(
    shape: Sequence[Side], names: Sequence[str], engine: str, tmp_path: Path
) -> None:
    """A list of pictures or a batch, of any size or one, outputs named or numbered."""
    segmenter = segmenter_of(torchvision(shape, names), tmp_path, engine)
    segmenter.warm_up()
    for size in [(320, 240), (319, 241), (300, 80), (70, 200)]:
        check_found(segmenter, size)


@every_engine
def test_masks_that_are_not_pasted_yet_are_pasted(engine: str, tmp_path: Path) -> None:
    segmenter = segmenter_of(torchvision((3, *ANY), pasted=False), tmp_path, engine)
    for size in [(320, 240), (90, 301)]:
        check_found(segmenter, size)


@every_engine
def test_the_zoos_network_finds_what_is_drawn(engine: str, tmp_path: Path) -> None:
    segmenter = segmenter_of(zoo(), tmp_path, engine, input_size=(320, 320))
    segmenter.warm_up()
    for size in [(320, 240), (319, 241), (310, 100), (201, 290)]:
        check_found(segmenter, size)


def test_the_zoos_network_takes_the_size_it_was_trained_with(tmp_path: Path) -> None:
    check_found(segmenter_of(zoo(), tmp_path, "onnxruntime"), (320, 200))


@every_engine
def test_torchvisions_network_reads_a_picture_one_pixel_high(engine: str, tmp_path: Path) -> None:
    segmenter = segmenter_of(torchvision((3, *ANY)), tmp_path, engine)
    check_found(segmenter, (200, 1))


# RTMDet-Ins


@every_engine
@pytest.mark.parametrize("order", [(), (2, 0, 1)])
@pytest.mark.parametrize("names", [("dets", "labels", "masks"), ("1880", "1881", "2043")])
def test_rtmdet_ins_finds_what_is_drawn(
    engine: str, order: Sequence[int], names: Sequence[str], tmp_path: Path
) -> None:
    network = rtmdet_ins(Graph((1, 3, 320, 320), BGR), order=order, names=names)
    segmenter = segmenter_of(network, tmp_path, engine)
    segmenter.warm_up()
    for size in [(320, 240), (240, 320), (319, 241), (310, 100), (91, 300)]:
        check_found(segmenter, size, FOUND)


@every_engine
def test_a_picture_that_rtmdet_ins_shrinks_is_found_to_a_pixel_of_the_input(
    engine: str, tmp_path: Path
) -> None:
    network = rtmdet_ins(Graph((1, 3, 320, 320), BGR), masked_padding=True)
    segmenter = segmenter_of(network, tmp_path, engine)
    for size in [(853, 480), (481, 641), (1280, 720)]:
        check_found(segmenter, size, FOUND, pixels=max(size) / 320)


@every_engine
def test_rtmdet_ins_of_any_size_takes_what_is_asked_for(engine: str, tmp_path: Path) -> None:
    network = rtmdet_ins(Graph((1, 3, "h", "w"), BGR))
    segmenter = segmenter_of(network, tmp_path, engine, input_size=(310, 200))
    check_found(segmenter, (300, 170), FOUND)


@every_engine
def test_rtmdet_ins_reads_a_picture_one_pixel_high(engine: str, tmp_path: Path) -> None:
    segmenter = segmenter_of(rtmdet_ins(Graph((1, 3, 320, 320), BGR)), tmp_path, engine)
    check_found(segmenter, (320, 1), FOUND)


# RF-DETR-Seg


@every_engine
@pytest.mark.parametrize("order", [(), (2, 1, 0)])
@pytest.mark.parametrize("masks", ["masks", "4245"])
def test_rf_detr_seg_finds_what_is_drawn(
    engine: str, order: Sequence[int], masks: str, tmp_path: Path
) -> None:
    """Whether its masks have a name or, as before 1.5.0, a number; in any order."""
    network = rf_detr_seg(
        Graph((1, 3, 312, 312), RGB), names=("dets", "labels", masks), order=order
    )
    segmenter = segmenter_of(network, tmp_path, engine)
    segmenter.warm_up()
    for size in [(320, 240), (240, 320), (319, 241), (400, 100), (91, 300)]:
        check_found(segmenter, size)


@every_engine
def test_a_picture_that_rf_detr_seg_shrinks_is_found_to_a_pixel_of_the_input(
    engine: str, tmp_path: Path
) -> None:
    segmenter = segmenter_of(rf_detr_seg(Graph((1, 3, 312, 312), RGB)), tmp_path, engine)
    for size in [(853, 480), (1280, 720)]:
        check_found(segmenter, size, pixels=max(size) / 312)


@every_engine
def test_rf_detr_seg_trained_further_has_its_own_classes(engine: str, tmp_path: Path) -> None:
    """Named in the metadata; the column after the last of them is for no object."""
    said = json.dumps({"class_id_to_name": {"0": "apple", "1": "pear", "3": "plum"}})
    network = rf_detr_seg(
        Graph((1, 3, 312, 312), RGB), columns=5, metadata={"rfdetr_inference": said}
    )
    segmenter = segmenter_of(network, tmp_path, engine)
    assert segmenter.labels == ("apple", "pear", "class 2", "plum")
    check_found(segmenter, (320, 240), ("plum", "pear"))


@every_engine
def test_three_classes_and_one_for_none_are_not_taken_for_boxes(
    engine: str, tmp_path: Path
) -> None:
    """They have four columns as boxes have: the names tell."""
    network = rf_detr_seg(Graph((1, 3, 312, 312), RGB), columns=4, order=[1, 0, 2])
    segmenter = segmenter_of(network, tmp_path, engine)
    check_found(segmenter, (320, 240), ("class 3", "class 1"))


@every_engine
def test_rf_detr_seg_reads_a_picture_one_pixel_high(engine: str, tmp_path: Path) -> None:
    segmenter = segmenter_of(rf_detr_seg(Graph((1, 3, 312, 312), RGB)), tmp_path, engine)
    check_found(segmenter, (320, 1))
