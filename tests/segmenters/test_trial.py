"""A model run in a child process: what comes back, and what does not take the parent down."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from livesegment.errors import EngineError, LiveSegmentError, ModelError
from livesegment.segmenters import trial
from livesegment.segmenters.specimen import specimen
from livesegment.segmenters.trial import Setup, Trial, attempt

PYTHON = sys.executable
SHAPES = Setup(model="colour-shapes", engine="opencv", device="cpu")


@pytest.fixture(scope="module")
def shapes() -> Trial:
    return attempt(SHAPES, runs=3)


def test_times_memory_and_what_ran_come_back(shapes: Trial) -> None:
    assert shapes.runs_on.startswith("OpenCV")
    assert len(shapes.segment) == len(shapes.infer) == 3
    assert shapes.typical > 0
    assert all(whole >= part > 0 for whole, part in zip(shapes.segment, shapes.infer, strict=True))
    assert shapes.peak_memory is None or shapes.peak_memory > 1 << 20


def test_objects_come_back_as_they_were_found(shapes: Trial) -> None:
    here = trial.perform(
        {
            "model": "colour-shapes",
            "engine": "opencv",
            "device": "cpu",
            "threads": None,
            "input_size": None,
            "lossy_proposals": None,
            "pictures": [],
            "runs": 1,
            "seconds": 1.0,
        }
    )
    (found,) = shapes.instances
    assert len(found) >= 3
    assert trial._rows(found) == here["instances"][0]


def test_pictures_of_ones_own_are_taken_in_turn(tmp_path: Path) -> None:
    paths = [tmp_path / "1.png", tmp_path / "2.png"]
    cv2.imwrite(str(paths[0]), specimen())
    cv2.imwrite(str(paths[1]), np.full((50, 70, 3), 127, np.uint8))
    first, second = attempt(SHAPES, pictures=paths, runs=1).instances
    assert len(first.take(first.scores > 0.5)) == 3
    assert not len(second.take(second.scores > 0.5))


def test_a_picture_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot read .*none\.png"):
        attempt(SHAPES, pictures=[tmp_path / "none.png"])


def test_what_is_wrong_with_a_model_is_told_as_it_was_found(tmp_path: Path) -> None:
    path = tmp_path / "own.onnx"
    path.write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"own\.onnx is damaged or no ONNX model"):
        attempt(Setup(model=str(path), engine="opencv", device="cpu"))


def test_a_device_that_is_not_there_is_an_engine_error() -> None:
    with pytest.raises(EngineError, match="--device cuda") as caught:
        attempt(Setup(model="colour-shapes", engine="opencv", device="cuda"))
    assert caught.value.hint is not None


def child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str) -> LiveSegmentError:
    """What an attempt says of a child that runs `program` instead."""
    script = tmp_path / "python"
    script.write_text(f"#!{PYTHON}\n{program}\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    with pytest.raises(LiveSegmentError) as caught:
        attempt(SHAPES, timeout=2.0)
    return caught.value


@pytest.mark.skipif(sys.platform == "win32", reason="signals are Unix")
def test_a_child_that_crashes_is_a_damaged_model(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    error = child(monkeypatch, tmp_path, "import os; os.kill(os.getpid(), 11)")
    assert "crashed opencv" in str(error)
    assert error.hint == "export or fetch it again"


def test_a_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    error = child(monkeypatch, tmp_path, "import signal; signal.pause()")
    assert "no answer in 2 s on opencv on cpu" in str(error)


def test_a_child_that_talks_nonsense_is_a_damaged_model(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "crashed" in str(child(monkeypatch, tmp_path, "print('[1, 2]')"))


def test_chatter_before_the_answer_does_no_harm(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = 'print(\'noise\'); print(\'{"message": "it is so", "hint": "do that"}\'); exit(5)'
    error = child(monkeypatch, tmp_path, told)
    assert (type(error), str(error), error.hint) == (EngineError, "it is so", "do that")


def test_a_machine_that_starts_no_child_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with pytest.raises(EngineError, match="could not be tried on opencv on cpu"):
        attempt(SHAPES)
