"""Cameras: none, closed to this user, busy, or giving pictures."""

import os
import sys
from pathlib import Path

import pytest

from livesegment.doctor import cameras
from livesegment.doctor.child import NoAnswerError
from livesegment.doctor.finding import Verdict
from livesegment.errors import SourceError
from tests.doctor.answers import Answers, names, row

GIVES = {"size": [1280, 720], "fps": 30.0}
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/video*")


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """A /dev with three cameras' nodes."""
    for name in ("video0", "video2", "video10"):
        (tmp_path / name).touch()
    return tmp_path


def test_no_camera_is_no_failure(tmp_path: Path) -> None:
    (found,) = cameras.findings(Answers({}), tmp_path, tmp_path)
    assert found.verdict is Verdict.WARN
    assert "livesegment demo" in found.hint


def test_each_camera_is_tried_in_the_order_of_numbers(devices: Path) -> None:
    found = cameras.findings(Answers({"cameras:take_picture": GIVES}), devices, devices)
    assert names(found) == [str(devices / name) for name in ("video0", "video2", "video10")]
    assert {finding.says for finding in found} == {"gives pictures, 1280x720 at 30 fps"}


def test_a_camera_is_called_by_its_model(devices: Path, tmp_path: Path) -> None:
    about = tmp_path / "about" / "video0"
    about.mkdir(parents=True)
    (about / "name").write_text("Good Webcam\n")
    found = cameras.findings(Answers({"cameras:take_picture": GIVES}), devices, about.parent)
    assert found[0].name == f"{devices / 'video0'} (Good Webcam)"


def test_a_camera_of_another_group_says_which(
    devices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, _: path.name != "video2")
    monkeypatch.setattr(Path, "group", lambda _: "video")
    found = row(
        cameras.findings(Answers({"cameras:take_picture": GIVES}), devices, devices),
        str(devices / "video2"),
    )
    assert found.verdict is Verdict.FAIL
    assert found.hint.startswith("sudo usermod -aG video $USER")


def test_a_camera_that_hangs_is_told_of_and_the_others_are_tried(devices: Path) -> None:
    busy = NoAnswerError("gave no answer in 20 s")
    ask = Answers(
        {"cameras:take_picture": GIVES, f"cameras:take_picture {devices / 'video0'}": busy}
    )
    found = cameras.findings(ask, devices, devices)
    assert [finding.verdict for finding in found] == [Verdict.WARN, Verdict.OK, Verdict.OK]


def test_a_second_node_of_a_camera_need_not_give_pictures(devices: Path, tmp_path: Path) -> None:
    about = tmp_path / "about" / "video0"
    about.mkdir(parents=True)
    (about / "index").write_text("1\n")
    none = NoAnswerError("cannot be opened", kind="SourceError")
    found = cameras.findings(Answers({"cameras:take_picture": none}), devices, about.parent)
    assert [finding.verdict for finding in found] == [Verdict.OK, Verdict.WARN, Verdict.WARN]


def test_elsewhere_the_first_camera_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    ask = Answers({"cameras:take_picture": GIVES | {"fps": None}})
    (found,) = cameras.findings(ask)
    assert (found.name, found.says) == ("camera 0", "gives pictures, 1280x720")
    assert ask.asked == ["cameras:take_picture 0"]


def test_a_camera_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such device"):
        cameras.take_picture(str(tmp_path / "video9"))
