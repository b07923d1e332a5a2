"""YOLACT: whole networks set by hand, through every engine, and what their files may say."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from livesegment.errors import ModelError
from livesegment.families.base import EVERYTHING, Thresholds
from livesegment.families.known_classes import COCO, PASCAL_VOC
from livesegment.families.recognise import recognise
from livesegment.families.yolact import Yolact
from livesegment.families.yolact_header import EXPORT_HINT, make_priors
from livesegment.frame import Frame
from livesegment.instances import Instances
from livesegment.segmenters.load import load_segmenter
from livesegment.store import find_model
from tests.families.onnx_bytes import model
from tests.families.yolact_net import LABELS, Net

FRAMES = [(550, 550), (640, 360), (200, 300)]
RED, BLUE = (0, 0, 255), (255, 0, 0)


def disc(net: Net, size: tuple[int, int]) -> NDArray[np.bool_]:
    """A disc that fills the network's box, as it lies in a frame of `size`."""
    x1, y1, x2, y2 = net.box
    y, x = np.indices((size[1], size[0])) + 0.5
    x, y = x * net.side / size[0], y * net.side / size[1]
    inside = (x - (x1 + x2) / 2) ** 2 + (y - (y1 + y2) / 2) ** 2 < ((x2 - x1) / 2) ** 2
    return np.asarray(inside)


def found_in(
    net: Net,
    folder: Path,
    size: tuple[int, int] = (550, 550),
    colour: tuple[int, int, int] = RED,
    engine: str = "opencv",
    thresholds: Thresholds | None = None,
) -> Instances:
    """What is found of a drawn disc by a network that is a file of the user's."""
    path = folder / "net.onnx"
    path.write_bytes(net.file())
    path.with_suffix(".names").write_text("\n".join(LABELS))
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    picture[disc(net, size)] = colour
    segmenter = load_segmenter(find_model(str(path)), thresholds or Thresholds(), engine=engine)
    segmenter.warm_up()
    return segmenter.segment(Frame(picture, 0, 0.0, 0.0)).instances


def assert_is_the_disc(
    found: Instances, net: Net, size: tuple[int, int], class_id: int = 0
) -> None:
    """One instance, in the right place, of the right class and shape."""
    assert found.class_ids.tolist() == [class_id]
    scale = np.array([size[0], size[1]] * 2) / net.side
    np.testing.assert_allclose(found.boxes[0], np.array(net.box) * scale, atol=0.1)
    # The disc is pi / 4 of its square, so the logit is 20 times that less 10.
    assert found.scores[0] == pytest.approx(1 / (1 + np.exp(10 - 5 * np.pi)), abs=0.01)
    whole = np.zeros((size[1], size[0]), np.bool_)
    x1, y1, x2, y2 = found.regions[0].tolist()
    whole[y1:y2, x1:x2] = found.masks[0]
    truth = disc(net, size)
    # Prototypes are four pixels a cell.
    assert np.count_nonzero(whole & truth) / np.count_nonzero(whole | truth) > 0.93


@pytest.mark.wheel
def test_a_disc_is_found_by_every_engine(engine: str, tmp_path: Path) -> None:
    assert_is_the_disc(found_in(Net(), tmp_path, engine=engine), Net(), (550, 550))


@pytest.mark.parametrize("size", FRAMES)
def test_a_disc_is_where_it_was_drawn_in_a_frame_of_any_shape(
    size: tuple[int, int], tmp_path: Path
) -> None:
    assert_is_the_disc(found_in(Net(), tmp_path, size), Net(), size)


@pytest.mark.parametrize(
    "net",
    [
        Net(side=400),
        Net(each=9),
        Net(with_priors=True),
        Net(softmax=False),
        Net(batch=False, with_priors=True),
        Net(channels_first=True),
        Net(with_priors=True, order=(4, 3, 1, 0, 2)),
        Net(names=("901", "902", "903", "904", "905"), order=(3, 1, 2, 0), with_priors=False),
        Net(names=("5", "4", "3", "2", "1"), order=(1, 0, 2, 3, 4), with_priors=True),
    ],
    ids=[
        "400 pixels",
        "YOLACT++",
        "priors",
        "no softmax",
        "no batch",
        "channels first",
        "other order",
        "numbers for names",
        "numbers and priors",
    ],
)
def test_every_kind_of_export_is_read(net: Net, tmp_path: Path) -> None:
    size = (300, 200)
    assert_is_the_disc(found_in(net, tmp_path, size), net, size)


def test_the_other_colour_is_the_other_class(tmp_path: Path) -> None:
    assert_is_the_disc(found_in(Net(), tmp_path, colour=BLUE), Net(), (550, 550), 1)


def test_only_the_classes_asked_for_are_kept(tmp_path: Path) -> None:
    thresholds = Thresholds(class_ids=frozenset({1}))
    assert len(found_in(Net(), tmp_path, thresholds=thresholds)) == 0


def test_a_score_below_the_threshold_is_dropped(tmp_path: Path) -> None:
    assert len(found_in(Net(), tmp_path, thresholds=Thresholds(score=0.999))) == 0


def test_everything_is_found_in_anything(tmp_path: Path) -> None:
    thresholds = Thresholds(score=EVERYTHING, max_instances=7)
    assert len(found_in(Net(), tmp_path, thresholds=thresholds)) == 7


def test_a_heap_of_one_class_gives_its_best(tmp_path: Path) -> None:
    """All priors of the cell have the same box here; the others are next to nothing, but there."""
    thresholds = Thresholds(score=0.0, max_instances=100, nms=0.0)
    found = found_in(Net(), tmp_path, thresholds=thresholds)
    assert_is_the_disc(found.take(np.arange(1)), Net(), (550, 550))
    boxes = found.boxes[found.class_ids == 0]
    others = boxes[1:]
    apart = (others[:, 0] >= boxes[0, 2]) | (others[:, 2] <= boxes[0, 0])
    apart |= (others[:, 1] >= boxes[0, 3]) | (others[:, 3] <= boxes[0, 1])
    assert apart.all()


