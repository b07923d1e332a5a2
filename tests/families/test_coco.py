"""COCO's classes by id, against the list that the default model's description has."""

from livesegment.families.coco import BACKGROUND, COCO_BY_ID, COCO_FROM_1, NEVER_USED
from livesegment.families.known_classes import COCO
from livesegment.store import find_spec


def test_names_by_id_are_those_of_the_network_that_keeps_the_ids() -> None:
    labels = find_spec("mask-rcnn-inception-v2-coco").labels
    assert (BACKGROUND, *labels) == COCO_BY_ID


def test_ids_never_used_make_the_difference_to_the_classes_there_are() -> None:
    used = [name for number, name in enumerate(COCO_BY_ID) if number and number not in NEVER_USED]
    assert tuple(used) == COCO


def test_the_last_class_is_80_counted_and_90_by_id() -> None:
    assert COCO_FROM_1[80] == COCO_BY_ID[90] == "toothbrush"
