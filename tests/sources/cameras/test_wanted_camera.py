"""A camera over its unplugs, and why it gives nothing."""

import errno
import os
import sys
from pathlib import Path

import pytest

from livesegment.errors import SourceError, UsageError
from livesegment.sources.cameras import listing
from livesegment.sources.cameras.wanted_camera import WantedCamera
from livesegment.sources.supervision.health import PERMANENT, Cause
from tests.sources.fake_cameras import METADATA, WEBCAM, Driver, Machine

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/video*")

SERIAL = "Maker_Good_Webcam_1A2B"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    found = Machine(tmp_path)
    found.plug(0, serial=SERIAL)
    return found


def _wanted(machine: Machine, text: str = "0") -> WantedCamera:
    return WantedCamera(text, machine.places, machine.control)


def test_it_is_named_as_it_was_called(machine: Machine) -> None:
    names = [_wanted(machine, text).name for text in ("0", "/dev/video2", "c920")]
    assert names == ["camera 0", "video2", "camera c920"]


def test_what_can_name_no_camera_is_refused_at_once(machine: Machine) -> None:
    with pytest.raises(UsageError, match="a camera is a number"):
        _wanted(machine, "-1")


@pytest.mark.parametrize("text", ["good", "by-id"])
def test_a_camera_that_comes_back_under_another_number_is_found(
    machine: Machine, text: str
) -> None:
    wanted = _wanted(machine, str(machine.link(SERIAL)) if text == "by-id" else text)
    assert wanted.find().number == 0
    machine.unplug(0)
    assert not wanted.present()
    machine.plug(3, serial=SERIAL)
    assert wanted.present()
    assert wanted.find().number == 3


def test_a_second_camera_of_that_name_does_not_confuse(machine: Machine) -> None:
    wanted = _wanted(machine, "good webcam")
    wanted.find()
    machine.unplug(0)
    machine.plug(1, serial="Maker_Good_Webcam_FFFF")
    machine.plug(2, serial=SERIAL)
    assert wanted.find().number == 2


def test_another_camera_under_the_same_number_is_refused(machine: Machine) -> None:
    wanted = _wanted(machine)
    wanted.find()
    machine.unplug(0)
    machine.plug(0, name="Spy Cam", serial="Spy")
    with pytest.raises(SourceError, match=r"it is another one now: .*Spy Cam") as caught:
        wanted.find()
    assert str(machine.link(SERIAL)) in (caught.value.hint or "")
    assert not wanted.present()
    machine.unplug(0)
    machine.plug(0, serial=SERIAL)
    assert wanted.find().number == 0


def test_another_one_of_the_same_model_is_refused(machine: Machine) -> None:
    wanted = _wanted(machine)
    wanted.find()
    machine.unplug(0)
    machine.plug(0, serial="Maker_Good_Webcam_FFFF")
    with pytest.raises(SourceError, match="another one now"):
        wanted.find()


def test_a_link_that_is_still_to_come_proves_nothing(machine: Machine) -> None:
    wanted = _wanted(machine)
    wanted.find()
    machine.unplug(0)
    machine.plug(0)
    assert wanted.find().number == 0


def test_a_camera_without_a_link_is_not_told_from_others(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.plug(0)
    wanted = _wanted(machine)
    wanted.find()
    machine.unplug(0)
    machine.plug(0, name="Other")
    assert wanted.find().name == "Other"


def test_a_camera_that_was_never_there_is_not_found(tmp_path: Path) -> None:
    found = _wanted(Machine(tmp_path)).diagnose()
    assert found.cause is Cause.NOT_FOUND
    assert found.reason == f"there is no {tmp_path}/dev/video0"
    assert "livesegment demo" in (found.hint or "")


def test_an_unplugged_camera_is_worth_looking_for(machine: Machine) -> None:
    wanted = _wanted(machine)
    wanted.find()
    machine.unplug(0)
    assert wanted.diagnose().cause not in PERMANENT


def test_a_camera_of_another_group_says_which(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(Path, "group", lambda _: "video")
    wanted = _wanted(machine)
    assert not wanted.present()
    found = wanted.diagnose()
    assert found.cause is Cause.UNAUTHORISED
    assert "group video's" in found.reason
    assert (found.hint or "").startswith("sudo usermod -aG video $USER")


def test_a_camera_that_another_program_uses_says_which(machine: Machine) -> None:
    machine.use(0, "obs", 4321)
    found = _wanted(machine).diagnose(SourceError("camera 0 gives no picture"))
    assert found.cause is Cause.REFUSED
    assert found.reason.startswith("gives no picture: ")
    assert "open in obs (pid 4321)" in found.reason


def test_a_camera_with_nothing_against_it_is_silent(machine: Machine) -> None:
    found = _wanted(machine).diagnose()
    assert (found.cause, found.reason) == (Cause.SILENT, "OpenCV cannot open it")
    assert "--camera-format MJPG" in (found.hint or "")


@pytest.mark.parametrize(
    ("driver", "cause", "said"),
    [
        (Driver(abilities=METADATA), Cause.NO_VIDEO, "gives no pictures"),
        (Driver({"H264": WEBCAM["MJPG"]}), Cause.NO_VIDEO, "gives only H264"),
        (Driver(fails=errno.ENODEV), Cause.ENDED, "No such device"),
        (Driver(fails=errno.EBUSY), Cause.ENDED, "resource busy"),
    ],
)
def test_what_the_driver_says_against_it_is_told(
    tmp_path: Path, driver: Driver, cause: Cause, said: str
) -> None:
    machine = Machine(tmp_path)
    machine.plug(0, driver)
    wanted = _wanted(machine)
    found = wanted.diagnose()
    assert found.cause is cause
    assert said in found.reason
    with pytest.raises(SourceError, match=said):
        wanted.device(listing.find("0", machine.places))


@pytest.mark.parametrize(
    ("platform", "hint"), [("darwin", "Privacy & Security"), ("win32", "Settings, Privacy")]
)
def test_elsewhere_nothing_is_known_but_where_cameras_are_allowed(
    monkeypatch: pytest.MonkeyPatch, platform: str, hint: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    wanted = WantedCamera(0)
    found = wanted.diagnose()
    assert wanted.present()
    assert (found.cause, found.reason) == (Cause.UNKNOWN, "OpenCV cannot open it")
    assert hint in (found.hint or "")
