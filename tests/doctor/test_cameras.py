"""Cameras: none, closed to this user, busy, or giving pictures."""

import os
import sys
from pathlib import Path

import pytest

from livesegment.doctor import cameras
from livesegment.doctor.child import NoAnswerError
from livesegment.doctor.finding import Finding, Verdict
from livesegment.errors import SourceError
from tests.doctor.answers import Answers, names, row
from tests.sources.fake_cameras import METADATA, WEBCAM, Driver, Machine

GIVES = {"size": [1280, 720], "fps": 30.0, "format": "MJPG"}
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/video*")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Three cameras."""
    found = Machine(tmp_path)
    for number in (0, 2, 10):
        found.plug(number)
    return found


def _findings(machine: Machine, ask: Answers) -> list[Finding]:
    return cameras.findings(ask, machine.places, machine.control)


def _title(machine: Machine, number: int) -> str:
    return f"{machine.places.devices}/video{number} (Good Webcam)"


@linux
def test_no_camera_is_no_failure(tmp_path: Path) -> None:
    (found,) = _findings(Machine(tmp_path), Answers({}))
    assert found.verdict is Verdict.WARN
    assert "livesegment demo" in found.hint


@linux
def test_each_camera_is_tried_in_the_order_of_numbers(machine: Machine) -> None:
    found = _findings(machine, Answers({"cameras:take_picture": GIVES}))
    assert names(found) == [_title(machine, number) for number in (0, 2, 10)]
    assert {finding.says for finding in found} == {"gives pictures, 1280x720 at 30 fps"}


@linux
def test_a_camera_of_another_group_says_which(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, _: not str(path).endswith("video2"))
    monkeypatch.setattr(Path, "group", lambda _: "video")
    found = row(_findings(machine, Answers({"cameras:take_picture": GIVES})), _title(machine, 2))
    assert found.verdict is Verdict.FAIL
    assert found.says == "is not yours to open: it is group video's"
    assert found.hint.startswith("sudo usermod -aG video $USER")


@linux
def test_a_camera_that_hangs_is_told_of_and_the_others_are_tried(machine: Machine) -> None:
    path = f"{machine.places.devices}/video0"
    busy = NoAnswerError("gave no answer in 20 s")
    ask = Answers({"cameras:take_picture": GIVES, f"cameras:take_picture {path}": busy})
    found = _findings(machine, ask)
    assert [finding.verdict for finding in found] == [Verdict.WARN, Verdict.OK, Verdict.OK]


@linux
def test_a_node_without_pictures_has_no_row(machine: Machine) -> None:
    machine.plug(2, Driver(abilities=METADATA), index=1)
    found = _findings(machine, Answers({"cameras:take_picture": GIVES}))
    assert names(found) == [_title(machine, number) for number in (0, 10)]


@linux
def test_a_camera_of_a_format_that_cannot_be_read_says_which(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.plug(0, Driver({"H264": WEBCAM["MJPG"]}))
    (found,) = _findings(machine, Answers({}))
    assert found.verdict is Verdict.WARN
    assert found.says.startswith("gives only H264")


def test_elsewhere_the_first_camera_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    ask = Answers({"cameras:take_picture": GIVES | {"fps": None}})
    (found,) = cameras.findings(ask)
    assert (found.name, found.says) == ("camera 0", "gives pictures, 1280x720")
    assert ask.asked == ["cameras:take_picture 0"]


def test_numbers_are_tried_up_to_the_first_that_does_not_open() -> None:
    nothing = NoAnswerError("camera 2 cannot be opened")
    ask = Answers({"cameras:take_picture": GIVES, "cameras:take_picture 2": nothing})
    found = cameras.numbered(ask)
    assert [camera.number for camera, _ in found] == [0, 1]
    assert found[0][1] is not None
    assert found[0][1].modes[0].size == (1280, 720)


def test_numbers_end_even_where_each_opens() -> None:
    assert len(cameras.numbered(Answers({"cameras:take_picture": GIVES}))) == cameras.MOST_NUMBERS


def test_a_camera_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"there is no|numbers only"):
        cameras.take_picture(str(tmp_path / "video9"))
