"""Which cameras are there, and which of them is meant."""

import sys
from pathlib import Path

import pytest

from livesegment.errors import SourceError, UsageError
from livesegment.sources.cameras import listing
from tests.sources.fake_cameras import METADATA, Driver, Machine

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/video*")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Two models, one of them with a second node; numbers as they come."""
    found = Machine(tmp_path)
    found.plug(10, name="Integrated Camera", serial="Chicony_Integrated_Camera")
    found.plug(2, name="HD Pro Webcam C920", serial="046d_HD_Pro_Webcam_C920_1A2B")
    found.plug(
        3,
        Driver(card=b"HD Pro Webcam C920", abilities=METADATA),
        name="HD Pro Webcam C920",
        index=1,
        serial="046d_HD_Pro_Webcam_C920_1A2B",
    )
    return found


def _found(machine: Machine, text: str) -> int:
    return listing.find(text, machine.places, machine.control).number


def _refused(machine: Machine, text: str) -> tuple[str, str]:
    with pytest.raises(SourceError) as caught:
        _found(machine, text)
    return str(caught.value), caught.value.hint or ""


def test_nodes_come_in_the_order_of_their_numbers(machine: Machine) -> None:
    (machine.places.devices / "video-dec0").touch()
    (machine.places.devices / "videox").touch()
    assert [camera.number for camera in listing.nodes(machine.places)] == [2, 3, 10]


def test_a_node_is_known_by_model_and_link(machine: Machine) -> None:
    first = listing.nodes(machine.places)[0]
    assert first.title == f"{machine.places.devices}/video2 (HD Pro Webcam C920)"
    assert first.stable == str(machine.link("046d_HD_Pro_Webcam_C920_1A2B"))
    assert not first.second


def test_a_node_that_gives_no_pictures_is_not_listed(machine: Machine) -> None:
    listed = listing.cameras(machine.places, machine.control)
    assert [camera.number for camera, _ in listed] == [2, 10]
    assert all(device is not None and device.modes for _, device in listed)


def test_a_camera_that_does_not_answer_is_listed_by_its_first_node(machine: Machine) -> None:
    for driver in machine.drivers.values():
        driver.fails = 13
    listed = listing.cameras(machine.places, machine.control)
    assert [(camera.number, device) for camera, device in listed] == [(2, None), (10, None)]


def test_a_machine_without_cameras_lists_none(tmp_path: Path) -> None:
    assert listing.cameras(listing.Places(tmp_path, tmp_path, tmp_path)) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", 2),
        ("10", 10),
        ("HD Pro Webcam C920", 2),
        ("c920", 2),
        ("integrated", 10),
        ("1A2B", 2),
        ("usb-Chicony_Integrated_Camera-video-index0", 10),
    ],
)
def test_a_camera_is_found_by_number_name_or_part_of_it(
    machine: Machine, text: str, number: int
) -> None:
    assert _found(machine, text) == number


def test_a_camera_is_found_by_each_of_its_paths(machine: Machine, tmp_path: Path) -> None:
    node = machine.places.devices / "video2"
    (tmp_path / "front-door").symlink_to(node)
    for path in (node, machine.link("046d_HD_Pro_Webcam_C920_1A2B"), tmp_path / "front-door"):
        assert _found(machine, str(path)) == 2


def test_a_whole_name_goes_before_a_part_of_one(machine: Machine) -> None:
    machine.plug(4, name="Integrated Camera Plus")
    assert _found(machine, "integrated camera") == 10


def test_a_name_of_two_cameras_names_none(machine: Machine) -> None:
    machine.plug(5, name="Integrated Camera")
    said, hint = _refused(machine, "integrated")
    assert said == "2 cameras are called 'integrated'"
    assert "video5 (Integrated Camera)" in hint
    assert "video10 (Integrated Camera)" in hint


def test_a_misspelt_name_is_told_the_nearest(machine: Machine) -> None:
    said, hint = _refused(machine, "intergrated")
    assert said == "there is no camera called 'intergrated'"
    assert hint.startswith("did you mean")
    assert "video10 (Integrated Camera)" in hint


def test_an_unknown_name_is_told_which_there_are(machine: Machine) -> None:
    _, hint = _refused(machine, "kitchen")
    assert hint.startswith("found: ")
    assert "video2 (HD Pro Webcam C920)" in hint
    assert "video3" not in hint


def test_a_number_that_is_not_there_is_told_which_are(machine: Machine) -> None:
    said, hint = _refused(machine, "0")
    assert said.endswith("dev/video0")
    assert "video10" in hint
    assert "livesegment demo" in hint


@pytest.mark.parametrize(
    ("text", "said"), [("/dev/null", "is no camera"), ("/x", "there is no /x")]
)
def test_a_path_of_no_camera_is_refused(machine: Machine, text: str, said: str) -> None:
    assert said in _refused(machine, text)[0]


def test_without_cameras_it_is_said_what_works(tmp_path: Path) -> None:
    for text in ("0", "c920", "/dev/null"):
        assert "livesegment demo" in _refused(Machine(tmp_path / text.strip("/")), text)[1]


@pytest.mark.parametrize(
    "text", ["", " ", "-1", "-5", "1.5", "+1", "12345", "rtsp://cam/1", "a\x1b[2J", "a\nb"]
)
def test_what_can_name_no_camera_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="a camera is a number") as caught:
        listing.check(text)
    assert "--source" in (caught.value.hint or "")


def test_a_url_given_as_camera_is_refused_without_its_password() -> None:
    with pytest.raises(UsageError) as caught:
        listing.check("rtsp://admin:s3cret@10.0.0.7/live")
    assert "s3cret" not in str(caught.value)


def test_who_has_a_camera_open_is_named(machine: Machine) -> None:
    machine.use(2, "obs", 4321)
    machine.use(10, "zoom", 99)
    (machine.places.processes / "77").mkdir()
    camera = listing.find("2", machine.places)
    assert listing.holders(camera, machine.places) == ["obs (pid 4321)"]
