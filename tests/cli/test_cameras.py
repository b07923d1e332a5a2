"""`livesegment cameras`: what it prints of the cameras that are there."""

import json
import sys
from pathlib import Path

import pytest

from livesegment.cli import cameras as command
from livesegment.sources.cameras.listing import cameras
from tests.cli.runner import Cli
from tests.sources.fake_cameras import METADATA, WEBCAM, Driver, Machine, every

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/video*")


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    found = Machine(tmp_path)
    monkeypatch.setattr(command, "cameras", lambda _: cameras(found.places, found.control))
    monkeypatch.setenv("COLUMNS", "100")
    return found


def test_without_cameras_it_says_what_works(cli: Cli) -> None:
    ended = cli("cameras")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.startswith("no camera was found")
    assert "--device /dev/video0" in ended.err
    assert "livesegment demo" in ended.err


def test_a_camera_is_listed_with_what_to_type_and_its_best_modes(
    cli: Cli, machine: Machine
) -> None:
    machine.plug(2, serial="Maker_Good")
    machine.plug(3, Driver(abilities=METADATA), index=1)
    lines = "".join(cli("cameras").out.split("\n", 1)[1]).splitlines()
    text = [line.strip() for line in lines]
    assert text[0].split() == ["2", "Good", "Webcam"]
    assert text[-3:] == [
        "MJPG 1280x720 at 30 fps (default)",
        "YUYV 1920x1080 at 5 fps",
        "MJPG 1920x1080 at 30 fps",
    ]
    assert str(machine.link("Maker_Good")) in "".join(text)
    assert not any(line.startswith("3") for line in text)


def test_verbose_lists_every_mode_and_what_cannot_be_read(cli: Cli, machine: Machine) -> None:
    machine.plug(0, Driver(WEBCAM | {"H264": {(1920, 1080): every(30)}}))
    out = cli("cameras", "-v").out
    assert "YUYV 640x480 at 30, 15 fps" in out
    assert "MJPG 1280x720 at 60, 30 fps" in out
    assert "H264 1920x1080 at 30 fps (not read by OpenCV)" in out
    assert "usb-0000:00:14.0-1" in out


def test_a_camera_that_does_not_open_is_listed(cli: Cli, machine: Machine) -> None:
    machine.plug(0, Driver(fails=13))
    ended = cli("cameras")
    assert ended.code == 0
    assert "cannot be opened" in ended.out


@pytest.mark.parametrize(
    ("formats", "said"),
    [({}, "its driver does not say"), ({"H264": WEBCAM["MJPG"]}, "nothing that OpenCV reads")],
)
def test_a_camera_without_usable_modes_says_so(
    cli: Cli,
    machine: Machine,
    formats: dict[str, dict[tuple[int, int], list[tuple[int, int]]]],
    said: str,
) -> None:
    machine.plug(0, Driver(formats))
    assert said in cli("cameras").out


def test_json_tells_all(cli: Cli, machine: Machine) -> None:
    machine.plug(0, serial="Maker_Good")
    (row,) = json.loads(cli("cameras", "--json").out)
    assert (row["number"], row["name"], row["opens"]) == (0, "Good Webcam", True)
    assert row["stable_path"] == str(machine.link("Maker_Good"))
    assert row["modes"][0] == {"format": "YUYV", "size": [640, 480], "fps": [30.0, 15.0]}


def test_json_without_cameras_is_an_empty_list(cli: Cli) -> None:
    assert json.loads(cli("cameras", "--json").out) == []


def test_elsewhere_the_numbers_are_tried(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_tried", list)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cli("cameras").err.startswith("no camera was found")
