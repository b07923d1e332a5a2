"""Encoders in hardware, by stand-ins: there is none where these tests were written."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from livesegment.codecs import hardware
from livesegment.codecs.hardware import Candidate, Verdict
from livesegment.codecs.libav import Recipe

pytest.importorskip("av")

GOOD = Recipe("libx264", {"preset": "ultrafast", "tune": "zerolatency", "threads": "1"})
AHEAD = Recipe("libx264", {"preset": "ultrafast", "rc-lookahead": "0", "threads": "2"})
REORDERED = Recipe("libx264", {"preset": "fast", "bf": "3", "b-adapt": "0", "threads": "1"})
BAD = Recipe("h264_none")


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "_verdicts", {})


class Trials:
    """Stands in for `examine`: an encoder has a verdict."""

    def __init__(self, verdicts: dict[str, Verdict]) -> None:
        self.asked: list[str] = []
        self._verdicts = verdicts

    def __call__(self, recipe: Recipe) -> Verdict:
        self.asked.append(recipe.encoder)
        return self._verdicts[recipe.encoder]


def installed(
    monkeypatch: pytest.MonkeyPatch, verdicts: dict[str, Verdict], *, plausible: bool = True
) -> Trials:
    """Have a machine with these encoders."""
    trials = Trials(verdicts)
    candidates = tuple(Candidate(Recipe(name), lambda: plausible) for name in verdicts)
    known = SimpleNamespace(codecs_available={"h264_nvenc", "h264_qsv", "h264_v4l2m2m"})
    monkeypatch.setattr(hardware, "load", lambda: known)
    monkeypatch.setattr(hardware, "examine", trials)
    monkeypatch.setattr(hardware, "CANDIDATES", candidates)
    return trials


def instead(monkeypatch: pytest.MonkeyPatch, folder: Path, program: str) -> None:
    """Have a child run this program."""
    script = folder / "python"
    script.write_text(f"#!{sys.executable}\n{program}\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))


def test_an_encoder_that_works_is_found_to_work() -> None:
    assert hardware.examine(GOOD) == Verdict()


def test_an_encoder_that_is_not_there_is_found_out() -> None:
    assert "does not start" in hardware.examine(BAD).fault


@pytest.mark.parametrize(
    ("program", "fault"),
    [
        ("import os; os.abort()", "ended without an answer (status -6)"),
        ("print('no JSON')", "ended without an answer (status 0)"),
        ("print('{\"speed\": 3}')", "ended without an answer (status 0)"),
        ("pass", "ended without an answer (status 0)"),
    ],
)
def test_a_trial_that_ends_badly_takes_nobody_along(
    program: str, fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    instead(monkeypatch, tmp_path, program)
    assert hardware.examine(GOOD).fault == fault


def test_a_trial_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    instead(monkeypatch, tmp_path, "import threading; threading.Event().wait()")
    assert hardware.examine(GOOD, seconds=0.2).fault == "gave no answer in 0 s"


def test_a_trial_that_cannot_begin_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    assert "could not be tried" in hardware.examine(GOOD).fault


def test_pictures_that_are_held_back_are_counted() -> None:
    assert hardware.attempt(AHEAD) == Verdict(held=1)


def test_pictures_in_another_order_are_a_fault() -> None:
    assert "other times" in hardware.attempt(REORDERED).fault


def test_green_pictures_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    green = np.zeros((hardware.SIZE[1], hardware.SIZE[0], 3), np.uint8)
    monkeypatch.setattr(hardware, "_decoded", lambda *_: [green] * hardware.PICTURES)
    assert "grey levels off" in hardware.attempt(GOOD).fault


def test_pictures_that_cannot_be_decoded_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "_decoded", lambda *_: [])
    assert "0 of 24 pictures" in hardware.attempt(GOOD).fault


def test_garbage_decodes_to_no_pictures() -> None:
    assert hardware._decoded(b"", [b"\0\0\0\5garbage"]) == []


def test_what_works_comes_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = Verdict("green")
    installed(monkeypatch, {"h264_nvenc": Verdict(), "h264_qsv": bad, "h264_v4l2m2m": Verdict()})
    found = hardware.working()
    assert [recipe.encoder for recipe in found] == ["h264_nvenc", "h264_v4l2m2m"]


def test_an_encoder_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = installed(monkeypatch, {"h264_nvenc": Verdict(), "h264_qsv": Verdict("green")})
    hardware.working()
    hardware.working((640, 480), 10.0)
    assert trials.asked == ["h264_nvenc", "h264_qsv"]


def test_without_a_device_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = installed(monkeypatch, {"h264_nvenc": Verdict()}, plausible=False)
    assert hardware.working() == []
    assert trials.asked == []


def test_an_encoder_that_pyav_has_not_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = installed(monkeypatch, {"h264_none": Verdict()})
    assert hardware.working() == []
    assert trials.asked == []


def test_what_fails_in_use_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, {"h264_nvenc": Verdict()})
    assert hardware.working()
    hardware.distrust("h264_nvenc")
    assert hardware.working() == []


@pytest.mark.parametrize(("fps", "held", "used"), [(30.0, 9, 1), (30.0, 10, 0), (3.0, 1, 0)])
def test_few_pictures_a_second_must_not_wait(
    monkeypatch: pytest.MonkeyPatch, fps: float, held: int, used: int
) -> None:
    installed(monkeypatch, {"h264_nvenc": Verdict(held=held)})
    assert len(hardware.working(fps=fps)) == used


@pytest.mark.parametrize("size", [(64, 48), (1280, 158), (4098, 2160)])
def test_sizes_that_hardware_may_refuse_are_left_to_software(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    installed(monkeypatch, {"h264_nvenc": Verdict()})
    assert hardware.working(size) == []


def test_an_encoder_without_quality_is_told_a_rate() -> None:
    candidate = Candidate(Recipe("h264_mf", {"a": "b"}, "nv12"), lambda: True, rated=True)
    recipe = candidate.recipe_for((1280, 720), 30.0)
    assert recipe == Recipe("h264_mf", {"a": "b", "b": "2764800"}, "nv12")


def test_a_gpu_is_known_by_its_vendor(tmp_path: Path) -> None:
    node = tmp_path / "renderD128" / "device"
    node.mkdir(parents=True)
    (node / "vendor").write_text("0x8086\n")
    assert hardware._renders(hardware.INTEL, tmp_path)
    assert not hardware._renders(hardware.AMD, tmp_path)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("bcm2835-codec-encode", True),
        ("rockchip,rk3399-vepu-enc", True),
        ("s5p-mfc-enc", True),
        ("Integrated Camera: Sense", False),
        ("bcm2835-isp-capture0", False),
    ],
)
def test_an_encoder_of_a_board_is_known_by_its_name(
    tmp_path: Path, name: str, is_one: bool
) -> None:
    node = tmp_path / "video11"
    node.mkdir()
    (node / "name").write_text(name + "\n")
    assert hardware._encodes(tmp_path) is is_one


@pytest.mark.parametrize("candidate", hardware.CANDIDATES, ids=lambda it: it.recipe.encoder)
def test_an_encoder_without_a_device_does_not_start(candidate: Candidate) -> None:
    if candidate.plausible():
        pytest.skip("this machine may have it")
    verdict = hardware.examine(candidate.recipe_for(hardware.SIZE, hardware.FPS))
    assert "does not start" in verdict.fault