@pytest.mark.parametrize("each", [3, 9])
@pytest.mark.parametrize("side", [550, 400, 700])
def test_priors_are_those_of_yolacts_own_loops(side: int, each: int) -> None:
    net = Net(side=side, each=each)
    wanted = net.priors()
    np.testing.assert_allclose(make_priors((side, side), len(wanted), pascal=False), wanted, 1e-6)


def test_there_are_19248_priors_as_published() -> None:
    assert len(make_priors((550, 550), 0)) == 19248


def test_priors_of_the_pascal_network_are_not_square() -> None:
    priors = make_priors((550, 550), 0, pascal=True)
    np.testing.assert_allclose(priors[:3, 2] * 550, 32 * np.sqrt([1, 0.5, 2]), rtol=1e-5)
    np.testing.assert_allclose(priors[:3, 3] * 550, 32 * np.sqrt([1, 2, 0.5]), rtol=1e-5)


# What a file says


def header(
    classes: int = 81,
    *,
    count: int = 19248,
    k: int = 32,
    outputs: Mapping[str, Sequence[int]] | None = None,
) -> bytes:
    shapes = {
        "loc": (1, count, 4),
        "conf": (1, count, classes),
        "mask": (1, count, k),
        "proto": (1, 138, 138, k),
    }
    return model({"image": (1, 3, 550, 550)}, {**shapes, **(outputs or {})})


@pytest.mark.parametrize(
    ("classes", "labels"),
    [(81, COCO), (21, PASCAL_VOC), (4, ("class 0", "class 1", "class 2"))],
)
def test_unnamed_classes_are_told_by_their_number(classes: int, labels: tuple[str, ...]) -> None:
    assert Yolact(header(classes), name="net.onnx").labels == labels


def test_as_many_names_as_classes_are_wanted() -> None:
    with pytest.raises(ModelError, match="finds 80 classes, but 2 names") as caught:
        Yolact(header(), name="net.onnx", labels=("a", "b"))
    assert "background" in str(caught.value.hint)


def test_a_file_is_recognised_by_its_outputs() -> None:
    recognised = recognise(header(), "net.onnx")
    assert recognised.family == "yolact"
    assert "prototypes" in recognised.by


@pytest.mark.parametrize(
    "outputs",
    [
        {"proto": (1, 138, 138, 31)},
        {"conf": (1, 19247, 81)},
        {"loc": (1, 19248, 5)},
        {"more": (1, 5)},
        {"mask": (1, 19248, 32, 1)},
    ],
)
def test_other_shapes_are_refused(outputs: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(ModelError, match="no YOLACT") as caught:
        Yolact(header(outputs=outputs), name="net.onnx")
    assert caught.value.hint == EXPORT_HINT


def test_outputs_that_could_be_either_are_refused() -> None:
    """32 classes with the background and 32 coefficients, and names that say nothing."""
    shapes = {"1": (1, 19248, 4), "2": (1, 19248, 32), "3": (1, 19248, 32), "4": (1, 138, 138, 32)}
    with pytest.raises(ModelError, match="do not tell which is which"):
        Yolact(model({"image": (1, 3, 550, 550)}, shapes), name="net.onnx")


def test_names_tell_what_shapes_do_not() -> None:
    assert len(Yolact(header(32), name="net.onnx").labels) == 31


def test_priors_of_no_published_network_are_asked_for() -> None:
    with pytest.raises(ModelError, match="priors are not exported") as caught:
        Yolact(header(count=19000), name="net.onnx")
    assert '"prior"' in str(caught.value.hint)


def test_outputs_that_are_not_as_the_file_said_are_refused() -> None:
    family = Yolact(header(), name="net.onnx")
    tensors = {
        "loc": np.zeros((1, 100, 4), np.float32),
        "conf": np.zeros((1, 100, 81), np.float32),
        "mask": np.zeros((1, 100, 32), np.float32),
        "proto": np.zeros((1, 138, 138, 32), np.float32),
    }
    _, letterbox = family.prepare(np.zeros((9, 9, 3), np.uint8))
    with pytest.raises(ModelError, match="fit no YOLACT"):
        family.decode(tensors, letterbox, Thresholds())


def test_a_picture_is_stretched_and_normalised() -> None:
    tensors, letterbox = Yolact(header(), name="net.onnx").prepare(
        np.full((20, 90, 3), (10, 20, 30), np.uint8)
    )
    assert tensors["image"].shape == (1, 3, 550, 550)
    wanted = [(30 - 123.68) / 58.4, (20 - 116.78) / 57.12, (10 - 103.94) / 57.38]
    np.testing.assert_allclose(tensors["image"][0, :, 7, 500], wanted, rtol=1e-5)
    assert letterbox.scale == (550 / 90, 550 / 20)


def test_metadata_can_state_another_normalisation() -> None:
    """As Darknet-53 has it."""
    metadata = {"mean": "(0, 0, 0)", "std": "[255, 255, 255]"}
    shapes = {"loc": (1, 9, 4), "conf": (1, 9, 3), "mask": (1, 9, 5), "proto": (1, 8, 8, 5)}
    shapes["prior"] = (9, 4)
    data = model({"image": (1, 3, 32, 32)}, shapes, metadata=metadata)
    tensors, _ = Yolact(data, name="net.onnx").prepare(np.full((32, 32, 3), 51, np.uint8))
    np.testing.assert_allclose(tensors["image"], 0.2, rtol=1e-6)
