"""What the file of a semantic network says, and what of it is refused."""

import numpy as np
import pytest

from livesegment.errors import ModelError
from livesegment.families.base import Thresholds
from livesegment.families.known_classes import CITYSCAPES, PASCAL_VOC
from livesegment.families.normalisation import BYTES, CENTRED, IMAGENET, UNIT, Normalisation
from livesegment.families.recognise import recognise
from livesegment.families.semantic import Semantic
from tests.families.semantic_net import Net
from tests.families.test_semantic import header, square


@pytest.mark.parametrize(
    ("channels", "labels"),
    [
        (1, ("foreground",)),
        (2, ("background", "person")),
        (3, ("background", "class 1", "class 2")),
        (19, CITYSCAPES),
        (21, ("background", *PASCAL_VOC)),
    ],
)
def test_unnamed_classes_are_told_by_their_number(channels: int, labels: tuple[str, ...]) -> None:
    assert Semantic(header((1, channels, 64, 64)), name="net.onnx").labels == labels


def test_names_in_the_file_come_first() -> None:
    data = header((1, 2, 64, 64), metadata={"names": "['sky', 'sea']"})
    assert Semantic(data, name="net.onnx").labels == ("sky", "sea")


def test_as_many_names_as_classes_are_wanted() -> None:
    with pytest.raises(ModelError, match="tells 2 classes apart, but 1 names"):
        Semantic(header((1, 2, 64, 64)), name="net.onnx", labels=("person",))


def test_ids_of_unknown_classes_are_refused_with_what_to_do() -> None:
    net = Net(end="ids")
    with pytest.raises(ModelError, match="does not say of what") as caught:
        Semantic(net.file(), name="net.onnx")
    assert ".names" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("output", "by"),
    [
        ((1, 2, 512, 512), "one output, a map of 2 classes"),
        ((1, 21, 64, 64), "one output, a map of 21 classes"),
        ((1, 33, 33, 21), "one output, a map of 21 classes"),
        ((1, 1, 512, 512), "one output, a map of 1 class"),
        ((1, 512, 512), "one output, a map of 1 class"),
    ],
)
def test_a_map_is_recognised(output: tuple[int, ...], by: str) -> None:
    recognised = recognise(header(output), "net.onnx")
    assert (recognised.family, recognised.by) == ("semantic", by)


@pytest.mark.parametrize(
    "output",
    [
        (1, 512, 16, 16),  # a backbone's features
        (1, 256, 64, 64),  # SAM's
        (1, 3, 1024, 1024),  # a larger picture
        (1, 21, 64, 128),  # of another shape
        (1, 84, 8400),
        (1, 1000),
        (1, 2, 4, 4),
    ],
)
def test_what_is_no_map_is_refused(output: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="no family reads it"):
        recognise(header(output), "net.onnx")
    with pytest.raises(ModelError, match="no map of classes"):
        Semantic(header(output), name="net.onnx")


def test_a_map_that_is_not_as_the_file_said_is_refused() -> None:
    family = Semantic(header((1, 2, 64, 64)), name="net.onnx")
    for shape in ((1, 3, 64, 64), (1, 2, 64), (2, 2, 64, 64)):
        with pytest.raises(ModelError, match="was not to be expected"):
            family.decode({"out": np.zeros(shape, np.float32)}, square(512, 99), Thresholds())


def test_another_size_than_the_file_has_is_refused() -> None:
    with pytest.raises(ModelError, match="fixed to 512x512"):
        Semantic(header((1, 2, 64, 64)), name="net.onnx", input_size=(256, 256))


@pytest.mark.parametrize("said", ["[1, 2]", "x", "[1, 2, 'a']", "(1, 1, 0)"])
def test_a_normalisation_that_is_none_is_refused(said: str) -> None:
    data = header((1, 2, 64, 64), metadata={"mean": "[0, 0, 0]", "std": said})
    with pytest.raises(ModelError, match="are not three numbers"):
        Semantic(data, name="net.onnx")


@pytest.mark.parametrize(
    ("net", "wanted"),
    [
        (Net(), IMAGENET),
        (Net(input_name="x"), CENTRED),
        (Net(last=True), CENTRED),
        (Net(raw=True), BYTES),
        (Net(metadata={"author": "Ultralytics"}), UNIT),
    ],
    ids=["most", "PaddlePaddle", "TensorFlow", "bytes", "Ultralytics"],
)
def test_a_picture_is_normalised_as_its_framework_does(net: Net, wanted: Normalisation) -> None:
    picture = np.full((*net.size[::-1], 3), (10, 20, 30), np.uint8)
    tensors, _ = Semantic(net.file(), name="net.onnx").prepare(picture)
    tensor = tensors["image"]
    colours = tensor[0, 5, 5] if net.last else tensor[0, :, 5, 5]
    by_hand = (np.array([30, 20, 10]) - wanted.mean) / wanted.deviation
    np.testing.assert_allclose(colours, by_hand, rtol=1e-5)


def test_metadata_can_state_another_normalisation() -> None:
    metadata = {"mean": "[30, 20, 10]", "std": "[1, 2, 3]"}
    tensors, _ = Semantic(Net(metadata=metadata).file(), name="net.onnx").prepare(
        np.full((64, 96, 3), (13, 24, 31), np.uint8)
    )
    np.testing.assert_allclose(tensors["image"][0, :, 5, 5], [1, 2, 1], rtol=1e-5)
